package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// RetryStore is what Retry needs.
type RetryStore interface {
	Store
	// Retryable calls f for the issue's rows that ended without an accepted
	// message, by address. leftOut says why that person gets no mail any more;
	// empty: they do.
	Retryable(ctx context.Context, id string, now time.Time, f func(d delivery.Delivery, leftOut string) error) error
}

// Retried is what Retry did.
type Retried struct {
	Again   int            // rows that are ready once more
	LeftOut map[string]int // rows that stay as they are, by the reason
}

// Retry has an issue's rows that failed, could not be built or expired tried
// again, or the one with the address only, as long as the issue has not been
// given up. Who may not be mailed stays out.
func Retry(ctx context.Context, store RetryStore, n *Newsletter, r digest.IssueRecord, only, who string, now time.Time) (Retried, error) {
	done := Retried{LeftOut: map[string]int{}}
	if err := retriable(ctx, store, n, r, now); err != nil {
		return done, err
	}
	var chunk []delivery.Change
	flush := func() error {
		again, err := decide(ctx, store, now, chunk)
		done.Again, chunk = done.Again+again, chunk[:0]
		return err
	}
	err := store.Retryable(ctx, r.ID, now, func(d delivery.Delivery, leftOut string) error {
		if only != "" && !strings.EqualFold(only, d.Address) {
			return nil
		}
		if leftOut != "" {
			done.LeftOut[leftOut]++
			return nil
		}
		if chunk = append(chunk, delivery.Retry(d, now, who)); len(chunk) < operatorChunk {
			return nil
		}
		return flush()
	})
	if err = errors.Join(err, flush()); err != nil {
		return done, fmt.Errorf("retry %s: %w", r.Name(), err)
	}
	return done, reopen(ctx, store, r, now)
}

// retriable says why nothing of an issue can be sent any more.
func retriable(ctx context.Context, store Store, n *Newsletter, r digest.IssueRecord, now time.Time) error {
	if err := sendable(ctx, store, r); err != nil {
		return err
	}
	if end := n.giveUp(r); !r.Frozen.IsZero() && end.Before(now) {
		return fmt.Errorf("%w: %s was given up on %s, so that nobody gets it beside the next issue: "+
			"digest send --now sends an extra issue", digest.ErrRefused, r.Name(), end.In(n.Location).Format("Mon 2 Jan 15:04 MST"))
	}
	return nil
}

// giveUp is when an issue that is frozen stops being tried.
func (n *Newsletter) giveUp(r digest.IssueRecord) time.Time {
	return delivery.GiveUp(r.Frozen, n.Schedule.Next(r.Frozen).At)
}
