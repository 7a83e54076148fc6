package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/subscribers"
)

// Forgotten is how many of an issue's recipients in each state are known by name no
// more, because the ledger was pruned. Counts has them too.
func (s *Store) Forgotten(ctx context.Context, id string) (delivery.Counts, error) {
	counts := delivery.Counts{}
	err := each(ctx, s.read, func(scan scan) error {
		var kept string
		if err := scan(&kept); err != nil {
			return err
		}
		return addKept(counts, kept)
	}, `SELECT counts FROM issue WHERE id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("pruned of issue %s: %w", id, err)
	}
	return counts, nil
}

// personForgotten finds the last issue that somebody was here for and whose rows,
// theirs perhaps among them, are gone.
func (s *Store) personForgotten(ctx context.Context, p *subscribers.Person) (err error) {
	p.Forgotten, err = one(ctx, s.read, func(scan scan) (time.Time, error) {
		var last sql.NullInt64
		err := scan(&last)
		return at(last), err
	}, `SELECT MAX(i.slot_at) FROM issue i JOIN consent c ON c.newsletter = i.newsletter
		JOIN subscriber s ON s.id = c.subscriber
		WHERE s.id = $1 AND i.counts <> '' AND i.finished >= s.created AND `+visible, p.Subscriber.ID)
	return err
}
