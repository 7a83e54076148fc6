package publish_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/schedule"
)

// outage is a time in which something does not work.
type outage struct {
	from time.Time
	last time.Duration
	what string // process, site, page
}

func during(all []outage, now time.Time, what string) bool {
	return slices.ContainsFunc(all, func(o outage) bool {
		return o.what == what && !now.Before(o.from) && now.Before(o.from.Add(o.last))
	})
}

// A year of serve with a site that publishes every three hours and shows its
// last ten articles: through both changes of the clocks, outages of everything,
// and a schedule that is changed in the middle, each reader gets every issue
// once, each issue comes in the hour that it is due or that the outage ends, and
// each article is printed once.
func TestYear(t *testing.T) {
	begin := wednesday
	edit := time.Date(2027, 9, 15, 12, 0, 0, 0, time.UTC)
	end := begin.AddDate(1, 0, 0)
	outages := []outage{
		{time.Date(2026, 12, 12, 22, 0, 0, 0, time.UTC), 28 * time.Hour, "process"},
		{time.Date(2027, 1, 17, 6, 0, 0, 0, time.UTC), 9 * time.Hour, "site"},
		{time.Date(2027, 3, 28, 5, 0, 0, 0, time.UTC), 8 * time.Hour, "process"}, // the clocks go forward
		{time.Date(2027, 6, 6, 7, 0, 0, 0, time.UTC), 5 * time.Hour, "page"},
		{time.Date(2027, 10, 29, 3, 0, 0, 0, time.UTC), 20 * time.Hour, "process"}, // two days before they go back
		{time.Date(2027, 11, 5, 6, 0, 0, 0, time.UTC), 7 * time.Hour, "site"},
	}
	w := newWorld(t, 3)
	up := true
	sent := map[string]time.Time{}
	count, published := 0, map[string]time.Time{}
	for now := begin; now.Before(end); now = now.Add(time.Hour) {
		w.mu.Lock()
		w.now, w.site.err, w.unreach = now, nil, nil
		w.mu.Unlock()
		if int(now.Sub(begin).Hours())%3 == 0 {
			id := fmt.Sprint("post", count)
			count++
			published[id] = now
			w.site.articles = append([]digest.Article{article(id, now)}, w.site.articles...)
			w.site.articles = w.site.articles[:min(len(w.site.articles), 10)]
		}
		if during(outages, now, "site") {
			w.site.err = errDown
		}
		if during(outages, now, "page") {
			w.unreach = errDown
		}
		if during(outages, now, "process") {
			up = false
			continue
		}
		if now.Equal(edit) {
			s, err := schedule.Parse("30 7 * * FRI", "Europe/London")
			w.must(err)
			w.newsletter.Spec, w.newsletter.Schedule = "30 7 * * FRI", s
			up = false
		}
		if !up {
			up = true
			w.start()
		}
		w.must(w.p.PullStale(w.ctx, 3*time.Hour))
		runs := w.mailer.runs
		w.must(w.p.Round(w.ctx))
		if w.mailer.runs > runs {
			sent[w.last().ID] = now
		}
	}
	w.checkYear(t, begin, edit, end, outages, sent, published)
}

// checkYear compares a year with what its calendar says.
func (w *world) checkYear(t *testing.T, begin, edit, end time.Time, outages []outage, sent, published map[string]time.Time) {
	t.Helper()
	london := w.newsletter.Location
	var want []time.Time
	for day := begin; day.Before(end); day = day.AddDate(0, 0, 1) {
		y, m, d := day.In(london).Date()
		switch {
		case day.Weekday() == time.Sunday && day.Before(edit):
			want = append(want, time.Date(y, m, d, 9, 0, 0, 0, london))
		case day.Weekday() == time.Friday && day.After(edit):
			want = append(want, time.Date(y, m, d, 7, 30, 0, 0, london))
		}
	}
	issues := w.issues()
	if len(issues) != len(want) || len(want) != 52 {
		t.Fatalf("%d issues, want %d; alerts: %q", len(issues), len(want), w.alerts)
	}
	printed := map[string]int{}
	for i, r := range issues {
		due := want[i]
		if !r.Slot.At.Equal(due) || r.State != digest.IssueDone {
			t.Errorf("issue %d has slot %s and is %s, want %s", i, r.Slot.At, r.State, due)
		}
		for _, o := range outages {
			if end := o.from.Add(o.last); due.After(o.from.Add(-time.Hour)) && due.Before(end) {
				due = end
			}
		}
		if late := sent[r.ID].Sub(due); late < 0 || late > time.Hour {
			t.Errorf("%s went out %s after it could", r.Name(), late)
		}
		for _, id := range w.printed(r) {
			printed[id]++
		}
	}
	w.wantMails(3, 52)
	last := want[len(want)-1]
	for id, at := range published {
		if n := printed[id]; n > 1 || n == 0 && at.Before(last) {
			t.Errorf("%s of %s is printed %d times", id, at, n)
		}
	}
}
