package publish_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/subscribers"
)

// refused ends an issue that readers 0 and 1 were refused, and 2 is in doubt of.
func (w *world) refused() {
	w.t.Helper()
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(a string) delivery.State {
		switch a {
		case reader(0), reader(1):
			return delivery.Failed
		case reader(2):
			return delivery.InDoubt
		}
		return delivery.Accepted
	}
	w.at(sunday)
	w.wantIssues("done")
	w.mailer.outcome = nil
}

func (w *world) retry(only string, now time.Time) (publish.Retried, error) {
	return publish.Retry(w.ctx, w.db, &w.newsletter, w.last(), only, "the operator", now)
}

func TestRetry(t *testing.T) {
	for _, c := range []struct {
		name  string
		only  string
		leave bool // reader 0 has left
		want  publish.Retried
		state string
		got   [4]int
	}{
		{"all", "", false, publish.Retried{Again: 2}, "planning", [4]int{1, 1, 1, 1}},
		{"one", strings.ToUpper(reader(1)), false, publish.Retried{Again: 1}, "planning", [4]int{0, 1, 1, 1}},
		{"one in doubt", reader(2), false, publish.Retried{}, "done", [4]int{0, 0, 1, 1}},
		{"one who has it", reader(3), false, publish.Retried{}, "done", [4]int{0, 0, 1, 1}},
		{"who has left", "", true, publish.Retried{Again: 1, LeftOut: map[string]int{"unsubscribed": 1}}, "planning", [4]int{0, 1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 4)
			w.refused()
			if c.leave {
				w.unsubscribe(0)
			}
			done, err := w.retry(c.only, sunday.Add(time.Hour))
			if err != nil || done.Again != c.want.Again || !maps.Equal(done.LeftOut, c.want.LeftOut) {
				t.Errorf("%+v, %v", done, err)
			}
			w.wantIssues(c.state)
			w.at(sunday.Add(2 * time.Hour))
			w.wantIssues("done")
			for i, want := range c.got {
				if got := w.mailer.got[reader(i)]; got != want {
					t.Errorf("%s got %d mails, want %d", reader(i), got, want)
				}
			}
		})
	}
}

// unsubscribe takes reader i off the list.
func (w *world) unsubscribe(i int) {
	w.t.Helper()
	p, err := w.db.SubscriberByAddress(w.ctx, reader(i))
	w.must(err)
	id, _, err := w.db.RegisterNewsletter(w.ctx, w.newsletter.Name, w.newsletter.Spec, "Europe/London", w.time())
	w.must(err)
	ok, err := w.db.Move(w.ctx, p.ID, id, []subscribers.State{subscribers.Active},
		subscribers.Event{At: w.time(), To: subscribers.Unsubscribed, Actor: subscribers.Reader})
	w.must(err)
	if !ok {
		w.t.Fatalf("reader %d was not on the list", i)
	}
}

func TestRetryIsRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		after func(w *world) (now time.Time)
		want  string
	}{
		{"given up", func(*world) time.Time { return sunday.AddDate(0, 0, 4).Add(time.Second) }, "given up"},
		{"cancelled", func(w *world) time.Time {
			w.must(publish.Resume(w.ctx, w.db, w.last(), sunday))
			w.must(publish.Cancel(w.ctx, w.db, w.last(), "", sunday))
			return sunday
		}, "cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 4)
			w.refusedAndPaused()
			now := c.after(w)
			before := w.counts(w.last())
			if _, err := w.retry("", now); !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			w.wantCounts(w.last(), before)
		})
	}
}

// refusedAndPaused is an issue that was paused after its first recipient, who
// was refused.
func (w *world) refusedAndPaused() {
	w.t.Helper()
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(string) delivery.State { return delivery.Failed }
	w.mailer.limit, w.mailer.report.Pause = 1, "enough"
	w.at(sunday)
	w.wantIssues("paused")
	w.mailer.outcome, w.mailer.limit, w.mailer.report.Pause = nil, 0, ""
}

// A paused issue stays paused, and its rows wait for it.
func TestRetryOfPaused(t *testing.T) {
	w := newWorld(t, 2)
	w.refusedAndPaused()
	if done, err := w.retry("", sunday); err != nil || done.Again != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantIssues("paused")
	w.must(publish.Resume(w.ctx, w.db, w.last(), sunday))
	w.at(sunday.Add(time.Second))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 2})
}

// More rows than one transaction takes.
func TestRetryOfMany(t *testing.T) {
	w := newWorld(t, 1203)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(string) delivery.State { return delivery.Failed }
	w.at(sunday)
	if done, err := w.retry("", sunday); err != nil || done.Again != 1203 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantCounts(w.last(), delivery.Counts{delivery.Ready: 1203})
}

// Whoever retries may die between the rows and the issue: saying it again heals it.
func TestRetryAfterCrash(t *testing.T) {
	w := newWorld(t, 4)
	w.refused()
	sick := &faulty{database: w.db, fail: func(call string, _ bool) error {
		if strings.HasPrefix(call, "MoveIssue") {
			return errSick
		}
		return nil
	}}
	_, err := publish.Retry(w.ctx, retrying{sick, w.db}, &w.newsletter, w.last(), "", "me", sunday)
	if !errors.Is(err, errSick) {
		t.Fatalf("error %v", err)
	}
	if done, err := w.retry("", sunday); done.Again != 0 || err != nil {
		t.Errorf("retried %+v, %v", done, err)
	}
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	if c := w.counts(w.last()); c[delivery.Accepted] != 3 || c[delivery.InDoubt] != 1 {
		t.Errorf("the ledger says %v", c)
	}
}

// retrying lets a store that fails list what can be tried again.
type retrying struct {
	*faulty
	list publish.RetryStore
}

func (r retrying) Retryable(ctx context.Context, id string, now time.Time, f func(delivery.Delivery, string) error) error {
	return r.list.Retryable(ctx, id, now, f)
}
