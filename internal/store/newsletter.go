package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// DatabaseID implements publish.Store.
func (s *Store) DatabaseID(ctx context.Context) (string, error) {
	id, err := one(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) }, databaseID)
	if err != nil {
		return "", fmt.Errorf("database id: %w", err)
	}
	return id, nil
}

// known is a newsletter as the database has it.
type known struct {
	id, schedule, zone string
	since              sql.NullInt64
	retired            bool
}

// RegisterNewsletter implements publish.Store. A retired newsletter comes back
// as if its schedule had changed, and so does one that a clock which ran ahead
// had first seen: nothing would be due until then.
func (s *Store) RegisterNewsletter(
	ctx context.Context, name, schedule, zone string, now time.Time,
) (id string, since time.Time, err error) {
	err = s.change(ctx, "register newsletter "+name, func(t tx) error {
		n, err := one(ctx, t, func(scan scan) (n known, err error) {
			return n, scan(&n.id, &n.schedule, &n.zone, &n.since, &n.retired)
		}, `SELECT id, schedule, timezone, schedule_seen, retired IS NOT NULL FROM newsletter WHERE name = $1`+
			s.forUpdate, name)
		id, since = n.id, at(n.since)
		switch {
		case errors.Is(err, digest.ErrNotFound):
			since = now.UTC().Truncate(time.Millisecond)
			id, err = t.addNewsletter(name, schedule, zone, now)
			return err
		case err != nil:
			return err
		case n.schedule == schedule && n.zone == zone && !n.retired && !since.After(now):
			return nil
		}
		since = now.UTC().Truncate(time.Millisecond)
		_, err = t.exec(`UPDATE newsletter SET schedule = $1, timezone = $2, schedule_seen = $3, retired = NULL
			WHERE id = $4`, schedule, zone, ms(now), id)
		return err
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return id, since, nil
}

func (t tx) addNewsletter(name, schedule, zone string, now time.Time) (string, error) {
	for range openTries {
		id, err := t.s.shortID()
		if err != nil {
			return "", err
		}
		n, err := t.exec(`INSERT INTO newsletter (id, name, schedule, timezone, first_seen, schedule_seen)
			VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (id) DO NOTHING`, id, name, schedule, zone, ms(now))
		if err != nil || n > 0 {
			return id, err
		}
	}
	return "", errors.New("no free id was found: is the random source broken?")
}

// Newsletters implements publish.Store.
func (s *Store) Newsletters(ctx context.Context) ([]string, error) {
	names, err := collect(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT name FROM newsletter WHERE retired IS NULL ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("newsletters: %w", err)
	}
	return names, nil
}

// NewsletterID is the ID of the newsletter with that name, retired or not;
// digest.ErrNotFound if there is none.
func (s *Store) NewsletterID(ctx context.Context, name string) (string, error) {
	id, err := one(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT id FROM newsletter WHERE name = $1`, name)
	if err != nil {
		return "", fmt.Errorf("newsletter %s: %w", name, err)
	}
	return id, nil
}

// RenameNewsletter gives a newsletter another name; its subscribers, issues and
// tokens stay, and its archive is still found under the old one. It fails with digest.ErrNotFound where there is no old, and with
// digest.ErrRefused where the new one is taken.
func (s *Store) RenameNewsletter(ctx context.Context, old, name string) error {
	return s.change(ctx, "rename newsletter "+old, func(t tx) error {
		taken, err := collect(ctx, t, func(scan scan) (v string, err error) { return v, scan(&v) },
			`SELECT id FROM newsletter WHERE name = $1`, name)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return fmt.Errorf("%w: there is a newsletter %s already", digest.ErrRefused, name)
		}
		if err := t.found(t.exec(`UPDATE newsletter SET name = $1 WHERE name = $2`, name, old)); err != nil {
			return err
		}
		return t.formerName(old, name)
	})
}

// RetireNewsletter takes a newsletter out of use; what it has done stays.
func (s *Store) RetireNewsletter(ctx context.Context, name string, now time.Time) error {
	return s.change(ctx, "retire newsletter "+name, func(t tx) error {
		return t.found(t.exec(`UPDATE newsletter SET retired = $1 WHERE name = $2`, ms(now), name))
	})
}

// found turns a statement that changed nothing into digest.ErrNotFound.
func (t tx) found(n int64, err error) error {
	if err == nil && n == 0 {
		return digest.ErrNotFound
	}
	return err
}
