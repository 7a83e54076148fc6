package publish_test

import (
	"testing"
	"time"

	"digest.example/internal/delivery"
)

// A relay that is away is the operator's matter once it stays away, each time anew.
func TestRelayThatStaysAwayIsTold(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	now := sunday
	away := func(minutes int) {
		w.mailer.report.Down = errDown
		for range minutes {
			w.at(now)
			now = now.Add(time.Minute)
		}
	}
	away(15)
	w.wantAlerts()
	away(30)
	w.wantAlerts("weekly/1 is waiting for the relay, which cannot be reached since 09:00 GMT: " + errDown.Error())
	w.mailer.report.Down, w.mailer.limit = nil, 1
	w.at(now)
	now = now.Add(time.Minute)
	away(15)
	w.wantAlerts("digest check --smtp")
	away(1)
	w.wantAlerts("digest check --smtp", "cannot be reached since 09:46 GMT")
}

// A system's cron starts a new process every few minutes: they tell of an outage once
// together, and of the next one anew.
func TestOutageIsTheSameForTheNextProcess(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.limit = 1
	now := sunday
	runs := func(n int, every time.Duration, down error) {
		w.mailer.report.Down = down
		for range n {
			w.start()
			w.at(now)
			now = now.Add(every)
		}
	}
	runs(2, 10*time.Minute, errDown)
	w.wantAlerts()
	runs(20, 10*time.Minute, errDown)
	first := "which cannot be reached since 09:00 GMT"
	w.wantAlerts(first)
	runs(1, 10*time.Minute, nil)
	runs(2, 10*time.Minute, errDown)
	w.wantAlerts(first)
	runs(1, 3*time.Hour, errDown)
	w.wantAlerts(first, "which cannot be reached since 12:50 GMT")
	runs(1, 10*time.Minute, errDown) // nobody knows what was in between
	w.wantAlerts(first, "12:50")
}

// but is what becomes of one reader, and of all others.
func but(nth int, one, others delivery.State) func(address string) delivery.State {
	return func(address string) delivery.State {
		if address == reader(nth) {
			return one
		}
		return others
	}
}

// Who is in doubt waits for the operator's word, who hears of it while the issue
// goes on, and again when it has ended with more.
func TestDoubtIsTold(t *testing.T) {
	w := newWorld(t, 4)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = but(0, delivery.InDoubt, delivery.Ready)
	w.mailer.report.Results = delivery.Counts{delivery.InDoubt: 1}
	w.at(sunday)
	first := "weekly/1 is in doubt for 1 of its recipients"
	w.wantAlerts(first)
	w.mailer.outcome = but(1, delivery.InDoubt, delivery.Accepted)
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantAlerts(first, "weekly/1 is in doubt for 2 of its recipients")
}

// What a process has left in doubt that died is told by the next.
func TestDoubtAfterACrashIsTold(t *testing.T) {
	for _, resend := range []bool{false, true} {
		w := newWorld(t, 3)
		w.newsletter.Resend = resend
		w.start()
		w.crashed()
		w.start()
		var want []string
		if !resend {
			want = []string{"digest resolve weekly/1 --accept, or --resend"}
		}
		w.wantAlerts(want...)
		w.at(sunday.Add(time.Minute))
		w.wantIssues("done")
		w.wantAlerts(want...)
	}
}

// Whom an issue could not reach in time would otherwise be missed by nobody.
func TestGivenUpIsTold(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = but(2, delivery.Accepted, delivery.Ready)
	w.at(sunday)
	w.must(w.expire())
	w.at(sunday.Add(5 * 24 * time.Hour))
	w.wantIssues("done")
	w.wantAlerts("weekly/1 is done, but 2 of its recipients were given up")
}

// expire gives up what is still to be sent of the last issue.
func (w *world) expire() error {
	rows, err := w.db.Claim(w.ctx, delivery.Claim{Issue: w.last().ID, Owner: "this", Now: sunday.Add(time.Hour), Lease: time.Minute, N: 10})
	if err != nil {
		return err
	}
	var changes []delivery.Change
	for _, d := range rows {
		changes = append(changes, delivery.Change{
			Issue: d.Issue, Subscriber: d.Subscriber, Owner: d.Owner, Epoch: d.Epoch, From: delivery.Claimed, To: delivery.Expired,
		})
	}
	_, err = w.db.Apply(w.ctx, sunday.Add(time.Hour), changes)
	return err
}
