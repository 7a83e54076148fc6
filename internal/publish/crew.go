package publish

import (
	"context"
	"errors"
	"sync"

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
