package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// outage is a delivery.Outage as meta has it.
type outage struct {
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
	Told  bool      `json:"told,omitempty"`
}

// Outage implements publish.Store.
func (s *Store) Outage(ctx context.Context) (delivery.Outage, error) {
	o, err := one(ctx, s.read, func(scan scan) (o outage, err error) {
		var content []byte
		if err := scan(&content); err != nil {
			return o, err
		}
		return o, json.Unmarshal(content, &o)
	}, `SELECT value FROM meta WHERE name = 'outage'`)
	switch {
	case errors.Is(err, digest.ErrNotFound):
		return delivery.Outage{}, nil
	case err != nil:
		return delivery.Outage{}, fmt.Errorf("read since when the relay is away: %w", err)
	}
	return delivery.Outage(o), nil
}

// SaveOutage implements publish.Store.
func (s *Store) SaveOutage(ctx context.Context, o delivery.Outage) error {
	content, err := json.Marshal(outage{o.Since.UTC(), o.Last.UTC(), o.Told})
	if err != nil {
		return fmt.Errorf("save since when the relay is away: %w", err)
	}
	return s.change(ctx, "save since when the relay is away", func(t tx) error {
		if o.Since.IsZero() {
			_, err := t.exec(`DELETE FROM meta WHERE name = 'outage'`)
			return err
		}
		return t.note("outage", string(content))
	})
}
