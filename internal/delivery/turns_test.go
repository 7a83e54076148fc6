package delivery_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// hasty is a ledger by which each claim lasts as long as a turn.
type hasty struct {
	delivery.Store
	w *world
}

func (h hasty) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	h.w.advance(10 * time.Second)
	return h.Store.Claim(ctx, c)
}

// crowd counts the sessions that are open, as a relay does.
type crowd struct {
	mu         sync.Mutex
	open, most int
}

func (c *crowd) see(e smtptest.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Stage {
	case smtptest.Connect:
		c.open++
		c.most = max(c.most, c.open)
	case smtptest.Quit:
		c.open--
	}
}

// forget counts anew, where no session is open.
func (c *crowd) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open, c.most = 0, 0
}

// started is a Run that goes on beside the test.
func (w *world) started(ctx context.Context, e *delivery.Engine) <-chan delivery.Report {
	done := make(chan delivery.Report, 1)
	job := w.job()
	go func() {
		report, err := e.Run(ctx, job)
		if err != nil && !errors.Is(err, delivery.ErrAborted) {
			w.t.Errorf("Run: %v", err)
		}
		done <- report
	}()
	return done
}

// waiting waits until so many runs wait for their turn.
func (w *world) waiting(e *delivery.Engine, n int) {
	w.t.Helper()
	for began := time.Now(); e.Waiting() != n; runtime.Gosched() {
		if time.Since(began) > 20*time.Second {
			w.t.Fatalf("%d runs wait for their turn, want %d", e.Waiting(), n)
		}
	}
}

// ended is the report of a Run that ends soon.
func (w *world) ended(done <-chan delivery.Report) delivery.Report {
	w.t.Helper()
	select {
	case report := <-done:
		return report
	case <-time.After(20 * time.Second):
		w.t.Fatal("the run does not end")
		return delivery.Report{}
	}
}

// A relay that is silent after one dot keeps that connection alone: the next
// issue arrives, and so do the others of the same.
func TestSilentDotHoldsUpNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		end  smtptest.Action
		want delivery.State
	}{
		"answered at last": {smtptest.Action{}, delivery.Accepted},
		"refused at last":  {smtptest.Action{Reply: "554 5.6.0 no"}, delivery.Failed},
		"dropped at last":  {smtptest.Action{Drop: true, Accept: true}, delivery.InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) { silentDot(t, extensions, c.end, c.want) })
		})
	}
}

func silentDot(t *testing.T, extensions []string, end smtptest.Action, want delivery.State) {
	const connections, readers, others = 3, 200, 40
	w := newWorld(t, readers)
	other := w.beside(others)
	silent, answer, both := make(chan struct{}), make(chan struct{}), make(chan struct{})
	end.Wait = answer
	var sessions crowd
	server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: func(e smtptest.Event) smtptest.Action {
		sessions.see(e)
		switch {
		case e.Stage == smtptest.Dot && e.To == address(0):
			close(silent)
			return end
		case e.Stage == smtptest.Dot && e.To[0] == 'r':
			return smtptest.Action{Wait: both}
		}
		return smtptest.Action{}
	}})
	e := w.engineOn(hasty{w.store, w}, server, connections)
	first := w.started(w.ctx, e)
	<-silent
	second := other.started(w.ctx, e)
	w.waiting(e, 1)
	close(both)

	if report := other.ended(second); report.Results[delivery.Accepted] != others {
		t.Errorf("the other issue: %v", report)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	// The silent connection also holds the message that was to follow.
	done := func() bool { return len(server.Accepted()) >= readers+others-2 }
	w.must(server.Await(ctx, "all the others", done))
	if row := w.row(0); row.State != delivery.Committing {
		t.Errorf("the row before its reply is %s", row.State)
	}
	close(answer)
	got := delivery.Counts{delivery.Accepted: readers - 1}
	got[want]++
	reported := w.ended(first).Results
	for state, n := range w.run(e, w.job()).Results { // that one goes back where the connection is lost
		reported[state] += n
	}
	if d := cmp.Diff(got, reported); d != "" {
		t.Errorf("reported (-want +got):\n%s", d)
	}
	if d := cmp.Diff(got, w.counts()); d != "" {
		t.Errorf("the ledger (-want +got):\n%s", d)
	}
	w.agree(server)
	other.agree(server)
	if sessions.most > connections {
		t.Errorf("%d sessions at once", sessions.most)
	}
	messages := server.Messages()
	if last := messages[len(messages)-1]; last.To[0][0] != 'r' {
		t.Error("the issue did not give way before it was through")
	}
}

// Where all sessions of an issue are silent, what they were to carry next is not
// kept in hand while another has its turn.
func TestTurnTakesBackWhatNobodyTook(t *testing.T) {
	const readers = 6
	w := newWorld(t, readers)
	other := w.beside(1)
	silent, answer := make(chan struct{}), make(chan struct{})
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot && e.To == address(0) {
			close(silent)
			return smtptest.Action{Wait: answer}
		}
		return smtptest.Action{}
	}})
	e := w.engineOn(hasty{w.store, w}, server, 1)
	first := w.started(w.ctx, e)
	<-silent
	second := other.started(w.ctx, e)
	// One is at its dot, and one is announced behind it.
	for began := time.Now(); w.counts()[delivery.Ready] < readers-2; runtime.Gosched() {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("the ledger says %v", w.counts())
		}
	}
	close(answer)
	w.ended(first)
	other.ended(second)
	w.agree(server)
	other.agree(server)
}

// Who waits for a turn is stopped like anybody else.
func TestStopWhileWaitingForATurn(t *testing.T) {
	for name, stop := range map[string]func(*delivery.Engine, context.CancelFunc){
		"a stop":         func(_ *delivery.Engine, cancel context.CancelFunc) { cancel() },
		"an abort":       func(e *delivery.Engine, cancel context.CancelFunc) { cancel(); e.Abort() },
		"an abort alone": func(e *delivery.Engine, _ context.CancelFunc) { e.Abort() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3)
			other := w.beside(3)
			answer := make(chan struct{})
			server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Mail, "", smtptest.Action{Wait: answer})})
			e := w.engine(server, 1)
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			first := w.started(w.ctx, e)
			w.must(server.Await(w.ctx, "the first issue", func() bool { total, _ := server.Sessions(); return total > 0 }))
			second := other.started(ctx, e)
			w.waiting(e, 1)
			stop(e, cancel)
			if report := other.ended(second); len(report.Results) > 0 {
				t.Errorf("it did %v", report)
			}
			e.Abort()
			close(answer)
			w.ended(first)
			if c := other.counts(); c[delivery.Ready] != 3 {
				t.Errorf("the ledger says %v", c)
			}
		})
	}
}

// Receivers that dislike the mail are counted over all turns of an issue, and from
// nought again when it was resumed.
func TestWindowOutlastsATurn(t *testing.T) {
	w := newWorld(t, 100)
	other := w.beside(100)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.Refuse(smtptest.Dot, "554 5.7.1 looks like spam")})
	e := w.engineOn(hasty{w.store, w}, server, 1)
	for _, most := range []int{14, 28} {
		first, second := w.started(w.ctx, e), other.started(w.ctx, e)
		for _, issue := range []struct {
			*world
			done <-chan delivery.Report
		}{{w, first}, {other, second}} {
			report := issue.ended(issue.done)
			if failed := issue.counts()[delivery.Failed]; report.Pause == "" || failed > most {
				t.Errorf("%d failed, paused: %q", failed, report.Pause)
			}
		}
	}
}

// They are also counted over runs, where a run ended for another reason.
func TestWindowOutlastsARun(t *testing.T) {
	w := newWorld(t, 100)
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage != smtptest.Dot {
			return smtptest.Action{}
		}
		if e.Nth == 7 {
			stop()
		}
		return smtptest.Action{Reply: "554 5.7.1 looks like spam"}
	}})
	e := w.engine(server, 1)
	w.ended(w.started(ctx, e))
	report := w.run(e, w.job())
	if failed := w.counts()[delivery.Failed]; report.Pause == "" || failed > 14 {
		t.Errorf("%d failed, paused: %q", failed, report.Pause)
	}
}

// A relay that wanted fewer sessions, or has no room, does not get them all again
// with the next issue.
func TestPaceIsForAllIssues(t *testing.T) {
	for _, c := range []struct {
		stage smtptest.Stage
		reply string
	}{
		{smtptest.Mail, "421 4.7.0 too many sessions"},
		{smtptest.Dot, "421 4.3.2 closing"},
		{smtptest.Rcpt, "452 4.3.1 no room"},
		{smtptest.Rcpt, "552 too many recipients"},
		{smtptest.Dot, "451 4.4.5 congestion"},
	} {
		t.Run(string(c.stage)+" "+c.reply, func(t *testing.T) {
			w := newWorld(t, 30)
			other := w.beside(40)
			var sessions crowd
			said := smtptest.Once(smtptest.Refuse(c.stage, c.reply))
			server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
				sessions.see(e)
				return said(e)
			}})
			e := w.engine(server, 8)
			w.run(e, w.job())
			sessions.forget()
			other.run(e, other.job())
			if c := other.counts(); c[delivery.Accepted] != 40 {
				t.Errorf("the ledger says %v", c)
			}
			if sessions.most > 4 {
				t.Errorf("%d sessions after it had too many of 8", sessions.most)
			}
		})
	}
}
