package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// advisorySettle is the PostgreSQL lock of whoever settles requests.
const advisorySettle = advisory + 2

const (
	waitingRequests = `SELECT id, newsletter, subscriber, address, normal, address_hash, evidence, mailbox, language,
		wording, at FROM intake WHERE kind = $1 AND granted IS NULL `

	oldestRequests = waitingRequests + `ORDER BY at, id LIMIT $2`
	newestRequests = waitingRequests + `ORDER BY at DESC, id DESC LIMIT $2`

	whatSuppresses = `SELECT COUNT(CASE WHEN reason <> 'bounced' THEN 1 END), COUNT(CASE WHEN reason = 'bounced' THEN 1 END)
		FROM suppression WHERE address_hash = $1 AND newsletter IN ('', $2)`

	isNewsletter = `SELECT COUNT(*) FROM newsletter WHERE id = $1 AND retired IS NULL`

	// The kind is no condition: SQLite would go through all that were granted of it,
	// rather than those of one mailbox.
	grantedTo = `SELECT COUNT(CASE WHEN kind = $2 AND granted > $3 THEN 1 END), COUNT(CASE WHEN kind = $2 THEN 1 END)
		FROM intake WHERE granted > $4 AND `

	grantedSince = `SELECT COUNT(*) FROM intake WHERE kind = $1 AND granted > $2`

	// By no bare id: SQLite would go through all requests of a month in their order.
	dueRequests = `SELECT i.id, i.kind, i.newsletter, i.subscriber, i.language, i.wording, i.evidence, i.at, i.granted,
		s.address, s.normal, s.language FROM intake i JOIN subscriber s ON s.id = i.subscriber
		WHERE i.granted > 0 AND i.done IS NULL AND i.id || '' > $1 ORDER BY i.id || '' LIMIT $2`

	dropRequest = `DELETE FROM intake WHERE id = $1`

	// The subscriber has the address from here on.
	grantRequest = `UPDATE intake SET granted = $1, subscriber = $2, address = '', normal = '', address_hash = '' WHERE id = $3`

	// Whoever wrote an address first may have been a stranger, with other capitals.
	spell = `UPDATE subscriber SET address = $1 WHERE id = $2
		AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber = $2 AND c.agreed > 0)`

	finishRequest = `UPDATE intake SET done = $1, evidence = '', wording = '' WHERE id = $2 AND done IS NULL`
)

// Settle implements signup.Store.
func (s *Store) Settle(
	ctx context.Context, kind digest.LetterKind, order signup.Order, n, perHour int, now time.Time,
	decide func(signup.Case) bool,
) (settled int, err error) {
	waiting, err := one(ctx, s.read, func(scan scan) (id string, err error) { return id, scan(&id) },
		`SELECT id FROM intake WHERE kind = $1 AND granted IS NULL LIMIT 1`, string(kind))
	if waiting == "" {
		if errors.Is(err, digest.ErrNotFound) {
			err = nil
		}
		return 0, err
	}
	err = s.changeAgain(ctx, "settle requests", func(t tx) error {
		settled = 0
		if err := t.alone(); err != nil {
			return err
		}
		room := n
		if perHour > 0 {
			granted, err := t.count(grantedSince, string(kind), ms(now.Add(-signup.Hour)))
			if err != nil {
				return err
			}
			room = max(0, min(n, perHour-granted))
		}
		cases, err := t.waiting(kind, order, room)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := t.settle(c, now, decide); err != nil {
				return err
			}
		}
		settled = len(cases)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return settled, nil
}

// alone waits until nobody else settles requests, enrols or erases people: limits
// that two count at the same time are kept by neither, and who is erased would
// come back with what somebody has read of them before. It goes before all other
// locks of a transaction.
func (t tx) alone() error {
	if t.s.settleLock == "" {
		return nil
	}
	_, err := t.exec(t.s.settleLock)
	return err
}

func (t tx) waiting(kind digest.LetterKind, order signup.Order, n int) ([]signup.Case, error) {
	query := oldestRequests
	if order == signup.NewestFirst {
		query = newestRequests
	}
	return collect(t.ctx, t, func(scan scan) (c signup.Case, err error) {
		var when sql.NullInt64
		err = scan(&c.ID, &c.Newsletter, &c.Subscriber, &c.Address.Mailbox, &c.Address.Normal, &c.Hash, &c.Evidence,
			&c.Mailbox, &c.Language, &c.Wording, &when)
		c.Kind, c.At = kind, at(when)
		return c, err
	}, query, string(kind), n)
}

func (t tx) settle(c signup.Case, now time.Time, decide func(signup.Case) bool) error {
	var err error
	if c.Kind == digest.LetterConfirm {
		err = t.knowSignUp(&c)
	} else {
		err = t.knowPerson(&c)
	}
	if err == nil {
		err = t.knowLetters(&c, now)
	}
	if err != nil {
		return err
	}
	if !decide(c) {
		_, err = t.exec(dropRequest, c.ID)
		return err
	}
	if c.State == "" && c.Kind == digest.LetterConfirm {
		if c.Subscriber, err = t.enrolPending(c, now); err != nil {
			return err
		}
	}
	if c.Kind == digest.LetterConfirm {
		if _, err := t.exec(spell, c.Address.Mailbox, c.Subscriber); err != nil {
			return err
		}
	}
	_, err = t.exec(grantRequest, ms(now), c.Subscriber, c.ID)
	return err
}

// knowSignUp finds what is known of a sign-up's address and newsletter.
func (t tx) knowSignUp(c *signup.Case) error {
	known := map[string]acquaintance{}
	if err := t.s.acquainted(t.ctx, t, known, []any{c.Newsletter, c.Address.Normal}); err != nil {
		return err
	}
	v := known[c.Address.Normal]
	c.Subscriber, c.State = v.Subscriber, v.State
	n, err := t.count(isNewsletter, c.Newsletter)
	c.Known = n > 0
	if err != nil {
		return err
	}
	return t.knowSuppressions(c, c.Hash)
}

func (t tx) knowSuppressions(c *signup.Case, hash string) error {
	return each(t.ctx, t, func(scan scan) error {
		var others, bounced int
		err := scan(&others, &bounced)
		c.Suppressed, c.Bounced = others > 0, bounced > 0
		return err
	}, whatSuppresses, hash, c.Newsletter)
}

// knowPerson finds what is known of somebody who asks for a letter to themselves.
func (t tx) knowPerson(c *signup.Case) error {
	person, err := one(t.ctx, t, scanSubscriber, `SELECT `+subscriberColumns+` FROM subscriber s WHERE s.id = $1`, c.Subscriber)
	if errors.Is(err, digest.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Known = true
	return t.knowSuppressions(c, person.Hash)
}

// knowLetters counts what was granted before.
func (t tx) knowLetters(c *signup.Case, now time.Time) error {
	whose, key := `subscriber = $1`, c.Subscriber
	if c.Kind == digest.LetterConfirm {
		whose, key = `mailbox = $1`, c.Mailbox
	}
	return each(t.ctx, t, func(scan scan) error { return scan(&c.Recent, &c.Month) }, grantedTo+whose,
		key, string(c.Kind), ms(now.Add(-signup.Window(c.Kind))), ms(now.Add(-signup.Month)))
}

func (t tx) count(query string, args ...any) (int, error) {
	return one(t.ctx, t, func(scan scan) (n int, err error) { return n, scan(&n) }, query, args...)
}

// enrolPending makes the consent that a confirmation will make active, and
// returns the subscriber's id.
func (t tx) enrolPending(c signup.Case, now time.Time) (string, error) {
	id, err := subscribers.NewID(t.s.random)
	if err != nil {
		return "", err
	}
	person := subscribers.Subscriber{
		ID: id, Address: c.Address.Mailbox, Normal: c.Address.Normal, Hash: c.Hash, Created: now,
	}
	rows := []enrolment{{person, now, "subscribe form", c.Wording, c.Evidence}}
	_, err = t.enrolAll(rows, terms{
		newsletter: c.Newsletter, state: string(subscribers.Pending), actor: subscribers.Reader, at: now,
	})
	if c.Subscriber != "" { // known from elsewhere
		id = c.Subscriber
	}
	return id, err
}

// Granted implements signup.Store.
func (s *Store) Granted(ctx context.Context, after string, n int) ([]signup.Due, error) {
	due, err := collect(ctx, s.read, func(scan scan) (d signup.Due, err error) {
		var kind, language string
		var when, granted sql.NullInt64
		err = scan(&d.ID, &kind, &d.Newsletter, &d.Subscriber, &d.Language, &d.Wording, &d.Evidence, &when, &granted,
			&d.Address.Mailbox, &d.Address.Normal, &language)
		d.Kind, d.At, d.Granted = digest.LetterKind(kind), at(when), at(granted)
		if d.Language == "" {
			d.Language = language
		}
		return d, err
	}, dueRequests, after, n)
	if err != nil {
		return nil, fmt.Errorf("requests that were granted: %w", err)
	}
	return due, nil
}

// CountGranted implements signup.Store.
func (s *Store) CountGranted(ctx context.Context, kind digest.LetterKind, after time.Time) (int, error) {
	return one(ctx, s.read, func(scan scan) (n int, err error) { return n, scan(&n) },
		grantedSince, string(kind), ms(after))
}

// NthWaiting implements signup.Store.
func (s *Store) NthWaiting(ctx context.Context, kind digest.LetterKind, n int) (time.Time, error) {
	t, err := one(ctx, s.read, func(scan scan) (at int64, err error) { return at, scan(&at) },
		`SELECT at FROM intake WHERE kind = $1 AND granted IS NULL ORDER BY at DESC LIMIT 1 OFFSET $2`, string(kind), n-1)
	switch {
	case errors.Is(err, digest.ErrNotFound):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("requests that wait: %w", err)
	}
	return time.UnixMilli(t).UTC(), nil
}

// Write implements signup.Store. Who finishes a request writes its letter, if
// several are about to.
func (s *Store) Write(ctx context.Context, written []signup.Written, at time.Time) error {
	return s.changeSoon(ctx, "write letters", func(t tx) error {
		for _, w := range written {
			n, err := t.exec(finishRequest, ms(at), w.Request)
			if err == nil && n > 0 && w.Letter != nil {
				if err = t.addTicket(w.Ticket); err == nil {
					err = t.post(*w.Letter)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
