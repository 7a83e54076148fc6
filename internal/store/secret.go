package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"digest.example/internal/digest"
)

// PinSecret says whether fingerprint is that of the secret which the database
// was first used with; the first one that it is given it keeps. In ReadOnly mode
// it keeps none, and any is right that could still become the first.
func (s *Store) PinSecret(ctx context.Context, fingerprint string) (bool, error) {
	if s.write != s.read {
		err := s.change(ctx, "pin the secret", func(t tx) error {
			_, err := t.exec(`INSERT INTO meta (name, value) VALUES ('secret', $1) ON CONFLICT (name) DO NOTHING`, fingerprint)
			return err
		})
		if err != nil {
			return false, err
		}
	}
	kept, err := s.fingerprint(ctx)
	return err == nil && (kept == "" || kept == fingerprint), err
}

// Pinned says whether the database was used with a secret before.
func (s *Store) Pinned(ctx context.Context) (bool, error) {
	kept, err := s.fingerprint(ctx)
	return kept != "", err
}

// fingerprint is that of the first secret; empty where there was none.
func (s *Store) fingerprint(ctx context.Context) (string, error) {
	kept, err := one(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT value FROM meta WHERE name = 'secret'`)
	if err != nil && !errors.Is(err, digest.ErrNotFound) {
		return "", fmt.Errorf("read the secret's fingerprint: %w", err)
	}
	return kept, nil
}

// Rotations are the times at which the second, third … secret replaced the one
// before, in their order.
func (s *Store) Rotations(ctx context.Context) ([]time.Time, error) {
	found := map[string]time.Time{}
	err := each(ctx, s.read, func(scan scan) error {
		var name, value string
		if err := scan(&name, &value); err != nil {
			return err
		}
		when, err := time.Parse(time.RFC3339, value)
		found[name] = when
		return err
	}, `SELECT name, value FROM meta WHERE name LIKE 'secret.%'`)
	if err != nil {
		return nil, fmt.Errorf("read when secrets were replaced: %w", err)
	}
	var all []time.Time
	for {
		when, ok := found[secretName(len(all)+2)]
		if !ok {
			return all, nil
		}
		all = append(all, when)
	}
}

// Rotate notes that the nth secret, counted from 1, replaces the one before. It
// fails with digest.ErrBusy if another process has done so.
func (s *Store) Rotate(ctx context.Context, n int, at time.Time) error {
	return s.change(ctx, "replace the secret", func(t tx) error {
		added, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
			secretName(n), at.UTC().Format(time.RFC3339))
		if err == nil && added == 0 {
			err = fmt.Errorf("%w: another process has just replaced it", digest.ErrBusy)
		}
		return err
	})
}

func secretName(n int) string { return "secret." + strconv.Itoa(n) }
