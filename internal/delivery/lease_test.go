package delivery_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// renewals is a ledger that tells of each renewal, and may be out of reach for them.
type renewals struct {
	delivery.Store
	fail error
	came chan struct{}
}

func (s *renewals) Renew(ctx context.Context, owner string, now time.Time, lease time.Duration) error {
	err := s.fail
	if err == nil {
		err = s.Store.Renew(ctx, owner, now, lease)
	}
	select {
	case s.came <- struct{}{}:
	case <-ctx.Done():
	}
	return err
}

// Who waits for a slow relay keeps its rows for as long as it renews its lease.
// Who cannot renew it loses them, and has no say in them when the reply comes.
func TestLease(t *testing.T) {
	for _, c := range []struct {
		name           string
		fail           error
		ready, inDoubt int
		want           delivery.Counts
	}{
		{"renewed", nil, 0, 0, delivery.Counts{delivery.Accepted: 6}},
		{"not renewed", errors.New("no way to the database"), 4, 2, delivery.Counts{delivery.InDoubt: 2, delivery.Ready: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 6)
			stored := make(chan struct{})
			server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Wait: stored})})
			ledger := &renewals{Store: w.store, fail: c.fail, came: make(chan struct{})}
			e := w.engineOn(ledger, server, 2, func(o *delivery.Options) { o.Lease = 30 * time.Millisecond })
			ctx, stop := context.WithCancel(w.ctx)
			defer stop()
			over := make(chan error, 1)
			go func() {
				_, err := e.Run(ctx, w.job())
				over <- err
			}()
			w.must(server.WaitFor(w.ctx, 2))
			w.advance(time.Hour)
			for range 2 { // the first may have begun before
				<-ledger.came
			}
			ready, inDoubt, err := w.store.Recover(w.ctx, "other", false, 0, w.clock())
			if err != nil || ready != c.ready || inDoubt != c.inDoubt {
				t.Errorf("%d became ready and %d in doubt, %v; want %d and %d", ready, inDoubt, err, c.ready, c.inDoubt)
			}
			if c.fail != nil {
				stop() // the freed rows are somebody else's to claim
			}
			close(stored)
			for running := true; running; {
				select {
				case <-ledger.came:
				case err := <-over:
					w.must(err)
					running = false
				}
			}
			if got := w.counts(); !maps.Equal(got, c.want) {
				t.Errorf("counts %v, want %v", got, c.want)
			}
			w.once(server)
			w.mu.Lock()
			defer w.mu.Unlock()
			if told := strings.Contains(w.log.String(), "the lease could not be renewed"); told != (c.fail != nil) {
				t.Errorf("failing renewals are logged: %v", told)
			}
		})
	}
}

// cut is a ledger during whose first claim the program is asked to stop.
type cut struct {
	delivery.Store
	before, after func()
}

func (s *cut) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	s.before()
	rows, err := s.Store.Claim(ctx, c)
	s.after()
	return rows, err
}

// Asked to stop while it claims, it gives back what it has claimed, so that
// nobody has to wait for its lease to end.
func TestStoppedWhileItClaims(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			w := newWorld(t, 50)
			server := smtptest.New(t, smtptest.Options{})
			ctx, stop := context.WithCancel(w.ctx)
			ledger := &cut{w.store, func() {}, stop}
			if when == "before" {
				ledger.before, ledger.after = stop, func() {}
			}
			_, err := w.engineOn(ledger, server, 10).Run(ctx, w.job())
			w.must(err)
			counts := w.counts()
			if sent := len(server.Messages()); counts[delivery.Accepted] != sent || counts[delivery.Ready] != 50-sent {
				t.Errorf("%d were sent, and the ledger has %v", sent, counts)
			}
		})
	}
}
