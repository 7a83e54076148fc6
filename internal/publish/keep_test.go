package publish_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
)

// hourly lets an hour pass at a time, pulling as serve does.
func (w *world) hourly(from, until time.Time, each func(now time.Time)) {
	w.t.Helper()
	for now := from; now.Before(until); now = now.Add(time.Hour) {
		w.mu.Lock()
		w.now = now
		w.mu.Unlock()
		each(now)
		w.must(w.p.PullStale(w.ctx, time.Hour))
	}
}

// Sixty posts in the week of a feed that shows ten: each is printed once.
func TestBusyFeedLosesNothing(t *testing.T) {
	w := newWorld(t, 1)
	n := 0
	w.hourly(wednesday, sunday, func(now time.Time) {
		w.site.articles = append([]digest.Article{article(fmt.Sprint("post", n), now)}, w.site.articles...)
		w.site.articles = w.site.articles[:min(len(w.site.articles), 10)]
		n++
	})
	w.at(sunday)
	if got := len(w.printed(w.last())); got != n || n < 60 {
		t.Errorf("%d of %d posts are printed", got, n)
	}
}

func TestPullStale(t *testing.T) {
	w := newWorld(t, 1)
	pulls := func(at time.Time) int {
		t.Helper()
		before := len(w.site.windows)
		w.now = at
		w.must(w.p.PullStale(w.ctx, time.Hour))
		return len(w.site.windows) - before
	}
	for i, c := range []struct {
		at   time.Duration
		want int
	}{{0, 1}, {59 * time.Minute, 0}, {60 * time.Minute, 1}, {-time.Hour, 1}, {0, 1}} {
		if got := pulls(wednesday.Add(c.at)); got != c.want {
			t.Errorf("%d: pulled %d times, want %d", i, got, c.want)
		}
	}
	if w.must(w.p.PullStale(w.ctx, 0)); len(w.site.windows) != 4 {
		t.Errorf("pulled %d times", len(w.site.windows))
	}
	w.site.windows = nil
	w.at(sunday) // pulls
	if pulls(sunday.Add(time.Minute)) != 0 {
		t.Error("pulled again just after an issue did")
	}
}

// A site that two newsletters share is pulled once, for both their spans.
func TestSharedSourceIsPulledOnce(t *testing.T) {
	w := newWorld(t, 1)
	monthly := weekly(t)
	monthly.Name, monthly.Window, monthly.Sources = "monthly", 31*24*time.Hour, w.newsletter.Sources
	p := w.publisher(w.newsletter, monthly)
	w.must(p.Start(w.ctx))
	w.must(p.PullStale(w.ctx, time.Hour))
	if len(w.site.windows) != 1 || !w.site.windows[0].Since.Equal(wednesday.Add(-monthly.Window-7*24*time.Hour)) {
		t.Errorf("pulled for %v", w.site.windows)
	}
}

// The operator hears once of a site that stays away, and at once of one that
// seems to be another.
func TestFailingSourceIsTold(t *testing.T) {
	w := newWorld(t, 1)
	w.site.err = errDown
	w.hourly(wednesday, wednesday.Add(12*time.Hour), func(time.Time) {})
	w.wantAlerts("source blog gives nothing: connection refused")

	w = newWorld(t, 1)
	w.site.publish(wednesday, "a", "b", "c", "d")
	w.hourly(wednesday, wednesday.Add(4*time.Hour), func(now time.Time) {
		if now.After(wednesday) {
			for i := range w.site.articles {
				w.site.articles[i].ID = "new-" + w.site.articles[i].URL
			}
		}
	})
	w.wantAlerts("4 of 4 articles have another id")
}

// A site that moved holds the issue, says so, and once let in sends nobody
// anything twice.
func TestMovedSiteHolds(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a", "b", "c")
	w.at(sunday)
	w.wantIssues("done")
	for i := range w.site.articles {
		w.site.articles[i].ID = "new-" + w.site.articles[i].ID
	}
	w.at(second)
	w.wantIssues("done held")
	if r := w.last(); r.Code != publish.HoldMoved {
		t.Errorf("held as %s: %s", r.Code, r.Reason)
	}
	w.site.publish(second, "d")
	w.must(w.tryAt(second.Add(time.Minute), publish.HoldMoved))
	w.wantIssues("done done")
	same(t, "printed", w.printed(w.last()), []string{"d"})
	w.site.publish(third.Add(-time.Hour), "e")
	w.at(third)
	same(t, "printed", w.printed(w.last()), []string{"e"})
}

// An issue goes out without an optional source, and its operator is told.
func TestOptionalSourceIsMissed(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.newsletter.Sources = append(slices.Clone(w.newsletter.Sources),
		library.Source{SourceRef: digest.SourceRef{Name: "forum"}, Source: &site{err: errDown}})
	w.start()
	w.at(sunday)
	w.wantIssues("done")
	w.wantAlerts("weekly/1 has to do without anything new from forum: connection refused")
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	same(t, "warnings", content.Warnings, []string{"forum gave nothing: connection refused"})
}

// What was published under an old date is printed once; what merely came into
// view is not.
func TestLateArticle(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a", "b")
	w.at(sunday)
	w.site.articles = []digest.Article{
		article("late", wednesday.AddDate(0, 0, -40)), w.site.articles[0], article("old", wednesday.AddDate(0, 0, -40)),
	}
	for range 2 {
		w.must(w.p.PullStale(w.ctx, time.Nanosecond))
		w.now = w.now.Add(time.Hour)
	}
	w.at(second)
	same(t, "printed", w.printed(w.last()), []string{"late"})
	w.at(third)
	w.wantIssues("done done skipped")
}

// What is pruned goes on to count, and a year's issues do not.
func TestOldLedgersAreForgotten(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	old := w.last()
	want := w.counts(old)
	w.site.publish(wednesday.AddDate(0, 0, 49), "b")
	w.at(sunday.AddDate(0, 0, 49))
	for _, c := range []struct {
		keep time.Duration
		rows int
	}{{0, 3}, {50 * 24 * time.Hour, 3}, {48 * 24 * time.Hour, 0}} {
		w.must(w.p.Forget(w.ctx, publish.Keep{Ledger: c.keep}))
		rows := 0
		w.must(w.store.Deliveries(w.ctx, old.ID, nil, func(delivery.Delivery) error { rows++; return nil }))
		if rows != c.rows {
			t.Errorf("with ledgers kept for %s, %d rows are left, want %d", c.keep, rows, c.rows)
		}
		w.wantCounts(old, want)
	}
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 3})
}
