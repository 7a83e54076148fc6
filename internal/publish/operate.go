package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// Pause stops an issue until Resume. Whoever is sending it notices before its
// next claim.
func Pause(ctx context.Context, store Store, r digest.IssueRecord, why string, now time.Time) error {
	return move(ctx, store, r, "paused", digest.IssueMove{To: digest.IssuePaused, Reason: why, At: now},
		digest.IssuePlanning, digest.IssueSending, digest.IssueHeld)
}

// Resume lets a paused or held issue go on from where it was.
func Resume(ctx context.Context, store Store, r digest.IssueRecord, now time.Time) error {
	// The reason tells it from an issue that missed its slot.
	return move(ctx, store, r, "resumed", digest.IssueMove{To: digest.IssuePlanning, Reason: "resumed", At: now},
		digest.IssuePaused, digest.IssueHeld)
}

// Cancel gives an issue up for good. Who already has it, has it.
func Cancel(ctx context.Context, store Store, r digest.IssueRecord, why string, now time.Time) error {
	return move(ctx, store, r, "cancelled", digest.IssueMove{To: digest.IssueCancelled, Reason: why, At: now},
		digest.IssuePlanning, digest.IssueSending, digest.IssueHeld, digest.IssuePaused)
}

// move changes an issue's state for an operator, who is told where it cannot be.
func move(ctx context.Context, store Store, r digest.IssueRecord, done string, m digest.IssueMove, from ...digest.IssueState) error {
	ok, err := store.MoveIssue(ctx, r.ID, from, m)
	if err != nil {
		return fmt.Errorf("%s to %s: %w", r.Name(), m.To, err)
	}
	if !ok {
		names := make([]string, len(from))
		for i, s := range from {
			names[i] = string(s)
		}
		return fmt.Errorf("%w: %s is %s; only an issue that is %s can be %s",
			digest.ErrRefused, r.Name(), r.State, strings.Join(names, ", "), done)
	}
	return nil
}

// Resolve gives an operator's word on an issue's rows in doubt, or on the one
// with the address only: Accepted or Ready. It returns how many rows changed.
func Resolve(ctx context.Context, store Store, r digest.IssueRecord, to delivery.State, only, who string, now time.Time) (int, error) {
	if to == delivery.Ready && (r.State == digest.IssueCancelled || r.State == digest.IssueSkipped) {
		return 0, fmt.Errorf("%w: %s is %s and sends nothing any more", digest.ErrRefused, r.Name(), r.State)
	}
	if to == delivery.Ready && !r.Revised.IsZero() {
		if stencil, err := store.Stencil(ctx, r.ID); err != nil || len(stencil) == 0 {
			return 0, errors.Join(err, fmt.Errorf("%w: %s cannot be sent again: its message was dropped when words "+
				"were taken out of it (digest redact); --accept ends the doubt", digest.ErrRefused, r.Name()))
		}
	}
	var changes []delivery.Change
	err := store.Deliveries(ctx, r.ID, []delivery.State{delivery.InDoubt}, func(d delivery.Delivery) error {
		if only == "" || strings.EqualFold(only, d.Address) {
			changes = append(changes, delivery.Resolve(d, to, now, who))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read what is in doubt of %s: %w", r.Name(), err)
	}
	if err := delivery.Check(delivery.Operator, changes...); err != nil {
		return 0, fmt.Errorf("resolve %s: %w", r.Name(), err)
	}
	n := 0
	for chunk := range slices.Chunk(changes, 500) {
		applied, err := store.Apply(ctx, now, chunk)
		if err != nil {
			return n, fmt.Errorf("resolve %s: %w", r.Name(), err)
		}
		for _, ok := range applied {
			if ok {
				n++
			}
		}
	}
	return n, reopen(ctx, store, r, now)
}

// reopen makes a done issue go on if it has something to send again. It goes by
// the ledger, so that it may be repeated after a crash.
func reopen(ctx context.Context, store Store, r digest.IssueRecord, now time.Time) error {
	left, err := store.Backlog(ctx, r.ID)
	if err == nil && left.Ready {
		_, err = store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssueDone},
			digest.IssueMove{To: digest.IssuePlanning, At: now})
	}
	if err != nil {
		return fmt.Errorf("reopen %s: %w", r.Name(), err)
	}
	return nil
}
