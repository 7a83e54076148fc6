package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// pollEvery is how often send looks what the other process has done.
const pollEvery = 300 * time.Millisecond

// errGone says that the process that held the lock has ended.
var errGone = errors.New("the other digest has stopped")

// ask leaves a request for the process that holds the lock, and follows it to
// its end as if this process had sent. gone says that the other ended without
// taking it up, and that the request is withdrawn.
func (a *app) ask(ctx context.Context, n *publish.Newsletter, kind string, o sendOptions) (gone bool, err error) {
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return false, err
	}
	defer closing(&err, s)
	id := make([]byte, 8)
	rand.Read(id)
	q := digest.Request{ID: hex.EncodeToString(id), Kind: kind, Newsletter: n.Name, Force: o.force, Created: time.Now()}
	if err := s.Ask(ctx, q); err != nil {
		return false, err
	}
	fmt.Fprintln(a.err, "another digest is running here: it sends, this one follows")
	f := follower{app: a, store: s, request: q.ID, wait: o.wait}
	issue, err := f.opened(ctx)
	if err != nil {
		return f.withdraw(context.WithoutCancel(ctx), err)
	}
	err = f.finished(ctx, issue)
	end := a.outcome(ctx, s, []string{issue})
	if errors.Is(err, digest.ErrIncomplete) {
		return false, worse(err, end) // why it is not done is said, and by whom it will be
	}
	return false, errors.Join(err, end)
}

// follower watches what another process does with a request.
type follower struct {
	*app
	store   *store.Store
	request string
	wait    time.Duration
}

// opened waits for the issue that the request leads to. It looks once more after the
// other process has ended, which may have taken the request up just before.
func (f *follower) opened(ctx context.Context) (string, error) {
	var over error
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
		if over != nil {
			return "", over
		}
		if over = f.pause(ctx); over != nil && !errors.Is(over, errGone) {
			return "", over
		}
	}
}

// withdraw takes the request back, unless it was taken up, so that nothing is
// sent at some later time when nobody waits for it any more.
func (f *follower) withdraw(ctx context.Context, why error) (gone bool, err error) {
	mine, err := f.store.Take(ctx, f.request, time.Now())
	if mine {
		err = f.store.Answer(ctx, f.request, "", "withdrawn")
	}
	switch {
	case err != nil:
		return false, errors.Join(why, err)
	case errors.Is(why, errGone):
		return true, nil
	case mine:
		return false, fmt.Errorf("the request is withdrawn and nothing was sent: %w", why)
	default:
		return false, why
	}
}

// finished waits until the issue has ended, or goes on later than we wait.
func (f *follower) finished(ctx context.Context, id string) error {
	shown := watched{progress: f.progress()}
	defer shown.end()
	changed := time.Now()
	for {
		r, err := f.store.Issue(ctx, id)
		if err != nil {
			return err
		}
		counts, err := f.store.Counts(ctx, id)
		if err != nil {
			return err
		}
		if !maps.Equal(shown.seen, counts) {
			changed = time.Now()
		}
		shown.show(r, counts)
		left, err := f.store.Backlog(ctx, id)
		if err != nil {
			return err
		}
		// Where the relay is down rows stay due, and yet nothing happens.
		later := left.Ready && !left.Held && (time.Until(left.NextAt) > f.wait || time.Since(changed) > f.wait)
		if r.State.Ended() || r.State == digest.IssueHeld || r.State == digest.IssuePaused || later {
			return nil
		}
		err = f.pause(ctx)
		switch {
		case errors.Is(err, errGone):
			return fmt.Errorf("%w: %w before %s was done: nothing is lost; call digest send, or start digest serve",
				digest.ErrIncomplete, err, r.Name())
		case err != nil:
			return fmt.Errorf("%w: this digest follows no longer; the other goes on sending %s", digest.ErrIncomplete, r.Name())
		}
	}
}

// watched shows how another process's delivery goes.
type watched struct {
	progress publish.Progress
	step     func(delivery.State) // nil: nothing is shown yet
	stop     func()
	seen     delivery.Counts
}

// show shows what has changed since the last time.
func (w *watched) show(r digest.IssueRecord, now delivery.Counts) {
	before := w.seen
	w.seen = now
	if w.step == nil {
		open := now[delivery.Ready] + now[delivery.Claimed] + now[delivery.Committing]
		if r.State != digest.IssueSending || open == 0 {
			return
		}
		w.step, w.stop = w.progress.Begin(r.Name(), now.Total(), now.Total()-open)
		return
	}
	for _, s := range []delivery.State{
		delivery.Accepted, delivery.Failed, delivery.InDoubt, delivery.Skipped, delivery.RenderError, delivery.Expired,
	} {
		for range now[s] - before[s] {
			w.step(s)
		}
	}
}

func (w *watched) end() {
	if w.step != nil {
		w.stop()
	}
}

// pause waits a moment. Its error is errGone where the process that holds the
// lock has ended: a request would wait for the next one.
func (f *follower) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pollEvery):
	}
	if f.config.Postgres() {
		return nil
	}
	lock, err := store.AcquireLock(f.config.Database)
	if err != nil {
		return nil // it is still there
	}
	return errors.Join(errGone, lock.Release())
}
