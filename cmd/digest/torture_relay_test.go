package main

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"digest.example/internal/smtptest"
)

// unreliable is a relay that defers some messages and leaves some commands
// without a reply. It counts what happens, so that a test can act at a moment of it.
type unreliable struct {
	*smtptest.Server
	share     float64       // of the transactions is deferred
	dropOneOf int           // of so many replies one is not given; 0: none
	slow      time.Duration // how long it takes to store a message

	mu      sync.Mutex
	closed  chan struct{} // if set, nobody gets a reply to a dot
	random  *rand.Rand
	met     int
	dropped int
	goal    int
	reached chan struct{}
}

func newUnreliable(tb testing.TB, random *rand.Rand, share float64, dropOneOf int) *unreliable {
	tb.Helper()
	u := &unreliable{share: share, dropOneOf: dropOneOf, random: rand.New(rand.NewPCG(random.Uint64(), 1))}
	u.Server = smtptest.New(tb, smtptest.Options{Script: u.script, Extensions: []string{"PIPELINING"}})
	return u
}

func (u *unreliable) script(e smtptest.Event) smtptest.Action {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.met++
	if u.reached != nil && u.met >= u.goal {
		close(u.reached)
		u.reached = nil
	}
	switch e.Stage {
	case smtptest.Mail, smtptest.Rcpt, smtptest.Data, smtptest.Dot:
		if u.dropOneOf > 0 && u.random.IntN(u.dropOneOf) == 0 {
			u.dropped++
			// What the relay did with a message before it fell silent nobody knows.
			return smtptest.Action{Drop: true, Accept: e.Stage == smtptest.Dot && u.random.IntN(2) == 0}
		}
	default:
		return smtptest.Action{}
	}
	if e.Stage == smtptest.Dot && u.closed != nil {
		return smtptest.Action{Wait: u.closed}
	}
	if e.Stage == smtptest.Dot && u.slow > 0 {
		stored := make(chan struct{})
		time.AfterFunc(u.slow, func() { close(stored) })
		return smtptest.Action{Wait: stored}
	}
	if (e.Stage == smtptest.Rcpt || e.Stage == smtptest.Dot) && u.random.Float64() < u.share/2 {
		return smtptest.Action{Reply: "451 4.3.0 come again"}
	}
	return smtptest.Action{}
}

// shut holds all dots up until open.
func (u *unreliable) shut() (open func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	closed := make(chan struct{})
	u.closed = closed
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		close(closed)
		u.closed = nil
	}
}

// after is closed when the relay has met so many more events.
func (u *unreliable) after(events int) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.goal, u.reached = u.met+events, make(chan struct{})
	return u.reached
}

// drops is how many replies were not given so far.
func (u *unreliable) drops() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.dropped
}
