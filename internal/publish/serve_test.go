package publish_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
)

// bubble gives a world whose clock goes with the bubble's from a minute before
// the first slot.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.site.publish(wednesday, "a")
		w.now = sunday.Add(-time.Minute)
		start := time.Now()
		w.clock = func() time.Time { return w.time().Add(time.Since(start)) }
		f(w)
	})
}

// jump sets the clock ahead.
func (w *world) jump(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// served runs f beside a publisher that serves. It returns what Serve returned
// once it was stopped, or before.
func served(t *testing.T, prepare, f func(w *world)) (err error) {
	t.Helper()
	bubble(t, func(w *world) {
		w.start()
		prepare(w)
		ctx, stop := context.WithCancel(w.ctx)
		defer stop()
		done := make(chan error, 1)
		go func() { done <- w.p.Serve(ctx) }()
		f(w)
		stopped := time.Now()
		stop()
		err = <-done
		if took := time.Since(stopped); took > 0 {
			w.t.Errorf("stopping took %s", took)
		}
	})
	return err
}

func nothingSpecial(*world) {}

func TestServe(t *testing.T) {
	err := served(t, nothingSpecial, func(w *world) {
		time.Sleep(time.Minute - time.Millisecond)
		w.wantIssues("")
		time.Sleep(2 * time.Second)
		w.wantIssues("done")
		w.wantMails(3, 1)
		w.site.publish(sunday, "b")
		w.must(w.db.Ask(w.ctx, digest.Request{ID: "one", Kind: digest.RequestSendNow, Newsletter: "weekly", Created: w.clock()}))
		time.Sleep(2 * time.Second)
		w.wantIssues("done done")
		w.wantMails(3, 2)
		w.jump(7 * 24 * time.Hour)
		time.Sleep(time.Minute)
		w.wantIssues("done done skipped")
		w.site.publish(second.Add(time.Hour), "c")
		w.jump(7 * 24 * time.Hour)
		time.Sleep(time.Minute)
		w.wantIssues("done done skipped done")
		w.wantMails(3, 3)
		w.wantAlerts()
	})
	if err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// A held issue is tried again by itself.
func TestServeRetriesHeld(t *testing.T) {
	err := served(t, func(w *world) { w.site.err = errDown }, func(w *world) {
		time.Sleep(40 * time.Minute)
		w.wantIssues("held")
		if n := len(w.site.windows); n != 3 {
			w.t.Errorf("pulled %d times in 39 minutes", n)
		}
		w.site.err = nil
		time.Sleep(15 * time.Minute)
		w.wantIssues("done")
	})
	if err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// Whatever the store fails at, sending goes on once it is well again.
func TestServeSurvivesErrors(t *testing.T) {
	for _, c := range []string{
		"Requests", "Unended", "OpenIssue", "SaveHarvest", "Freeze", "Plan", "MoveIssue sending", "Backlog", "Claim", "MoveIssue done",
	} {
		t.Run(c, func(t *testing.T) {
			var sick atomic.Bool
			var failed atomic.Int32
			err := served(t, func(w *world) {
				w.store = &faulty{database: w.db, fail: func(name string, done bool) error {
					if name == c && !done && sick.Load() {
						failed.Add(1)
						return errSick
					}
					return nil
				}}
				w.mailer.store = w.store
				w.start()
			}, func(w *world) {
				sick.Store(true)
				time.Sleep(10 * time.Minute)
				sick.Store(false)
				time.Sleep(2 * time.Minute)
				w.wantIssues("done")
				if n := failed.Load(); n < 2 || n > 200 {
					t.Errorf("it was tried %d times in ten minutes", n)
				}
			})
			if err != nil {
				t.Errorf("Serve returned %v", err)
			}
		})
	}
}

func TestServeEndsAtAnotherSchema(t *testing.T) {
	err := served(t, func(w *world) {
		tooNew := fmt.Errorf("%w: too new", digest.ErrSchema)
		w.mailer.store = &faulty{database: w.db, fail: func(name string, _ bool) error {
			if name == "Claim" {
				return tooNew
			}
			return nil
		}}
	}, func(w *world) {
		time.Sleep(10 * time.Minute)
		w.wantIssues("sending")
		if w.mailer.runs != 1 {
			w.t.Errorf("the deliverer ran %d times", w.mailer.runs)
		}
	})
	if !errors.Is(err, digest.ErrSchema) {
		t.Errorf("Serve returned %v", err)
	}
}

// An issue that fails again and again must not keep the others waiting.
func TestServeGoesOnBesideABrokenIssue(t *testing.T) {
	pulled := &site{}
	err := served(t, func(w *world) {
		broken := weekly(t)
		broken.Name, broken.From = "broken", "nobody" // a mail from which cannot be made
		pulled.articles = w.site.articles
		broken.Sources = []library.Source{{Source: pulled}}
		w.p = w.publisher(broken, w.newsletter)
		w.must(w.p.Start(w.ctx))
	}, func(w *world) {
		time.Sleep(11 * time.Minute)
		w.wantIssues("done")
		w.wantMails(3, 1)
		if n := len(pulled.windows); n < 8 || n > 11 {
			w.t.Errorf("the broken issue was tried %d times in ten minutes", n)
		}
	})
	if err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// Being asked to stop in the middle of a pull or a delivery is not an error.
func TestServeStopsInTheMiddle(t *testing.T) {
	for _, where := range []string{"pull", "delivery"} {
		t.Run(where, func(t *testing.T) {
			bubble(t, func(w *world) {
				ctx, stop := context.WithCancel(w.ctx)
				if where == "pull" {
					w.site.during = stop
				} else {
					w.mailer.during = func(string) { stop() }
				}
				w.start()
				w.must(w.p.Serve(ctx)) // returns by itself
				w.mailer.during, w.site.during = nil, nil
				w.owner = "next"
				w.start()
				ctx, stop = context.WithTimeout(w.ctx, time.Minute)
				defer stop()
				w.must(w.p.Serve(ctx))
				w.wantIssues("done")
				w.wantMails(3, 1)
				w.wantAlerts()
			})
		})
	}
}

// Where several processes share a database, each frees what dead ones hold.
func TestServeSweepsForOthers(t *testing.T) {
	bubble(t, func(w *world) {
		w.shared = true
		w.start()
		w.crashed()
		w.start()
		if n := w.counts(w.last())[delivery.Committing]; n != 3 {
			w.t.Errorf("%d rows are between dot and reply", n)
		}
		ctx, stop := context.WithTimeout(w.ctx, time.Hour)
		defer stop()
		w.must(w.p.Serve(ctx))
		w.wantIssues("done")
		w.wantCounts(w.last(), delivery.Counts{delivery.InDoubt: 3})
	})
}
