package publish_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/mail"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// later is an outcome that leaves some readers for the next try.
func later(addresses ...string) func(string) delivery.State {
	return func(a string) delivery.State {
		for _, l := range addresses {
			if a == l {
				return delivery.Ready
			}
		}
		return delivery.Accepted
	}
}

func TestDoneOnlyWhenNothingIsLeft(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = later(reader(1))
	w.at(sunday)
	w.wantIssues("sending")
	w.mailer.outcome = nil
	w.at(sunday.Add(5*time.Minute - time.Second))
	w.wantIssues("sending")
	if w.mailer.runs != 1 {
		t.Errorf("the deliverer ran %d times though nothing was due", w.mailer.runs)
	}
	w.at(sunday.Add(5 * time.Minute))
	w.wantIssues("done")
	w.wantMails(3, 1)
	if r := w.last(); !r.Finished.Equal(sunday.Add(5 * time.Minute)) {
		t.Errorf("finished at %s", r.Finished)
	}
}

func TestJob(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.Resend = true
	w.start()
	w.site.publish(wednesday, "a")
	w.at(sunday)
	j := w.mailer.jobs[0]
	if j.From != "bounces@harbour.test" || !j.Resend || !j.GiveUp.Equal(sunday.AddDate(0, 0, 4)) {
		t.Errorf("job %+v", j)
	}
	d := delivery.Delivery{Issue: j.Issue, Subscriber: readerID(7), Address: "seven@example.org", Name: "Number Seven"}
	build := func(d delivery.Delivery) string {
		var m mail.Data
		w.must(j.Build(&m, d))
		return string(m.Append(nil))
	}
	one := build(d)
	if one != build(d) {
		t.Error("a retry would not be the same mail")
	}
	id, err := w.db.NewsletterID(w.ctx, "weekly")
	w.must(err)
	for _, part := range []string{"Number Seven", "<seven@example.org>", "List-Unsubscribe: <https://digest.harbour.test/u/" + readerID(7) + "." + id, "@harbour.test>"} {
		if !strings.Contains(one, part) {
			t.Errorf("the mail lacks %q", part)
		}
	}
	d.Subscriber = readerID(8)
	if field(one, "Message-ID: ") == field(build(d), "Message-ID: ") {
		t.Error("two readers get the same Message-ID")
	}
	var m mail.Data
	if err := j.Build(&m, delivery.Delivery{Subscriber: "x", Address: "a\r\nb@example.org"}); err == nil {
		t.Errorf("built a message for a broken address: %s", m.Append(nil))
	}
}

// field is the line of a mail that begins with name.
func field(mail, name string) string {
	_, rest, _ := strings.Cut(mail, name)
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

func TestOperatorWhileSending(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(context.Context, publish.Store, digest.IssueRecord, string, time.Time) error
		state  string
		ledger delivery.Counts
		resume error
	}{
		{"pause", publish.Pause, "paused", delivery.Counts{delivery.Accepted: 2, delivery.Ready: 2}, nil},
		{"cancel", publish.Cancel, "cancelled", delivery.Counts{delivery.Accepted: 2, delivery.Ready: 2}, digest.ErrRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 4)
			w.site.publish(wednesday, "a")
			n := 0
			w.mailer.during = func(string) {
				if n++; n == 2 {
					w.must(c.do(w.ctx, w.db, w.last(), "by the operator", sunday))
				}
			}
			w.at(sunday)
			w.at(sunday.Add(time.Hour))
			w.wantIssues(c.state)
			w.wantCounts(w.last(), c.ledger)
			w.wantAlerts() // who did it knows
			if err := publish.Resume(w.ctx, w.db, w.last(), sunday); !errors.Is(err, c.resume) {
				t.Fatalf("resuming gave %v", err)
			}
			w.at(sunday.Add(2 * time.Hour))
			if c.resume == nil {
				w.wantIssues("done")
				w.wantMails(4, 1)
			} else {
				w.wantIssues(c.state)
			}
		})
	}
}

// An operator who resumes an issue long after its slot means it.
func TestResumeBeforeFreeze(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.at(sunday)
	w.must(publish.Pause(w.ctx, w.db, w.last(), "by the operator", sunday))
	w.at(sunday.Add(72 * time.Hour))
	w.wantIssues("paused")
	w.must(publish.Resume(w.ctx, w.db, w.last(), sunday.Add(72*time.Hour)))
	w.start()
	w.at(sunday.Add(72 * time.Hour))
	if r := w.last(); r.State != digest.IssueHeld || !r.HoldUntil.Equal(sunday.Add(96*time.Hour)) {
		t.Fatalf("%s until %s", r.State, r.HoldUntil)
	}
	w.unreach = nil
	w.at(sunday.Add(73 * time.Hour))
	w.wantIssues("done")
}

func TestRefusedMoves(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	r := w.last()
	for name, err := range map[string]error{
		"pause":  publish.Pause(w.ctx, w.db, r, "", sunday),
		"resume": publish.Resume(w.ctx, w.db, r, sunday),
		"cancel": publish.Cancel(w.ctx, w.db, r, "", sunday),
	} {
		if !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), "weekly/1 is done") {
			t.Errorf("%s of a done issue: %v", name, err)
		}
	}
	w.wantIssues("done")
}

func TestReportPauses(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.limit, w.mailer.report.Pause = 1, "the relay refuses us"
	w.at(sunday)
	w.wantIssues("paused")
	if r := w.last(); r.Reason != "the relay refuses us" {
		t.Errorf("paused because %q", r.Reason)
	}
	w.wantAlerts("weekly/1 is paused: the relay refuses us (digest resume weekly/1, or digest cancel weekly/1)")
	w.at(sunday.Add(time.Hour))
	w.start()
	w.at(sunday.Add(2 * time.Hour))
	if w.mailer.runs != 1 {
		t.Error("a paused issue went on")
	}
	w.mailer.limit, w.mailer.report.Pause = 0, ""
	w.must(publish.Resume(w.ctx, w.db, w.last(), sunday))
	w.at(sunday.Add(2 * time.Hour))
	w.wantIssues("done")
	w.wantMails(3, 1)
}

func TestRelayDown(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.report.Down = errDown
	w.at(sunday)
	w.at(sunday.Add(time.Minute - time.Second))
	if w.mailer.runs != 1 {
		t.Errorf("the relay was tried %d times within a minute", w.mailer.runs)
	}
	w.at(sunday.Add(time.Minute))
	if w.mailer.runs != 2 {
		t.Errorf("after a minute the relay had been tried %d times", w.mailer.runs)
	}
	w.wantIssues("sending")
	w.wantCounts(w.last(), delivery.Counts{delivery.Ready: 3})
	w.mailer.report.Down = nil
	w.at(sunday.Add(2 * time.Minute))
	w.wantIssues("done")
	w.wantMails(3, 1)
}

func TestDelivererFails(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.mailer.err = errSick
	if err := w.tryAt(sunday); !errors.Is(err, errSick) || !strings.Contains(err.Error(), "weekly/1") {
		t.Errorf("error %v", err)
	}
	w.wantIssues("sending")
	w.mailer.err = nil
	w.at(sunday)
	w.wantIssues("done")
}

func TestResolve(t *testing.T) {
	const who = "the operator"
	for _, c := range []struct {
		name  string
		to    delivery.State
		only  string
		n     int
		state string
		after delivery.Counts // once what is due was sent
		got   [2]int          // mails of reader 0 and 1
	}{
		{"accept", delivery.Accepted, "", 2, "done", delivery.Counts{delivery.Accepted: 3}, [2]int{1, 1}},
		{"accept one", delivery.Accepted, "R0@Example.org", 1, "done", delivery.Counts{delivery.Accepted: 2, delivery.InDoubt: 1}, [2]int{1, 1}},
		{"resend", delivery.Ready, "", 2, "planning", delivery.Counts{delivery.Accepted: 3}, [2]int{2, 2}},
		{"resend one", delivery.Ready, reader(1), 1, "planning", delivery.Counts{delivery.Accepted: 2, delivery.InDoubt: 1}, [2]int{1, 2}},
		{"resend who is not in doubt", delivery.Ready, reader(2), 0, "done", delivery.Counts{delivery.Accepted: 1, delivery.InDoubt: 2}, [2]int{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.doubtful()
			n, err := publish.Resolve(w.ctx, w.db, w.last(), c.to, c.only, who, sunday)
			if n != c.n || err != nil {
				t.Errorf("resolved %d, %v", n, err)
			}
			w.wantIssues(c.state)
			w.mailer.outcome = nil
			w.at(sunday.Add(time.Hour))
			w.wantIssues("done")
			w.wantCounts(w.last(), c.after)
			for i, want := range c.got {
				if got := w.mailer.got[reader(i)]; got != want {
					t.Errorf("%s got %d mails, want %d", reader(i), got, want)
				}
			}
		})
	}
}

// doubtful ends an issue with readers 0 and 1 in doubt.
func (w *world) doubtful() {
	w.t.Helper()
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(a string) delivery.State {
		if a == reader(0) || a == reader(1) {
			return delivery.InDoubt
		}
		return delivery.Accepted
	}
	w.at(sunday)
	w.wantIssues("done")
}

// Whoever resolves may die between the rows and the issue: saying it again heals it.
func TestResolveAfterCrash(t *testing.T) {
	w := newWorld(t, 3)
	w.doubtful()
	sick := &faulty{database: w.db, fail: func(call string, _ bool) error {
		if strings.HasPrefix(call, "MoveIssue") {
			return errSick
		}
		return nil
	}}
	if _, err := publish.Resolve(w.ctx, sick, w.last(), delivery.Ready, "", "me", sunday); !errors.Is(err, errSick) {
		t.Fatalf("error %v", err)
	}
	n, err := publish.Resolve(w.ctx, w.db, w.last(), delivery.Ready, "", "me", sunday)
	if n != 0 || err != nil {
		t.Errorf("resolved %d more, %v", n, err)
	}
	w.mailer.outcome = nil
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 3})
}

// An operator resolves at the very moment at which the issue ends.
func TestResolveWhileEnding(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(a string) delivery.State {
		if w.mailer.got[a] == 0 && a == reader(0) {
			return delivery.InDoubt
		}
		return delivery.Accepted
	}
	resolved := false
	w.store = &faulty{database: w.db, fail: func(call string, done bool) error {
		if call == "MoveIssue done" && !done && !resolved {
			resolved = true
			_, err := publish.Resolve(w.ctx, w.db, w.last(), delivery.Ready, "", "me", sunday)
			return err
		}
		return nil
	}}
	w.start()
	w.at(sunday)
	w.at(sunday.Add(time.Second))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 3})
}

func TestResolveOfCancelled(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.outcome = func(string) delivery.State { return delivery.InDoubt }
	w.mailer.limit, w.mailer.report.Pause = 1, "enough"
	w.at(sunday)
	w.must(publish.Cancel(w.ctx, w.db, w.last(), "", sunday))
	if _, err := publish.Resolve(w.ctx, w.db, w.last(), delivery.Ready, "", "me", sunday); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("resending of a cancelled issue: %v", err)
	}
	if n, err := publish.Resolve(w.ctx, w.db, w.last(), delivery.Accepted, "", "me", sunday); n != 1 || err != nil {
		t.Errorf("accepting in a cancelled issue: %d %v", n, err)
	}
}

// crashed leaves an issue whose process died between a reader's dot and its reply.
func (w *world) crashed() {
	w.t.Helper()
	w.site.publish(wednesday, "a")
	applied := 0
	w.mailer.store = &faulty{database: w.db, fail: func(call string, done bool) error {
		if call == "Apply" && !done {
			if applied++; applied == 2 {
				return errSick
			}
		}
		return nil
	}}
	if err := w.tryAt(sunday); !errors.Is(err, errSick) {
		w.t.Fatalf("error %v", err)
	}
	w.mailer.store = w.db
	w.owner = "next"
}

func TestStartRecovers(t *testing.T) {
	for _, c := range []struct {
		name   string
		resend bool
		after  delivery.Counts
		each   int
	}{
		{"hold", false, delivery.Counts{delivery.InDoubt: 3}, 1},
		{"resend", true, delivery.Counts{delivery.Accepted: 3}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.newsletter.Resend = c.resend
			w.start()
			w.crashed()
			w.start()
			w.at(sunday.Add(time.Minute))
			w.wantIssues("done")
			w.wantCounts(w.last(), c.after)
			w.wantMails(3, c.each)
		})
	}
}

func TestRestoredBackup(t *testing.T) {
	for _, c := range []struct {
		name   string
		back   time.Time
		resume bool
		states string
		each   int
	}{
		{"it waits", sunday.Add(time.Hour), false, "paused", 0},
		{"the operator resumes", sunday.Add(time.Hour), true, "done", 1},
		{"slots since are not missed", second.Add(time.Hour), false, "paused", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.site.publish(wednesday, "a")
			w.restore()
			w.site.publish(c.back, "b")
			w.now = c.back
			w.start()
			w.at(c.back)
			w.wantIssues("paused")
			w.wantAlerts("restored backup", "weekly/1 is paused")
			w.mailer.got = map[string]int{}
			if c.resume {
				w.must(publish.Resume(w.ctx, w.db, w.last(), c.back))
			}
			w.start() // it says so once
			w.at(c.back.Add(time.Minute))
			w.wantIssues(c.states)
			w.wantMails(2, c.each)
			w.wantAlerts("restored backup", "weekly/1 is paused")
		})
	}
}

// restore puts a backup back that was made before anybody got the first issue.
func (w *world) restore() {
	w.t.Helper()
	w.must(w.db.Close())
	lock, err := store.AcquireLock(w.file)
	w.must(err)
	w.t.Cleanup(func() { w.must(lock.Release()) })
	w.open(store.Options{Mode: store.Upgrade, Lock: lock})
	w.mailer.store = w.db
	w.start()
	backup := w.kept("backup.db")
	w.mailer.report.Down = errDown
	w.at(sunday)
	w.wantIssues("sending")
	w.must(w.db.Backup(w.ctx, backup))
	w.mailer.report.Down = nil
	w.at(sunday.Add(time.Minute))
	w.wantMails(2, 1)
	w.must(w.db.Close())
	w.must(os.Rename(backup, w.file))
	w.open(store.Options{Mode: store.Upgrade, Lock: lock})
	w.mailer.store = w.db
}

func TestUnknownNewsletterRefusesToStart(t *testing.T) {
	w := newWorld(t, 1)
	n := weekly(t)
	n.Name = "monthly"
	err := w.publisher(n).Start(w.ctx)
	if !errors.Is(err, digest.ErrConfig) {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{`"weekly"`, "digest newsletters rename weekly NEW", "digest newsletters retire weekly"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %q", err, part)
		}
	}
	known, err := w.db.Newsletters(w.ctx)
	w.must(err)
	same(t, "the database knows", known, []string{"weekly"})
	w.must(w.publisher(weekly(t), n).Start(w.ctx))
}

// What goes wrong with one newsletter does not stop the next.
func TestNewslettersAreIndependent(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.newsletter.Sources = []library.Source{{SourceRef: digest.SourceRef{Name: "forum", Required: true}, Source: &site{err: errDown}}}
	w.newsletter.NoteFile = ""
	other := weekly(t)
	other.Name = "daily"
	other.Sources = []library.Source{{SourceRef: digest.SourceRef{Name: "blog"}, Source: w.site}}
	third := weekly(t)
	third.Name = "sick"
	third.From = "nobody" // a mail from which cannot be made
	third.Sources = other.Sources
	all := []*publish.Newsletter{&w.newsletter, &third, &other}
	w.p = w.publisher(w.newsletter, third, other)
	w.must(w.p.Start(w.ctx))
	w.now = sunday
	ids, err := w.p.SendDue(w.ctx, all, nil, 0)
	if err == nil || !strings.Contains(err.Error(), "render sick/1") || len(ids) != 3 {
		t.Fatalf("%d issues, error %v", len(ids), err)
	}
	states := map[string]digest.IssueState{}
	for _, id := range ids {
		r, err := w.db.Issue(w.ctx, id)
		w.must(err)
		states[r.Newsletter] = r.State
	}
	if states["weekly"] != digest.IssueHeld || states["sick"] != digest.IssuePlanning || states["daily"] != digest.IssueDone {
		t.Errorf("states %v", states)
	}
}

// What is resent long after its slot has not missed it.
func TestResendLate(t *testing.T) {
	w := newWorld(t, 3)
	w.doubtful()
	_, err := publish.Resolve(w.ctx, w.db, w.last(), delivery.Ready, "", "me", sunday)
	w.must(err)
	w.mailer.outcome = nil
	w.at(sunday.Add(72 * time.Hour))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 3})
}

// A row that another process holds keeps its issue from ending.
func TestHeldRowsKeepAnIssueOpen(t *testing.T) {
	w := newWorld(t, 3)
	w.site.publish(wednesday, "a")
	w.mailer.report.Down = errDown
	w.at(sunday)
	_, err := w.db.Claim(w.ctx, delivery.Claim{Issue: w.last().ID, Owner: "other", Now: sunday, Lease: time.Hour, N: 1})
	w.must(err)
	w.mailer.report.Down = nil
	w.at(sunday.Add(time.Minute))
	w.wantIssues("sending")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 2, delivery.Claimed: 1})
}

func TestSendNowAgain(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.extra(wednesday)
	w.wantIssues("held")
	w.unreach = nil
	w.extra(wednesday.Add(time.Second)) // at once, not in a quarter of an hour
	w.wantIssues("done")
	w.site.publish(wednesday, "b")
	w.mailer.outcome = later(reader(0))
	w.extra(wednesday.Add(time.Minute))
	w.wantIssues("done sending")
	w.site.publish(wednesday, "c")
	w.mailer.outcome = nil
	w.extra(wednesday.Add(2 * time.Minute)) // what is on its way takes nothing more up
	w.wantIssues("done sending done")
}
