package store

import (
	"context"
	"errors"
	"fmt"

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
	kept, err := one(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT value FROM meta WHERE name = 'secret'`)
	if errors.Is(err, digest.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the secret's fingerprint: %w", err)
	}
	return kept == fingerprint, nil
}
