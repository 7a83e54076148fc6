package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// pollEvery is how often send looks what the other process has done.
const pollEvery = 300 * time.Millisecond

// ask leaves a request for the process that holds the lock, and follows it to
// its end as if this process had sent.
func (a *app) ask(ctx context.Context, n *publish.Newsletter, kind string, o sendOptions) (err error) {
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	id := make([]byte, 8)
	rand.Read(id)
	q := digest.Request{ID: hex.EncodeToString(id), Kind: kind, Newsletter: n.Name, Force: o.force, Created: time.Now()}
	if err := s.Ask(ctx, q); err != nil {
		return err
	}
	fmt.Fprintln(a.err, "digest: another digest is running here; it sends, this one follows")
	f := follower{app: a, store: s, request: q.ID, wait: o.wait}
	issue, err := f.opened(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f.finished(ctx, issue), a.outcome(context.WithoutCancel(ctx), s, []string{issue}))
}

// follower watches what another process does with a request.
type follower struct {
	*app
	store   *store.Store
	request string
	wait    time.Duration
}

// opened waits for the issue that the request leads to.
func (f *follower) opened(ctx context.Context) (string, error) {
	for {
		q, err := f.store.Request(ctx, f.request)
		switch {
		case err != nil:
			return "", err
		case q.Issue != "":
			return q.Issue, nil
		case q.Outcome != "":
			return "", errors.New(q.Outcome)
		}
		if err := f.pause(ctx); err != nil {
			return "", err
		}
	}
}

// finished waits until the issue has ended, or goes on later than we wait.
func (f *follower) finished(ctx context.Context, id string) error {
	progress := f.progress()
	began := false
	defer func() {
		if began {
			progress.End()
		}
	}()
	seen := delivery.Counts{}
	for {
		r, err := f.store.Issue(ctx, id)
		if err != nil {
			return err
		}
		counts, err := f.store.Counts(ctx, id)
		if err != nil {
			return err
		}
		if r.State == digest.IssueSending && !began {
			began = true
			seen = counts
			progress.Begin(r.Name(), counts.Total(), counts.Total()-counts[delivery.Ready])
		}
		seen = step(progress, seen, counts, began)
		left, err := f.store.Backlog(ctx, id)
		if err != nil {
			return err
		}
		later := left.Ready > 0 && left.Held == 0 && time.Until(left.NextAt) > f.wait
		if r.State.Ended() || r.State == digest.IssueHeld || r.State == digest.IssuePaused || later {
			return nil
		}
		if err := f.pause(ctx); err != nil {
			return err
		}
	}
}

// step shows what has changed between two counts.
func step(p publish.Progress, before, after delivery.Counts, began bool) delivery.Counts {
	if !began {
		return after
	}
	for _, s := range []delivery.State{
		delivery.Accepted, delivery.Failed, delivery.InDoubt, delivery.Skipped, delivery.RenderError, delivery.Expired,
	} {
		for range after[s] - before[s] {
			p.Step(s)
		}
	}
	return after
}

// pause waits a moment. Where the process that holds the lock has gone, the
// request would wait for the next one: better to say so.
func (f *follower) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pollEvery):
	}
	lock, err := store.AcquireLock(f.config.Database)
	if err == nil && !isPostgres(f.config.Database) {
		return errors.Join(lock.Release(), fmt.Errorf("%w: the other digest has stopped before it was done; "+
			"nothing is lost: call digest send again, or start digest serve", digest.ErrIncomplete))
	}
	return nil
}
