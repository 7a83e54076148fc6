package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"digest.example/internal/digest"
)

// A claim should cover about a second of sending, so that pausing and
// unsubscribing act within one; and it stays a short transaction.
const (
	claimSpan = time.Second
	claimMax  = 1000
	lockWait  = 5 * time.Second
)

// run is one call of Engine.Run.
type run struct {
	*Engine
	job    Job
	ctx    context.Context // the caller's: when it ends, nothing more is begun
	work   context.Context // outlives it by the time to drain
	taking context.Context // ends when no more rows will be handed out
	writer *writer
	limit  *rate.Limiter
	pace   *pace
	feed   chan Delivery
	halted chan struct{} // closed when the run must not go on

	mu      sync.Mutex
	report  Report
	recent  *window
	live    int // sessions open
	stopped bool

	through bool // nothing was due any more; claimAll's own
}

// claimAll feeds the workers until nothing is due.
func (r *run) claimAll(ctx context.Context) error {
	c := Claim{Issue: r.job.Issue, Owner: r.o.Owner, Lease: r.o.Lease, N: 2 * r.o.Connections}
	for !r.over(ctx) && (r.job.Yield == nil || !r.job.Yield()) {
		// Not ctx: what a claim that is cut off has taken all the same, nobody
		// would give back before its lease ends.
		c.Now = after(c.Now, r.o.Now())
		rows, err := r.store.Claim(r.work, c)
		switch {
		case err != nil && r.over(ctx):
			return nil
		case transient(err):
			r.o.Log.Error("the ledger cannot be read; claiming waits", "error", err, "retry_in", lockWait)
			if c.Unheard.IsZero() {
				c.Unheard = c.Now
			}
			r.sleep(ctx, lockWait)
			continue
		case err != nil:
			return fmt.Errorf("claim: %w", err)
		case len(rows) == 0:
			r.through = true
			return nil
		}
		c.Unheard = time.Time{}
		began := time.Now()
		if !r.hand(ctx, rows) {
			return nil
		}
		c.N = nextClaim(c.N, time.Since(began), r.o.Connections)
	}
	return nil
}

// after is now, in the ledger's milliseconds, but later than the claim before, which
// a fast one or a clock that was set back would let it not be.
func after(before, now time.Time) time.Time {
	now = now.Truncate(time.Millisecond)
	if now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}

// nextClaim sizes the next claim by how long the last one took to hand out.
func nextClaim(n int, took time.Duration, connections int) int {
	if took < claimSpan/2 {
		return min(2*n, claimMax)
	}
	return max(int(float64(n)*float64(claimSpan)/float64(took)), min(connections, n))
}

// hand gives rows to the workers; those that it cannot give go back.
func (r *run) hand(ctx context.Context, rows []Delivery) bool {
	// What is not handed out by then goes back: its issue may be paused by now.
	late := time.NewTimer(2 * claimSpan)
	defer late.Stop()
	for i, d := range rows {
		select {
		case <-ctx.Done():
		case <-r.halted:
		case <-late.C:
			for _, d := range rows[i:] {
				r.release(d)
			}
			return true
		case r.feed <- d:
			continue
		}
		for _, d := range rows[i:] {
			r.release(d)
		}
		return false
	}
	return true
}

// over says whether ctx has ended, the run was halted, or its time to drain is up.
func (r *run) over(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-r.work.Done():
		return true
	case <-r.halted:
		return true
	default:
		return false
	}
}

func (r *run) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.work.Done():
	case <-r.halted:
	case <-timer.C:
	}
}

// release gives back a row that nothing was done with.
func (r *run) release(d Delivery) {
	r.writer.put(release(d, Claimed, d.NextAt, ""))
}

// halt stops the run for everybody; the first reason stays.
func (r *run) halt(pause string, down error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.stopped = true
	r.report.Pause, r.report.Down = pause, down
	close(r.halted)
}

// settle counts what became of a row and queues its change, with those that
// follow it.
func (r *run) settle(c Change, more ...Change) {
	r.writer.put(c, more...)
	to := c.To
	if len(more) > 0 {
		to = more[len(more)-1].To
	}
	r.mu.Lock()
	r.report.Results[to]++
	r.mu.Unlock()
	if r.job.Observe != nil {
		r.job.Observe(to)
	}
}

// connected counts sessions and says how many are open.
func (r *run) connected(by int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live += by
	return r.live
}

// transient says whether it makes sense to wait for the database: everything
// but a schema that another version of the program has changed.
func transient(err error) bool {
	return err != nil && !errors.Is(err, digest.ErrSchema)
}
