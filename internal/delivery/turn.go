package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"digest.example/internal/digest"
)

// turnTime is how long an issue may keep its turn while another waits.
const turnTime = 10 * time.Second

// turns lets one run after another hand out rows.
type turns struct {
	now     func() time.Time
	free    chan struct{} // holds something while nobody has the turn
	waiting atomic.Int32
}

func newTurns(now func() time.Time) *turns {
	t := &turns{now: now, free: make(chan struct{}, 1)}
	t.give()
	return t
}

// take waits for the turn; false means that the run must end without it.
func (t *turns) take(r *run) bool {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case <-t.free:
		return true
	case <-r.ctx.Done():
	case <-r.work.Done():
	case <-r.halted:
	}
	return false
}

func (t *turns) give() { t.free <- struct{}{} }

// over says whether the turn that began then has lasted long enough, and somebody
// waits for it.
func (t *turns) over(began time.Time) bool {
	return t.waiting.Load() > 0 && t.now().Sub(began) >= turnTime
}

// turn is a part of a run: it hands out rows to workers of its own.
type turn struct {
	*run
	began  time.Time
	feed   chan Delivery
	empty  chan struct{}   // closed when a worker finds feed closed and empty
	found  sync.Once       // that it is
	taking context.Context // ends when no more rows will be handed out
	enough context.CancelFunc
}

func (r *run) newTurn() *turn {
	t := &turn{run: r, began: r.o.Now(), feed: make(chan Delivery, r.o.Connections), empty: make(chan struct{})}
	if r.limit != nil {
		t.feed = make(chan Delivery) // what is handed out is sent at once
	}
	t.taking, t.enough = context.WithCancel(r.work)
	return t
}

// handOut gives rows to workers for as long as the turn lasts. It does not wait for
// what is under way at its end: that keeps its sessions, of which the pace knows,
// and may take as long as a relay can be silent.
func (t *turn) handOut(workers *sync.WaitGroup) error {
	defer t.turns.give()
	for range t.o.Connections {
		workers.Go(t.worker)
	}
	err := t.claimAll()
	close(t.feed)
	if t.through && len(t.feed) > 0 {
		t.awaitEmpty()
	}
	t.enough()
	if t.takeBack() > 0 {
		t.through = false
	}
	t.pace.wake()
	return err
}

// awaitEmpty waits until all that was handed out is taken up, as long as hand does:
// the sessions may be another issue's, or wait for a silent relay.
func (t *turn) awaitEmpty() {
	late := time.NewTimer(handTime)
	defer late.Stop()
	select {
	case <-t.empty:
	case <-t.ctx.Done():
	case <-t.halted:
	case <-late.C:
	}
}

// takeBack gives back what was handed out, and nobody has taken up.
func (t *turn) takeBack() int {
	var rows []Delivery
	for d := range t.feed {
		rows = append(rows, d)
	}
	t.giveBack(rows...)
	return len(rows)
}

// A claim should cover about a second of sending, so that pausing and
// unsubscribing act within one; and it stays a short transaction.
const (
	claimSpan = time.Second
	claimMax  = 1000
	handTime  = 2 * claimSpan // what is not taken up by then goes back: its issue may be paused by now
	lockWait  = 5 * time.Second
)

// claimAll feeds the workers until nothing is due.
func (t *turn) claimAll() error {
	c := &t.claim
	c.N = 2 * t.o.Connections
	for !t.over(t.ctx) && !t.turns.over(t.began) {
		// Not ctx: what a claim that is cut off has taken all the same, nobody
		// would give back before its lease ends.
		c.Now = after(c.Now, t.o.Now())
		rows, err := t.store.Claim(t.work, *c)
		switch {
		case err != nil && t.over(t.ctx):
			return nil
		case transient(err):
			t.o.Log.Error("the ledger cannot be read; claiming waits", "error", err, "retry_in", lockWait)
			if c.Unheard.IsZero() {
				c.Unheard = c.Now
			}
			t.sleep(t.ctx, lockWait)
			continue
		case err != nil:
			return fmt.Errorf("claim: %w", err)
		case len(rows) == 0:
			t.through = true
			return nil
		}
		c.Unheard = time.Time{}
		began := time.Now()
		if !t.hand(rows) {
			return nil
		}
		c.N = nextClaim(c.N, time.Since(began), t.o.Connections)
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
func (t *turn) hand(rows []Delivery) bool {
	late := time.NewTimer(handTime)
	defer late.Stop()
	for i, d := range rows {
		select {
		case <-t.ctx.Done():
		case <-t.halted:
		case <-late.C:
			t.giveBack(rows[i:]...)
			return true
		case t.feed <- d:
			continue
		}
		t.giveBack(rows[i:]...)
		return false
	}
	return true
}

// transient says whether it makes sense to wait for the database: everything
// but a schema that another version of the program has changed.
func transient(err error) bool {
	return err != nil && !errors.Is(err, digest.ErrSchema)
}
