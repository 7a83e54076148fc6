package web

import (
	"net/netip"
	"sync"
	"time"
)

// What one network may do, and how many networks are remembered.
const (
	networkSignUps = 5 // in a networkSpan
	networkSpan    = time.Hour
	networksMax    = 1 << 15 // of each generation: about 8 MB in all
)

// limiter counts the sign-ups of each network. It remembers two generations, of
// which the older one is forgotten after a span, or when the younger one is
// full: whoever has that many networks is stopped by other limits.
type limiter struct {
	now func() time.Time

	mu         sync.Mutex
	young, old map[netip.Prefix]recent
	turned     time.Time
}

// recent are the latest sign-ups of a network, in a ring.
type recent struct {
	at   [networkSignUps]time.Time
	next int // the oldest
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, young: map[netip.Prefix]recent{}, turned: now()}
}

// allow says whether a network may sign up once more, and if so counts it.
func (l *limiter) allow(network netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.turned) >= networkSpan || len(l.young) >= networksMax {
		l.young, l.old, l.turned = map[netip.Prefix]recent{}, l.young, now
	}
	r, known := l.young[network]
	if !known {
		r = l.old[network]
	}
	if first := r.at[r.next]; !first.IsZero() && now.Sub(first) < networkSpan {
		return false
	}
	r.at[r.next] = now
	r.next = (r.next + 1) % networkSignUps
	l.young[network] = r
	return true
}
