package publish_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
)

// twoServed runs f beside a publisher that serves the weekly and another
// newsletter, due at the same time, with the readers 3 and 4.
func twoServed(t *testing.T, prepare func(w *world), f func(w *world)) {
	t.Helper()
	err := served(t, func(w *world) {
		prepare(w)
		w.other = &site{}
		first, other := w.newsletter, weekly(t)
		other.Name, other.NoteFile = "another", first.NoteFile+".another"
		other.Sources = []library.Source{{SourceRef: digest.SourceRef{Name: "other"}, Source: w.other}}
		w.p = w.publisher(first, other)
		w.must(w.p.Start(w.ctx))
		w.newsletter = other
		w.enrol(3, 5)
		w.newsletter = first
	}, f)
	if err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// sendAnother publishes an article, has an issue of another newsletter asked for,
// and wants it sent within a quarter of a minute.
func (w *world) sendAnother() {
	w.t.Helper()
	w.other.publish(sunday, "b")
	w.must(w.db.Ask(w.ctx, digest.Request{ID: "another", Kind: digest.RequestSendNow, Newsletter: "another", Created: w.clock()}))
	time.Sleep(15 * time.Second)
	w.wantStates("another", digest.IssueDone, digest.IssueSkipped)
}

// wantStates wants a newsletter's issues, newest first, in these states.
func (w *world) wantStates(newsletter string, want ...digest.IssueState) {
	w.t.Helper()
	issues, err := w.db.Issues(context.Background(), newsletter, 0)
	w.must(err)
	var got []digest.IssueState
	for _, r := range issues {
		got = append(got, r.State)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the issues of %s are %v, want %v", newsletter, got, want)
	}
}

// long lets the weekly take more than eight minutes to deliver.
func long(w *world) {
	w.enrol(5, 500)
	w.mailer.during = func(string) { time.Sleep(time.Second) }
}

// A long delivery does not hold up one that is asked for meanwhile.
func TestServeSharesTheRelay(t *testing.T) {
	twoServed(t, long, func(w *world) {
		time.Sleep(2 * time.Minute)
		w.sendAnother()
		w.wantStates("weekly", digest.IssueSending)
		time.Sleep(9 * time.Minute)
		w.wantStates("weekly", digest.IssueDone)
		for i := range 500 {
			if got := w.mailer.got[reader(i)]; got != 1 {
				w.t.Errorf("reader %d got %d mails", i, got)
			}
		}
	})
}

// While an issue is sent, another of the same newsletter may be asked for. It
// prints nothing of the first.
func TestServeGrantsBesideALongDelivery(t *testing.T) {
	twoServed(t, long, func(w *world) {
		time.Sleep(2 * time.Minute)
		w.site.publish(sunday, "c")
		w.must(w.db.Ask(w.ctx, digest.Request{ID: "one", Kind: digest.RequestSendNow, Newsletter: "weekly", Created: w.clock()}))
		time.Sleep(3 * time.Second)
		if got := w.answer("one"); got != "weekly/2" {
			w.t.Errorf("answered %q", got)
		}
		w.wantStates("weekly", digest.IssueSending, digest.IssueSending)
		time.Sleep(20 * time.Minute)
		w.wantStates("weekly", digest.IssueDone, digest.IssueDone)
		if got := w.printed(w.last()); len(got) != 1 {
			w.t.Errorf("the second prints %v", got)
		}
	})
}

// A site that does not answer holds up its own newsletter only.
func TestServeBesideAHangingSite(t *testing.T) {
	twoServed(t, func(w *world) {
		w.site.during = func() { time.Sleep(4 * time.Minute) }
	}, func(w *world) {
		time.Sleep(2 * time.Minute)
		w.sendAnother()
		w.wantStates("weekly", digest.IssuePlanning)
		time.Sleep(4 * time.Minute)
		w.wantStates("weekly", digest.IssueDone)
	})
}

// Two issues of one newsletter that are chosen at the same time do not print the
// same articles: the second waits for the first.
func TestServeChoosesOneAfterTheOther(t *testing.T) {
	var pulls atomic.Int32
	twoServed(t, func(w *world) {
		w.site.during = func() { pulls.Add(1); time.Sleep(4 * time.Minute) }
	}, func(w *world) {
		time.Sleep(2 * time.Minute)
		r, _, err := w.db.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, digest.ExtraSlot(w.clock(), "Europe/London"), w.clock())
		w.must(err)
		time.Sleep(2 * time.Minute)
		if n := pulls.Load(); n != 1 {
			w.t.Errorf("%d issues are being chosen", n)
		}
		time.Sleep(10 * time.Minute)
		w.wantStates("weekly", digest.IssueSkipped, digest.IssueDone)
		if r, err = w.db.Issue(w.ctx, r.ID); err != nil || r.Reason != "nothing new" {
			w.t.Errorf("the second is %+v, %v", r, err)
		}
	})
}
