package main

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"

	"digest.example/internal/delivery"
	"digest.example/internal/store"
)

// letters is the outbox of a process that may send.
func (a *app) letters(s *store.Store) (*delivery.Outbox, error) {
	connect, sign, err := a.relay()
	if err != nil {
		return nil, err
	}
	o := delivery.NewOutbox(s, delivery.OutboxOptions{
		Connect: connect, Owner: newOwner(), Exclusive: !a.config.Postgres(), Sign: sign,
		Lease: a.timing.lease, Grace: a.timing.grace, Sweep: a.timing.sweep, Drain: drainTime,
		Alert: a.alert, Now: a.now, Random: mathrand.Float64, Log: a.log(),
	})
	a.outbox.Store(o)
	return o, nil
}

// lettersFirst sends the letters that are due: somebody waits for each of them.
func (a *app) lettersFirst(ctx context.Context, s *store.Store) error {
	o, err := a.letters(s)
	if err != nil {
		return err
	}
	if a.lettersSent, err = o.RunDue(ctx); err != nil {
		return fmt.Errorf("send letters: %w", err)
	}
	return nil
}
