package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// What one network, many of the same line or company, and one link of a mail
// may do, each in a limitSpan.
const (
	networkSignUps = 5
	siteSignUps    = 30 // of a siteOf
	linkChanges    = 30 // that are no unsubscription
	limitSpan      = time.Hour

	// limitKeys are how many are remembered of each generation: of all limits
	// together that is less than 64 MB, where all have used theirs up.
	limitKeys = 1 << 15
)

// retryLimited is when who has reached a limit may come back (RFC 9110, 10.2.3).
var retryLimited = strconv.Itoa(int(limitSpan.Seconds()))

// limiter counts what each key, such as a network, does. It remembers two
// generations, of which the older one is forgotten after a span, or when the
// younger one is full: whoever has that many networks is stopped by other limits.
type limiter[K comparable] struct {
	most int // in a limitSpan
	now  func() time.Time

	mu         sync.Mutex
	young, old map[K]recent
	turned     time.Time
}

// recent are the latest times, in ms since 1970, of what a key did: a ring, once
// there are as many as are allowed.
type recent struct {
	at   []int64
	next int // the oldest
}

func newLimiter[K comparable](most int, now func() time.Time) *limiter[K] {
	return &limiter[K]{most: most, now: now, young: map[K]recent{}, turned: now()}
}

// allow says whether a key may do it once more, and if so counts it.
func (l *limiter[K]) allow(key K) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.turned) >= limitSpan || len(l.young) >= limitKeys {
		l.young, l.old, l.turned = map[K]recent{}, l.young, now
	}
	r, known := l.young[key]
	if !known {
		r = l.old[key]
	}
	switch {
	case len(r.at) < l.most:
		r.at = append(r.at, now.UnixMilli())
	case now.UnixMilli()-r.at[r.next] < limitSpan.Milliseconds():
		return false
	default:
		r.at[r.next] = now.UnixMilli()
		r.next = (r.next + 1) % l.most
	}
	l.young[key] = r
	return true
}

// limits are those of sign-ups.
type limits struct {
	networks, sites *limiter[netip.Prefix]
}

func newLimits(now func() time.Time) limits {
	return limits{newLimiter[netip.Prefix](networkSignUps, now), newLimiter[netip.Prefix](siteSignUps, now)}
}

// allow says whether somebody of a network may sign up, and if so counts it.
func (l limits) allow(network netip.Prefix) bool {
	if !l.networks.allow(network) {
		return false
	}
	site, wider := siteOf(network)
	return !wider || l.sites.allow(site)
}

// mayChange says whether a link that verifies may be used once more for something
// but leaving, and otherwise answers. Whoever holds a forwarded mail could else
// fill the history, which is kept.
func (s *site) mayChange(w http.ResponseWriter, r *http.Request, data view) (bool, error) {
	if s.changes.allow(r.PathValue("token")) {
		return true, nil
	}
	data.Link = true
	w.Header().Set("Retry-After", retryLimited)
	return false, s.render(w, r, http.StatusTooManyRequests, pageLimited, data)
}
