package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"

	"digest.example/internal/delivery"
	"digest.example/internal/store"
)

// letters is the outbox of a process that may send.
func (a *app) letters(s *store.Store) (*delivery.Outbox, error) {
	dialer, err := a.dialer()
	if err != nil {
		return nil, err
	}
	sign, err := a.sign()
	if err != nil {
		return nil, err
	}
	owner := make([]byte, 8)
	rand.Read(owner)
	o := delivery.NewOutbox(s, delivery.OutboxOptions{
		Connect: func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) },
		Owner:   hex.EncodeToString(owner), Exclusive: !a.config.Postgres(), Sign: sign,
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
