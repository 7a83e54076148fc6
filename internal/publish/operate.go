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
		return fmt.Errorf("%w: %s is %s; only an issue that is %s can be %s",
			digest.ErrRefused, r.Name(), r.State, anyOf(from), done)
	}
	return nil
}

// anyOf names states: planning, sending or held.
func anyOf(states []digest.IssueState) string {
	var text strings.Builder
	for i, s := range states {
		switch {
		case i == 0:
		case i == len(states)-1:
			text.WriteString(" or ")
		default:
			text.WriteString(", ")
		}
		text.WriteString(string(s))
	}
	return text.String()
}

// Resolve gives an operator's word on an issue's rows in doubt, or on the one
// with the address only: Accepted or Ready. It returns how many rows changed.
func Resolve(ctx context.Context, store Store, r digest.IssueRecord, to delivery.State, only, who string, now time.Time) (int, error) {
	if to == delivery.Ready {
		if err := sendable(ctx, store, r); err != nil {
			return 0, fmt.Errorf("%w; --accept ends the doubt", err)
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
	n := 0
	for chunk := range slices.Chunk(changes, operatorChunk) {
		some, err := decide(ctx, store, now, chunk)
		n += some
		if err != nil {
			return n, fmt.Errorf("resolve %s: %w", r.Name(), err)
		}
	}
	return n, reopen(ctx, store, r, now)
}

// operatorChunk is how many rows one transaction changes on an operator's word.
const operatorChunk = 500

// decide makes changes on an operator's word and counts those that applied.
func decide(ctx context.Context, store Store, now time.Time, changes []delivery.Change) (n int, err error) {
	if err := delivery.Check(delivery.Operator, changes...); err != nil {
		return 0, err
	}
	applied, err := store.Apply(ctx, now, changes)
	for _, ok := range applied {
		if ok {
			n++
		}
	}
	return n, err
}

// sendable refuses an issue whose state, or whose lost message, lets nobody get
// it any more.
func sendable(ctx context.Context, store Store, r digest.IssueRecord) error {
	if r.State == digest.IssueCancelled || r.State == digest.IssueSkipped {
		return fmt.Errorf("%w: %s is %s and sends nothing any more", digest.ErrRefused, r.Name(), r.State)
	}
	if r.Revised.IsZero() {
		return nil
	}
	if stencil, err := store.Stencil(ctx, r.ID); err != nil || len(stencil) == 0 {
		return errors.Join(err, fmt.Errorf("%w: %s cannot be sent again: its message was dropped when words "+
			"were taken out of it (digest redact)", digest.ErrRefused, r.Name()))
	}
	return nil
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
