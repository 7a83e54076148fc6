package publish_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// ask leaves a request, as another process does.
func (w *world) ask(id, kind, newsletter string, force ...string) {
	w.t.Helper()
	w.must(w.db.Ask(w.ctx, digest.Request{ID: id, Kind: kind, Newsletter: newsletter, Force: force, Created: w.time()}))
}

// answer is what came of a request: the name of an issue, or words.
func (w *world) answer(id string) string {
	w.t.Helper()
	q, err := w.db.Request(w.ctx, id)
	w.must(err)
	if q.Taken.IsZero() {
		return "waits"
	}
	if q.Issue == "" {
		return q.Outcome
	}
	r, err := w.db.Issue(w.ctx, q.Issue)
	w.must(err)
	return r.Name() + q.Outcome
}

func TestSendNowRequest(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday.Add(-time.Hour), "a")
	w.ask("one", digest.RequestSendNow, "weekly")
	for range 3 {
		w.must(w.p.Requests(w.ctx))
	}
	w.wantIssues("done")
	w.wantMails(2, 1)
	if got := w.answer("one"); got != "weekly/1" || !w.last().Slot.Extra() {
		t.Errorf("answered %q", got)
	}
	w.now = wednesday.Add(time.Minute)
	w.site.publish(wednesday, "b")
	w.ask("two", digest.RequestSendNow, "weekly")
	w.must(w.p.Requests(w.ctx))
	w.wantIssues("done done")
	if got := w.answer("two"); got != "weekly/2" {
		t.Errorf("answered %q", got)
	}
}

// Asking again while the first is held takes that one up.
func TestSendNowTakesUpTheHeldOne(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.ask("one", digest.RequestSendNow, "weekly")
	w.must(w.p.Requests(w.ctx))
	w.wantIssues("held")
	w.now = w.now.Add(time.Second)
	w.ask("two", digest.RequestSendNow, "weekly", publish.HoldUnsubscribe)
	w.must(w.p.Requests(w.ctx))
	w.wantIssues("done")
	if one, two := w.answer("one"), w.answer("two"); one != "weekly/1" || two != "weekly/1" {
		t.Errorf("answered %q and %q", one, two)
	}
	w.wantMails(2, 1)
}

func TestReleaseRequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		held   bool
		force  []string
		states string
		answer string
	}{
		{"past its hold", true, []string{publish.HoldUnsubscribe}, "done", "weekly/1"},
		{"past another", true, []string{publish.HoldSource}, "held", "weekly/1"},
		{"nothing is held", false, []string{publish.HoldSource}, "", "not found: no issue of weekly is held"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.site.publish(wednesday, "a")
			if c.held {
				w.unreach = errDown
				w.at(sunday)
			}
			w.ask("one", digest.RequestRelease, "weekly", c.force...)
			w.must(w.p.Requests(w.ctx))
			w.wantIssues(c.states)
			if got := w.answer("one"); got != c.answer {
				t.Errorf("answered %q, want %q", got, c.answer)
			}
			waiting, err := w.db.Requests(w.ctx)
			if err != nil || len(waiting) != 0 {
				t.Errorf("%d requests still wait, %v", len(waiting), err)
			}
		})
	}
}

func TestRequestForUnknownNewsletter(t *testing.T) {
	w := newWorld(t, 1)
	w.ask("one", digest.RequestSendNow, "daily")
	w.ask("two", digest.RequestRelease, "daily")
	w.must(w.p.Requests(w.ctx))
	for _, id := range []string{"one", "two"} {
		if got := w.answer(id); !strings.Contains(got, `does not know newsletter "daily": restart it`) {
			t.Errorf("answered %q", got)
		}
	}
	w.wantIssues("")
}

// The sender may die at any moment of granting a request: it is granted after
// all, and once.
func TestCrashWhileGranting(t *testing.T) {
	for k := 0; ; k++ {
		finished := false
		t.Run(fmt.Sprint("at moment ", k), func(t *testing.T) {
			w := newWorld(t, 3)
			w.site.publish(wednesday.Add(-time.Hour), "a")
			w.ask("one", digest.RequestSendNow, "weekly")
			w.ask("two", digest.RequestSendNow, "daily")
			moments, dead := 0, false
			w.store = &faulty{database: w.db, fail: func(call string, _ bool) error {
				if dead || moments == k {
					dead = true
					return errSick
				}
				moments++
				return nil
			}}
			w.p = w.publisher(w.newsletter)
			w.must(w.p.Register(w.ctx))
			err := w.p.Requests(w.ctx)
			if finished = !dead; !finished && !errors.Is(err, errSick) {
				t.Fatalf("the dead process returned %v", err)
			}
			w.store, w.owner = w.db, "next"
			w.now = wednesday.Add(time.Minute)
			w.start()
			w.must(w.p.Requests(w.ctx))
			w.at(w.now)
			w.wantIssues("done")
			w.wantMails(3, 1)
			if got := w.answer("one"); got != "weekly/1" {
				t.Errorf("answered %q", got)
			}
			if got := w.answer("two"); !strings.Contains(got, "restart it") {
				t.Errorf("the other was answered %q", got)
			}
		})
		if finished || t.Failed() {
			if k < 15 {
				t.Errorf("only %d moments to die at: the test watches too little", k)
			}
			return
		}
	}
}
