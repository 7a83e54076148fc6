package publish_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// frozen makes an issue that is frozen and paused before anybody got it.
func (w *world) frozen(at time.Time) digest.IssueRecord {
	w.t.Helper()
	w.mailer.report.Pause = "enough"
	w.mailer.limit = -1
	w.at(at)
	w.mailer.report.Pause, w.mailer.limit = "", 0
	r := w.last()
	if r.State != digest.IssuePaused || r.Frozen.IsZero() || !r.Spent.IsZero() {
		w.t.Fatalf("the issue is %+v", r)
	}
	return r
}

func TestFrozenContentIsFinal(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	r := w.frozen(sunday)
	content, err := w.db.Content(w.ctx, r.ID)
	w.must(err)
	stencil, err := w.db.Stencil(w.ctx, r.ID)
	w.must(err)
	if !r.Frozen.Equal(sunday) || !r.CutOff.Equal(sunday) || r.Recipients != 3 {
		t.Errorf("frozen as %+v", r)
	}
	if content.Title != w.newsletter.Title || content.Language != w.newsletter.Language || content.Title == "" {
		t.Errorf("the archive will call it %q, in %q", content.Title, content.Language)
	}
	w.site.articles[0].Title = "Edited since"
	w.site.publish(sunday, "b")
	w.newsletter.Title = "Another title"
	w.enrol(3, 4) // too late for this issue
	w.start()
	w.must(publish.Resume(w.ctx, w.db, w.last(), sunday))
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	again, err := w.db.Content(w.ctx, r.ID)
	w.must(err)
	sent, err := w.db.Stencil(w.ctx, r.ID)
	w.must(err)
	if fmt.Sprint(again) != fmt.Sprint(content) || !bytes.Equal(sent, stencil) {
		t.Error("the content changed after it was frozen")
	}
	w.wantMails(3, 1)
	w.wantCounts(r, delivery.Counts{delivery.Accepted: 3})
}

func TestNothingNew(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a", "b", "c")
	w.at(sunday)
	w.wantMails(2, 1)
	w.at(second)
	w.wantIssues("done skipped")
	if r := w.last(); r.Reason != publish.NothingNew || !r.Frozen.IsZero() {
		t.Errorf("skipped as %+v", r)
	}
	w.wantMails(2, 1)
	w.wantAlerts() // there is nothing to do for anybody
	w.site.publish(third.Add(-time.Hour), "d")
	w.at(third)
	same(t, "the third issue", w.printed(w.last()), []string{"d"})
}

func TestCancelledIssue(t *testing.T) {
	for _, c := range []struct {
		name string
		got  int // readers who had it before it was cancelled
		next []string
	}{
		{"nobody got it", 0, []string{"a", "b"}},
		{"one got it", 1, []string{"b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.newsletter.Window = 30 * 24 * time.Hour
			w.start()
			w.site.publish(wednesday, "a")
			w.mailer.limit, w.mailer.report.Pause = c.got, "enough"
			if c.got == 0 {
				w.mailer.limit = -1
			}
			w.at(sunday)
			w.mailer.limit, w.mailer.report.Pause = 0, ""
			w.must(publish.Cancel(w.ctx, w.db, w.last(), "by the operator", sunday))
			w.site.publish(second.Add(-time.Hour), "b")
			w.at(second)
			w.wantIssues("cancelled done")
			same(t, "the next issue", w.printed(w.last()), c.next)
		})
	}
}

// An issue that is frozen and waits keeps its items from the ones after it.
func TestUnendedIssuesShareNoItem(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a", "b")
	first := w.frozen(sunday)
	w.site.publish(wednesday, "c")
	w.mailer.limit, w.mailer.report.Pause = -1, "enough"
	w.extra(sunday.Add(time.Hour))
	w.mailer.limit, w.mailer.report.Pause = 0, ""
	w.site.publish(wednesday, "d")
	w.extra(sunday.Add(2 * time.Hour))
	w.wantIssues("paused paused done")
	var all []string
	for _, r := range w.issues() {
		all = append(all, w.printed(r)...)
	}
	same(t, "all three issues", all, []string{"a", "b", "c", "d"})
	w.must(publish.Cancel(w.ctx, w.db, first, "by the operator", third))
	w.extra(sunday.Add(3 * time.Hour))
	same(t, "what a cancelled issue had", w.printed(w.last()), []string{"a", "b"})
}

// extra sends an issue that nobody scheduled.
func (w *world) extra(at time.Time) {
	w.t.Helper()
	w.now = at
	_, err := w.p.SendNow(w.ctx, &w.newsletter, nil, 0)
	w.must(err)
}

// A process may die before or after any step of any transaction. Whoever
// follows it sends what was frozen, to everybody, once.
func TestCrashAnywhere(t *testing.T) {
	const readers = 5
	steps := 0
	for k := 0; ; k++ {
		finished := false
		t.Run(fmt.Sprint("at moment ", k), func(t *testing.T) {
			w := newWorld(t, readers)
			w.write("A note")
			w.site.publish(wednesday, "a")
			moments, dead := 0, false
			w.store = &faulty{database: w.db, fail: func(string, bool) error {
				if dead || moments == k {
					dead = true
					return errSick
				}
				moments++
				return nil
			}}
			w.mailer.store = w.store
			w.p = w.publisher(w.newsletter)
			w.must(w.p.Register(w.ctx))
			err := w.tryAt(sunday)
			if finished = !dead; finished {
				w.must(err)
			} else if !errors.Is(err, errSick) {
				t.Fatalf("the dead process returned %v", err)
			}
			w.afterCrash()
		})
		if steps = k; finished || t.Failed() {
			break
		}
	}
	if steps < 20 {
		t.Errorf("only %d moments to die at: the test watches too little", steps)
	}
}

// afterCrash starts anew on what the dead process left.
func (w *world) afterCrash() {
	w.t.Helper()
	var before []string
	opened := w.issues()
	if len(opened) > 0 && !opened[0].Frozen.IsZero() {
		before = w.printed(opened[0])
	}
	w.site.publish(sunday, "b")
	w.store, w.mailer.store = w.db, w.db
	w.owner = "next"
	w.now = sunday.Add(10 * time.Minute)
	w.start()
	w.at(w.now)
	w.wantIssues("done")
	r := w.last()
	if before != nil && !slices.Equal(w.printed(r), before) {
		w.t.Errorf("frozen with %q, sent with %q", before, w.printed(r))
	}
	doubt := w.counts(r)[delivery.InDoubt]
	if c := w.counts(r); c[delivery.Accepted]+doubt != 5 || c.Total() != 5 || r.Recipients != 5 {
		w.t.Errorf("the ledger is %v for %d recipients", c, r.Recipients)
	}
	for i := range 5 {
		if n := w.mailer.got[reader(i)]; n > 1 || n == 0 && doubt == 0 {
			w.t.Errorf("%s got %d mails", reader(i), n)
		}
	}
	content, err := w.db.Content(w.ctx, r.ID)
	w.must(err)
	if content.Note != "A note" || exists(w.newsletter.NoteFile) || !exists(w.kept("weekly-1.md")) {
		w.t.Errorf("note %q; still there: %v; put away: %v", content.Note, exists(w.newsletter.NoteFile), exists(w.kept("weekly-1.md")))
	}
}

// A list that takes several transactions to plan.
func TestCrashBetweenPlans(t *testing.T) {
	const readers = 4500
	w := newWorld(t, readers)
	w.site.publish(wednesday, "a")
	plans := 0
	w.store = &faulty{database: w.db, fail: func(call string, done bool) error {
		if call == "Plan" && done {
			plans++
			return errSick
		}
		return nil
	}}
	w.start()
	if err := w.tryAt(sunday); !errors.Is(err, errSick) || plans != 1 {
		t.Fatalf("planning gave %v", err)
	}
	w.wantIssues("planning")
	if len(w.mailer.got) > 0 {
		t.Fatal("somebody got mail while others were not planned yet")
	}
	w.store = w.db
	w.start()
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: readers})
	w.wantMails(readers, 1)
}
