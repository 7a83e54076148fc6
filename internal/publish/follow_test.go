package publish_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/publish"
)

// sendDue sends on the first Sunday in a bubble and says how long it took.
func (w *world) sendDue(wait time.Duration) (time.Duration, error) {
	began := time.Now()
	_, err := w.p.SendDue(w.ctx, []*publish.Newsletter{&w.newsletter}, nil, wait)
	return time.Since(began), err
}

// SendDue waits for what comes due within its time, and no longer.
func TestSendDueWaits(t *testing.T) {
	const minutes = time.Minute
	tries := map[string]int{}
	for _, c := range []struct {
		name    string
		wait    time.Duration
		outcome func(string) delivery.State
		down    error
		took    time.Duration
		state   string
		runs    int
	}{
		{"nothing to wait for", 10 * minutes, nil, nil, 0, "done", 1},
		{"a retry within the time", 10 * minutes, func(a string) delivery.State {
			if tries[a]++; tries[a] == 1 {
				return delivery.Ready
			}
			return delivery.Accepted
		}, nil, 5 * minutes, "done", 2},
		{"a retry beyond it", 4 * minutes, later(reader(0)), nil, 0, "sending", 1},
		{"retries for ever", 12 * minutes, later(reader(0)), nil, 10 * minutes, "sending", 3},
		{"a relay that is down for ever", 10 * minutes, nil, errDown, 10 * minutes, "sending", 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.start()
				w.jump(time.Minute)
				w.mailer.outcome, w.mailer.report.Down = c.outcome, c.down
				took, err := w.sendDue(c.wait)
				w.must(err)
				w.wantIssues(c.state)
				if took != c.took || w.mailer.runs != c.runs {
					t.Errorf("it took %s and %d runs, want %s and %d", took, w.mailer.runs, c.took, c.runs)
				}
			})
		})
	}
}

// Who asks it to stop while it waits has done nothing wrong.
func TestSendDueStopsWhileItWaits(t *testing.T) {
	bubble(t, func(w *world) {
		w.start()
		w.jump(time.Minute)
		w.mailer.outcome = later(reader(0))
		ctx, stop := context.WithCancel(w.ctx)
		time.AfterFunc(time.Minute, stop)
		_, err := w.p.SendDue(ctx, []*publish.Newsletter{&w.newsletter}, nil, time.Hour)
		w.must(err)
		w.wantIssues("sending")
	})
}

// Nor has who asks in the midst of sending.
func TestSendDueStopsWhileItSends(t *testing.T) {
	bubble(t, func(w *world) {
		w.start()
		w.jump(time.Minute)
		ctx, stop := context.WithCancel(w.ctx)
		w.mailer.during = func(string) { stop() }
		_, err := w.p.SendDue(ctx, []*publish.Newsletter{&w.newsletter}, nil, time.Hour)
		w.must(err)
		if ctx.Err() == nil {
			t.Error("nothing was sent")
		}
	})
}

// A deliverer that gets nowhere is not called without end.
func TestSendDueDoesNotSpin(t *testing.T) {
	bubble(t, func(w *world) {
		w.start()
		w.jump(time.Minute)
		w.mailer.limit = -1
		_, err := w.sendDue(time.Minute)
		w.must(err)
		if w.mailer.runs > 62 {
			t.Errorf("%d runs in a minute", w.mailer.runs)
		}
	})
}

// What fails while it is followed is told once, and left.
func TestSendDueLeavesWhatFails(t *testing.T) {
	bubble(t, func(w *world) {
		w.start()
		w.jump(time.Minute)
		w.mailer.outcome = func(a string) delivery.State {
			w.mailer.err = errSick
			return delivery.Ready
		}
		took, err := w.sendDue(time.Hour)
		if !errors.Is(err, errSick) || w.mailer.runs != 2 || took != 5*time.Minute {
			t.Errorf("%v after %s and %d runs", err, took, w.mailer.runs)
		}
	})
}

// What a run leaves in hand, because the commit of its claim was not heard of, is
// given back before SendDue returns, also where it was asked to stop.
func TestSendDueLeavesNothingInHand(t *testing.T) {
	for name, stopped := range map[string]bool{"without waiting": false, "asked to stop": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.start()
				w.jump(time.Minute)
				ctx, stop := context.WithCancel(w.ctx)
				defer stop()
				unheard := 0
				w.mailer.during = func(string) {
					if unheard > 0 {
						return
					}
					rows, err := w.store.Claim(w.ctx, delivery.Claim{
						Issue: w.last().ID, Owner: w.owner, Now: w.time(), Lease: time.Hour, N: 1,
					})
					w.must(err)
					unheard = len(rows)
					if stopped {
						w.mailer.limit = 1
						stop()
					}
				}
				_, err := w.p.SendDue(ctx, []*publish.Newsletter{&w.newsletter}, nil, 0)
				w.must(err)
				left, err := w.store.Backlog(w.ctx, w.last().ID)
				w.must(err)
				if unheard != 1 || left.Held || !left.Ready {
					t.Errorf("%d claimed unheard, left %+v", unheard, left)
				}
			})
		})
	}
}

// SendDue waits for what another process has in hand: only then the issue is done.
func TestSendDueWaitsForOthers(t *testing.T) {
	bubble(t, func(w *world) {
		w.start()
		w.jump(time.Minute)
		var held delivery.Delivery
		w.mailer.during = func(string) {
			if held.Subscriber == "" { // the other is quicker with one of them
				rows, err := w.store.Claim(w.ctx, delivery.Claim{
					Issue: w.last().ID, Owner: "other", Now: w.time(), Lease: time.Hour, N: 1,
				})
				w.must(err)
				if len(rows) == 1 {
					held = rows[0]
				}
			}
		}
		go func() {
			time.Sleep(20 * time.Second)
			_, err := w.store.Apply(w.ctx, w.time(), []delivery.Change{{
				Issue: held.Issue, Subscriber: held.Subscriber, Owner: "other", Epoch: held.Epoch,
				From: delivery.Claimed, To: delivery.Failed,
			}})
			w.must(err)
		}()
		took, err := w.sendDue(time.Minute)
		w.must(err)
		w.wantIssues("done")
		if held.Subscriber == "" || took < 20*time.Second || took > 22*time.Second {
			t.Errorf("%q was held, it took %s", held.Subscriber, took)
		}
	})
}
