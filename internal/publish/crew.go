package publish

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"digest.example/internal/digest"
)

// crew works on issues for Serve, on each in a goroutine of its own: one that
// waits for a site or for its turn at the relay keeps no other waiting.
type crew struct {
	p     *Publisher
	stop  func() // ends Serve
	group sync.WaitGroup

	mu     sync.Mutex
	busy   map[string]bool     // issues that are being worked on
	forced map[string][]string // holds to go past, once that has ended
	broken error               // why going on makes no sense
}

func newCrew(p *Publisher, stop func()) *crew {
	return &crew{p: p, stop: stop, busy: map[string]bool{}, forced: map[string][]string{}}
}

// start takes an issue as far as it gets, without waiting for it.
func (c *crew) start(ctx context.Context, r digest.IssueRecord, force []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[r.ID] {
		if len(force) > 0 {
			c.forced[r.ID] = force
		}
		return nil
	}
	if len(force) == 0 {
		force = c.forced[r.ID]
	}
	delete(c.forced, r.ID)
	c.busy[r.ID] = true
	c.group.Go(func() {
		err := c.work(ctx, r.ID, force)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.busy, r.ID)
		if errors.Is(err, digest.ErrSchema) && c.broken == nil {
			c.broken = err
			c.stop()
		}
	})
	return nil
}

// work reads the issue as it is now: whoever worked on it until a moment ago
// has changed it.
func (c *crew) work(ctx context.Context, id string, force []string) error {
	r, err := c.p.store.Issue(ctx, id)
	if err == nil {
		err = c.p.advance(ctx, r, force)
	}
	if err != nil && ctx.Err() == nil {
		c.p.rest(id, "", afterError)
		c.p.o.Log.Error("something went wrong; it will be tried again", "issue", r.Name(), "error", err)
	}
	return err
}

// wait waits until nothing is being worked on, and says why going on makes no
// sense, if so.
func (c *crew) wait() error {
	c.group.Wait()
	return c.broken
}

// turnTime is how long a delivery may keep the deliverer while another waits.
const turnTime = 10 * time.Second

// turns lets one delivery after another have the deliverer, whose connections
// and pace towards the relay are for all together.
type turns struct {
	free    chan struct{} // holds something while nobody has it
	waiting atomic.Int32
}

func newTurns() *turns {
	t := &turns{free: make(chan struct{}, 1)}
	t.give()
	return t
}

// take waits for the turn; false means that ctx ended first.
func (t *turns) take(ctx context.Context) bool {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case <-t.free:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *turns) give() { t.free <- struct{}{} }

// over says, from now on, whether the turn has lasted long enough and somebody
// waits for it.
func (t *turns) over(now func() time.Time) func() bool {
	began := now()
	return func() bool { return t.waiting.Load() > 0 && now().Sub(began) >= turnTime }
}
