package delivery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
	"digest.example/internal/subscribers"
)

func TestEverybodyGetsOne(t *testing.T) {
	for _, connections := range []int{1, 4} {
		w := newWorld(t, 60)
		server := smtptest.New(t, smtptest.Options{})
		report := w.run(w.engine(server, connections), w.job())
		w.once(server)
		if got := len(server.Messages()); got != 60 {
			t.Errorf("%d connections: %d messages arrived", connections, got)
		}
		if report.Results[delivery.Accepted] != 60 || w.counts()[delivery.Accepted] != 60 {
			t.Errorf("%d connections: report %v, ledger %v", connections, report.Results, w.counts())
		}
		r, err := w.store.Issue(w.ctx, w.issue)
		w.must(err)
		if r.Spent.IsZero() {
			t.Error("the issue's items would be printed again")
		}
	}
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		name     string
		stage    smtptest.Stage
		reply    string
		want     delivery.State
		attempts int
		wait     time.Duration // until it is tried again
		paused   bool
		left     bool // the subscriber may not be mailed any more
	}{
		{"greylisted", smtptest.Rcpt, "451 4.7.1 come back", delivery.Ready, 1, 5 * time.Minute, false, false},
		{"mailbox full", smtptest.Rcpt, "452 4.2.2 full", delivery.Ready, 1, 5 * time.Minute, false, false},
		{"no such user", smtptest.Rcpt, "550 5.1.1 who?", delivery.Failed, 1, 0, false, true},
		{"refused without a reason", smtptest.Rcpt, "550 no", delivery.Failed, 1, 0, false, false},
		{"policy", smtptest.Dot, "554 5.7.1 spam", delivery.Failed, 1, 0, false, false},
		{"deferred after the dot", smtptest.Dot, "451 4.3.0 later", delivery.Ready, 1, 5 * time.Minute, false, false},
		{"refused after the dot", smtptest.Dot, "552 5.3.4 large", delivery.Failed, 1, 0, false, false},
		{"not authenticated", smtptest.Mail, "530 5.7.0 who are you", delivery.Ready, 0, 0, true, false},
		{"our SPF", smtptest.Dot, "550 5.7.23 SPF", delivery.Ready, 0, 0, true, false},
		{"our sender", smtptest.Mail, "550 5.1.8 sender", delivery.Ready, 0, 0, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			server := smtptest.New(t, smtptest.Options{Script: smtptest.Refuse(c.stage, c.reply)})
			report := w.run(w.engine(server, 1), w.job())
			row := w.row(0)
			if row.State != c.want || row.Attempts != c.attempts {
				t.Errorf("the row is %s after %d attempts", row.State, row.Attempts)
			}
			if c.wait > 0 && !row.NextAt.Equal(w.now.Add(c.wait)) {
				t.Errorf("it is tried again after %s", row.NextAt.Sub(w.now))
			}
			if paused := report.Pause != ""; paused != c.paused {
				t.Errorf("paused: %q", report.Pause)
			}
			consent, err := w.store.Consent(w.ctx, w.ids[0], w.newsletter)
			w.must(err)
			if left := consent.State != subscribers.Active; left != c.left {
				t.Errorf("the subscriber is %s", consent.State)
			}
			if n := len(server.Messages()); n != 0 {
				t.Errorf("%d messages were accepted", n)
			}
		})
	}
}

func TestConnectionLost(t *testing.T) {
	for _, c := range []struct {
		name     string
		script   smtptest.Script
		want     delivery.State
		accepted int
	}{
		{"before RCPT", smtptest.At(smtptest.Rcpt, "", smtptest.Action{Drop: true}), delivery.Accepted, 1},
		{"421 at RCPT", smtptest.At(smtptest.Rcpt, "", smtptest.Action{Reply: "421 4.3.2 bye", Drop: true}), delivery.Accepted, 1},
		{"after the dot, taken", smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true, Accept: true}), delivery.InDoubt, 1},
		{"after the dot, not taken", smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true}), delivery.InDoubt, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			server := smtptest.New(t, smtptest.Options{Script: smtptest.Once(c.script)})
			for range 3 { // a second run must not make it worse
				w.run(w.engine(server, 1), w.job())
				w.advance(time.Hour)
			}
			if row := w.row(0); row.State != c.want {
				t.Errorf("the row is %s: %s", row.State, row.LastReply)
			}
			if got := len(server.Messages()); got != c.accepted {
				t.Errorf("%d messages were accepted, want %d", got, c.accepted)
			}
		})
	}
}

func TestResendSendsWhatIsInDoubt(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{
		Script: smtptest.Once(smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true})),
	})
	job := w.job()
	job.Resend = true
	w.run(w.engine(server, 1), job)
	w.advance(time.Hour)
	w.run(w.engine(server, 1), job)
	if got := w.counts()[delivery.Accepted]; got != 3 {
		t.Errorf("the ledger says %v", w.counts())
	}
	if got := len(server.Accepted()); got != 3 {
		t.Errorf("%d of 3 recipients got it", got)
	}
}

func TestWhoeverLeavesGetsNothing(t *testing.T) {
	w := newWorld(t, 3)
	w.leave(0) // before the claim
	server := smtptest.New(t, smtptest.Options{})
	ledger := sick{w.store, func(changes []delivery.Change) bool {
		for _, c := range changes {
			if c.To == delivery.Committing && c.Subscriber == w.ids[1] {
				w.leave(1) // when all but the dot is written
			}
		}
		return false
	}}
	w.run(w.engineOn(ledger, server, 1), w.job())
	w.run(w.engineOn(ledger, server, 1), w.job())
	if got := server.Accepted(); got["r0@example.org"]+got["r1@example.org"] != 0 || got["r2@example.org"] != 1 {
		t.Errorf("accepted: %v", got)
	}
	if c := w.counts(); c[delivery.Skipped] != 2 || c[delivery.Accepted] != 1 {
		t.Errorf("the ledger says %v", c)
	}
}

func TestPausedIssueIsNotClaimed(t *testing.T) {
	w := newWorld(t, 50)
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot && e.To == "r0@example.org" {
			w.move(digest.IssuePaused)
		}
		return smtptest.Action{}
	}})
	w.run(w.engine(server, 1), w.job())
	if n := len(server.Messages()); n == 0 || n > 10 {
		t.Errorf("%d of 50 were sent although the issue was paused at the first", n)
	}
	c := w.counts()
	if c[delivery.Accepted]+c[delivery.Ready] != 50 {
		t.Errorf("the ledger says %v", c)
	}
}

func TestRelayDown(t *testing.T) {
	w := newWorld(t, 5)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Connect, "", smtptest.Action{Drop: true})})
	report := w.run(w.engine(server, 3), w.job())
	if report.Down == nil {
		t.Error("the report does not say that the relay is down")
	}
	if c := w.counts(); c[delivery.Ready] != 5 {
		t.Errorf("the ledger says %v", c)
	}
	if row := w.row(0); row.Attempts != 0 {
		t.Errorf("the recipient was punished with %d attempts", row.Attempts)
	}
}

func TestRelayThatDropsEverything(t *testing.T) {
	w := newWorld(t, 100)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Mail, "", smtptest.Action{Reply: "421 4.7.0 too many", Drop: true})})
	report := w.run(w.engine(server, 2), w.job())
	if report.Down == nil {
		t.Error("the report does not say that the relay is down")
	}
	if total, _ := server.Sessions(); total > 10 {
		t.Errorf("it was bothered %d times", total)
	}
	if c := w.counts(); c[delivery.Ready] != 100 {
		t.Errorf("the ledger says %v", c)
	}
}

func TestUnbuildableMessage(t *testing.T) {
	w := newWorld(t, 4)
	server := smtptest.New(t, smtptest.Options{})
	job := w.job()
	build := job.Build
	job.Build = func(m *mail.Data, d delivery.Delivery) error {
		if d.Address == "r2@example.org" {
			return errors.New("no name")
		}
		return build(m, d)
	}
	report := w.run(w.engine(server, 2), job)
	if row := w.row(2); row.State != delivery.RenderError || row.LastReply != "no name" {
		t.Errorf("the row is %s: %s", row.State, row.LastReply)
	}
	if c := w.counts(); c[delivery.Accepted] != 3 || report.Pause != "" {
		t.Errorf("the ledger says %v, paused %q", c, report.Pause)
	}
}

func TestGivenUp(t *testing.T) {
	w := newWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{})
	job := w.job()
	job.GiveUp = w.now.Add(-time.Second)
	w.run(w.engine(server, 1), job)
	if c := w.counts(); c[delivery.Expired] != 2 || len(server.Messages()) != 0 {
		t.Errorf("the ledger says %v", c)
	}
}

func TestStopLetsOpenTransactionsFinish(t *testing.T) {
	w := newWorld(t, 200)
	ctx, cancel := context.WithCancel(w.ctx)
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot {
			cancel()
		}
		return smtptest.Action{}
	}})
	if _, err := w.engine(server, 4).Run(ctx, w.job()); err != nil {
		t.Fatal(err)
	}
	c := w.counts()
	if c[delivery.InDoubt]+c[delivery.Committing]+c[delivery.Claimed] != 0 {
		t.Errorf("left behind: %v", c)
	}
	if n := len(server.Messages()); n != c[delivery.Accepted] || n > 20 {
		t.Errorf("%d messages arrived, the ledger says %v", n, c)
	}
}

func TestAbortLeavesDoubt(t *testing.T) {
	w := newWorld(t, 10)
	release := make(chan struct{})
	defer close(release)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Wait: release})})
	e := w.engine(server, 2)
	done := make(chan error, 1)
	go func() { _, err := e.Run(w.ctx, w.job()); done <- err }()
	w.must(server.WaitFor(w.ctx, 2)) // they are kept, and their replies stall
	e.Abort()
	e.Abort()
	if err := <-done; !errors.Is(err, delivery.ErrAborted) {
		t.Errorf("Run says %v", err)
	}
	if c := w.counts(); c[delivery.InDoubt] != 2 || c[delivery.Ready] != 8 {
		t.Errorf("the ledger says %v", c)
	}
}

// sick is a ledger that cannot be written some times.
type sick struct {
	delivery.Store
	fail func(changes []delivery.Change) bool
}

func (s sick) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	if s.fail(changes) {
		return nil, errors.New("disk full")
	}
	return s.Store.Apply(ctx, now, changes)
}

// A relay that hangs up before the dot, and is heard to, leaves no doubt.
func TestHangUpInTheBody(t *testing.T) {
	w := newWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{
		Script: smtptest.Once(smtptest.At(smtptest.Body, "", smtptest.Action{Drop: true})),
	})
	waited := false
	ledger := sick{w.store, func(changes []delivery.Change) bool {
		if changes[0].To == delivery.Committing && !waited {
			waited = true
			w.must(server.Await(w.ctx, "the hang-up", func() bool { _, open := server.Sessions(); return open == 0 }))
		}
		return false
	}}
	for range 2 { // what a lost connection gives back may come too late for the same run
		w.run(w.engineOn(ledger, server, 1), w.job())
	}
	w.once(server)
	if c := w.counts(); c[delivery.Accepted] != 2 || !waited {
		t.Errorf("the ledger says %v", c)
	}
}

func TestNoDotWithoutADurableIntent(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{})
	failures := 0
	ledger := sick{w.store, func(changes []delivery.Change) bool {
		if changes[0].To == delivery.Committing && failures < 2 {
			failures++
			if len(server.Messages()) > 0 {
				t.Error("a message was accepted before its intent was durable")
			}
			return true
		}
		return false
	}}
	for range 2 { // what was not handed out within two seconds of waiting goes back
		w.run(w.engineOn(ledger, server, 1), w.job())
	}
	w.once(server)
	if failures != 2 || w.counts()[delivery.Accepted] != 3 {
		t.Errorf("after %d failures the ledger says %v", failures, w.counts())
	}
}

func TestNoMoreConnectionsThanAllowed(t *testing.T) {
	w := newWorld(t, 30)
	server := smtptest.New(t, smtptest.Options{})
	w.run(w.engine(server, 3), w.job())
	if total, _ := server.Sessions(); total > 3 {
		t.Errorf("%d sessions for 3 connections", total)
	}
}

func TestClosedSchemaEndsTheRun(t *testing.T) {
	w := newWorld(t, 1)
	server := smtptest.New(t, smtptest.Options{})
	_, err := w.engineOn(older{w.store}, server, 1).Run(w.ctx, w.job())
	if !errors.Is(err, digest.ErrSchema) {
		t.Errorf("Run says %v", err)
	}
}

// older is a ledger that another version of the program has changed.
type older struct{ delivery.Store }

func (older) Claim(context.Context, delivery.Claim) ([]delivery.Delivery, error) {
	return nil, digest.ErrSchema
}
