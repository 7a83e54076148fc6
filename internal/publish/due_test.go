package publish_test

import (
	"sync"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
	"digest.example/internal/schedule"
)

func TestFirstStartSendsNothing(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.at(wednesday)
	w.at(sunday.Add(-time.Second))
	w.wantIssues("")
	unended, due, err := w.p.Pending(w.ctx, &w.newsletter)
	if err != nil || due || len(unended) != 0 {
		t.Errorf("pending before the slot: %v %v %v", unended, due, err)
	}
	if next := w.p.Next(&w.newsletter); !next.At.Equal(sunday) || next.Zone != "Europe/London" {
		t.Errorf("the next slot is %v", next)
	}
	w.wantMails(3, 0)
}

func TestSlotIsOpenedOnce(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	for _, after := range []time.Duration{0, time.Second, time.Minute, time.Hour, 6 * 24 * time.Hour} {
		w.at(sunday.Add(after))
		w.wantIssues("done")
	}
	r := w.last()
	if r.Name() != "weekly/1" || !r.Slot.At.Equal(sunday) || r.From != "bounces@harbour.test" {
		t.Errorf("issue %+v", r)
	}
	w.start()
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantMails(3, 1)
	w.site.publish(second.Add(-time.Hour), "b")
	w.at(second)
	w.wantIssues("done done")
	same(t, "the second issue", w.printed(w.last()), []string{"b"})
	w.wantAlerts()
}

// A first start while the clock ran ahead must not silence the newsletter until then.
func TestFirstStartAhead(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.Name = "other"
	w.must(w.db.RetireNewsletter(w.ctx, "weekly", wednesday))
	w.now = wednesday.AddDate(1, 0, 0)
	w.start()
	w.now = wednesday
	w.start()
	w.site.publish(wednesday, "a")
	w.at(wednesday)
	w.wantIssues("")
	w.start()
	w.at(sunday)
	w.wantIssues("done")
}

func TestEditedScheduleSendsNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	monday := sunday.Add(24 * time.Hour)
	var err error
	// By the new schedule a slot would have come every day since the start.
	w.newsletter.Spec = "0 9 * * *"
	w.newsletter.Schedule, err = schedule.Parse(w.newsletter.Spec, "Europe/London")
	w.must(err)
	w.now = monday.Add(time.Hour)
	w.start()
	w.at(monday.Add(time.Hour))
	w.wantIssues("")
	w.at(monday.Add(24 * time.Hour))
	w.wantIssues("done")
}

func TestTwoPublishersOpenOneIssue(t *testing.T) {
	w := newWorld(t, 5)
	w.site.publish(wednesday, "a")
	w.now = sunday
	n := w.newsletter
	n.Sources = []library.Source{{SourceRef: n.Sources[0].SourceRef, Source: &site{articles: w.site.articles}}}
	w.deliverer = &mailer{store: w.db, now: w.time, got: map[string]int{}}
	other := w.publisher(n)
	w.must(other.Start(w.ctx))
	var both sync.WaitGroup
	for p, n := range map[*publish.Publisher]*publish.Newsletter{w.p: &w.newsletter, other: &n} {
		both.Go(func() {
			if _, err := p.SendDue(w.ctx, []*publish.Newsletter{n}, nil, 0); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	w.at(sunday.Add(time.Second))
	w.wantIssues("done")
	for i := range 5 {
		if n := w.mailer.got[reader(i)] + w.deliverer.(*mailer).got[reader(i)]; n != 1 {
			t.Errorf("%s got %d mails", reader(i), n)
		}
	}
}

// One process may freeze an issue while another still pulls for it: the second
// must not take what the first prints for printed before, and skip it.
func TestTwoPublishersFreezeOneIssue(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	other := w.publisher(w.newsletter)
	w.must(other.Start(w.ctx))
	frozen := false
	w.site.during = func() {
		if frozen {
			return
		}
		frozen = true
		w.mailer.report.Pause, w.mailer.limit = "enough", -1
		_, err := other.SendDue(w.ctx, []*publish.Newsletter{&w.newsletter}, nil, 0)
		w.must(err)
		w.mailer.report.Pause, w.mailer.limit = "", 0
		r := w.last()
		w.must(publish.Resume(w.ctx, w.db, r, sunday)) // planning, as if it were not planned yet
	}
	w.at(sunday)
	w.at(sunday.Add(time.Second))
	w.wantIssues("done")
	w.wantMails(2, 1)
}

func TestMissedSlots(t *testing.T) {
	for _, c := range []struct {
		name   string
		back   time.Time // when the machine comes back
		states string
		slot   time.Time // of the last issue
		alerts []string
	}{
		{"a little late", sunday.Add(time.Hour), "done", sunday, nil},
		{"just in time", sunday.Add(48 * time.Hour), "done", sunday, nil},
		{"too late", sunday.Add(48*time.Hour + time.Second), "skipped", sunday, []string{"weekly/1 is skipped: missed by 48h0m0s"}},
		{"several, the last in time", third.Add(time.Hour), "done", third, []string{"2 earlier slots were missed; weekly/1 covers"}},
		{"several, all too late", third.Add(72 * time.Hour), "skipped", third, []string{"2 earlier slots", "skipped: missed by 72h0m0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.site.publish(c.back.Add(-24*time.Hour), "a")
			w.now = c.back
			w.start()
			for _, more := range []time.Duration{0, time.Second, time.Hour} {
				w.at(c.back.Add(more))
			}
			w.wantIssues(c.states)
			w.wantAlerts(c.alerts...)
			if got := w.last().Slot.At; !got.Equal(c.slot) {
				t.Errorf("the issue belongs to %s, want %s", got, c.slot)
			}
			if c.states == "skipped" {
				w.wantMails(2, 0)
			} else {
				w.wantMails(2, 1)
			}
		})
	}
}

// A process that dies after it opened an issue and before it froze it leaves a
// slot that is missed all the same.
func TestOpenedAndMissed(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(second.Add(-24*time.Hour), "a")
	slot := digest.Slot(w.newsletter.Schedule.Next(wednesday))
	_, _, err := w.db.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot, sunday)
	w.must(err)
	w.now = second.Add(-time.Hour)
	w.start()
	w.at(w.now)
	w.wantIssues("skipped")
	w.wantAlerts("weekly/1 is skipped: missed by 167h0m0s")
	w.wantMails(2, 0)
}

func TestExtraIssuesAreNoSlots(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.now = sunday.Add(time.Hour)
	id, err := w.p.SendNow(w.ctx, &w.newsletter, nil, 0)
	w.must(err)
	w.wantIssues("done")
	if r := w.last(); r.ID != id || !r.Slot.Extra() {
		t.Errorf("the extra issue is %+v", r)
	}
	w.site.publish(sunday, "b")
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done done")
	if r := w.last(); r.Slot.Extra() || !r.Slot.At.Equal(sunday) {
		t.Errorf("the slot's own issue is %+v", r)
	}
}

func TestClockJumps(t *testing.T) {
	type step struct {
		at     time.Time
		states string
	}
	year := sunday.AddDate(1, 0, 0)
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"back over a slot", []step{
			{sunday, "done"},
			{sunday.Add(-time.Hour), "done"},
			{sunday.Add(-time.Second), "done"},
			{sunday, "done"},
			{second.Add(-time.Second), "done"},
			{second, "done done"},
		}},
		{"back before the first start", []step{{wednesday.AddDate(0, -1, 0), ""}, {wednesday, ""}, {sunday, "done"}}},
		{"a year ahead, unnoticed", []step{{year.Add(time.Hour), "done"}, {sunday, "done done"}, {second, "done done done"}}},
		{"ahead to between slots, and back", []step{
			{year.AddDate(0, 0, -3), "skipped"}, {sunday.Add(-time.Hour), "skipped"}, {sunday, "skipped done"}, {second, "skipped done done"},
		}},
		{"ahead before the first slot", []step{{sunday.Add(-time.Minute), ""}, {wednesday, ""}, {sunday, "done"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			for _, s := range c.steps {
				w.site.articles = nil
				w.site.publish(s.at.Add(-time.Minute), s.at.Format(time.DateTime))
				w.at(s.at)
				w.wantIssues(s.states)
				w.at(s.at)
				w.wantIssues(s.states)
			}
		})
	}
}

// Without catching up, a slot is still sent when it comes: the program is never
// there at the very instant.
func TestNoCatchUpIsNoSilence(t *testing.T) {
	for late, want := range map[time.Duration]string{
		40 * time.Millisecond: "done", 9 * time.Minute: "done", 16 * time.Minute: "skipped",
	} {
		w := newWorld(t, 1)
		w.newsletter.CatchUp = 0
		w.start()
		w.site.publish(wednesday, "a")
		w.at(sunday.Add(late))
		w.wantIssues(want)
	}
}

// What was missed is not sent just before the next slot: nobody gets two mails
// back to back, and no article is lost.
func TestNeverBackToBack(t *testing.T) {
	w := newWorld(t, 2)
	daily, err := schedule.Parse("0 9 * * *", "Europe/London")
	w.must(err)
	w.newsletter.Spec, w.newsletter.Schedule = "0 9 * * *", daily
	w.start()
	thursday := wednesday.AddDate(0, 0, 1).Truncate(24 * time.Hour).Add(9 * time.Hour)
	w.site.publish(wednesday, "a")
	w.at(thursday)
	w.site.publish(thursday.Add(time.Hour), "b")
	w.at(thursday.Add(24*time.Hour + 18*time.Hour + time.Minute)) // Friday's was missed
	w.wantIssues("done")
	w.site.publish(thursday.Add(47*time.Hour), "c")
	w.at(thursday.Add(48 * time.Hour))
	w.wantIssues("done done")
	w.wantAlerts("1 earlier slots were missed")
	same(t, "printed", w.printed(w.last()), []string{"b", "c"})
	w.wantMails(2, 2)
	w.site.publish(thursday.Add(49*time.Hour), "d")
	w.at(thursday.Add(72*time.Hour + 17*time.Hour)) // caught up: the next is far enough
	w.wantIssues("done done done")
}
