package publish_test

import (
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/publish"
)

// A machine that comes up with its clock far back stops, instead of sending by
// it; once its operator has looked, it goes on, whichever clock was wrong.
func TestClockBehindTheLedger(t *testing.T) {
	for _, c := range []struct {
		name string
		back time.Duration
		want string
	}{
		{"set by a time server", 50 * time.Minute, "sending"},
		{"years back", 10 * 365 * 24 * time.Hour, "paused"},
		{"hours back", 2 * time.Hour, "paused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 5)
			w.site.publish(wednesday, "a")
			w.mailer.limit = 2
			w.at(sunday)
			w.now = sunday.Add(-c.back)
			w.start()
			w.wantIssues(c.want)
			if c.want == "paused" {
				w.wantAlerts("weekly/1 is paused: the clock says")
				w.alerts = nil
				w.start()
				w.must(publish.Resume(w.ctx, w.db, w.last(), w.now))
			}
			w.start() // it is told once
			w.mailer.limit = 0
			w.at(sunday.Add(time.Minute))
			w.wantIssues("done")
			w.wantAlerts()
			w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 5})
			w.wantMails(5, 1)
		})
	}
}
