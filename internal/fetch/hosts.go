package fetch

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// hosts lets one request at a time through to each host, and remembers which of
// them want to be left alone.
type hosts struct {
	mu    sync.Mutex
	byKey map[string]*host
}

type host struct {
	turn  chan struct{} // holds one token while somebody has the turn
	users int           // those who have the turn or wait for it
	until time.Time     // not to be asked before
}

// enter waits for the turn at the host, or fails if the host is to be left
// alone. Each successful enter needs a leave.
func (hs *hosts) enter(ctx context.Context, key string, now func() time.Time) error {
	h := hs.join(key, now())
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		hs.part(h)
		return fmt.Errorf("wait for the turn at %s: %w", key, context.Cause(ctx))
	}
	if until := hs.restUntil(h); now().Before(until) {
		hs.leave(key)
		return busyUntil(until)
	}
	return nil
}

func (hs *hosts) leave(key string) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.byKey[key]
	<-h.turn
	h.users--
}

// rest has the host left alone until then. The caller has the turn.
func (hs *hosts) rest(key string, until time.Time) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.byKey[key].until = until
}

func (hs *hosts) restUntil(h *host) time.Time {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return h.until
}

func (hs *hosts) part(h *host) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h.users--
}

// join counts the caller among the users of the host. Hosts that are no longer
// needed are forgotten when a new one comes: redirects may name any number.
func (hs *hosts) join(key string, now time.Time) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.byKey[key]
	if h == nil {
		for k, old := range hs.byKey {
			if old.users == 0 && !now.Before(old.until) {
				delete(hs.byKey, k)
			}
		}
		h = &host{turn: make(chan struct{}, 1)}
		hs.byKey[key] = h
	}
	h.users++
	return h
}

func busyUntil(t time.Time) error {
	return fmt.Errorf("%w: not before %s", ErrBusy, t.UTC().Format(time.RFC3339))
}
