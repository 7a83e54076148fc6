package delivery_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/smtptest"
)

// A pause acts within about a second, and a claim covers ten at most.
func TestPauseWithASlowPace(t *testing.T) {
	w := newWorld(t, 200)
	server := smtptest.New(t, smtptest.Options{})
	e := w.engine(server, 10, func(o *delivery.Options) { o.PerSecond = 1 })
	ctx, cancel := context.WithTimeout(w.ctx, 40*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx, w.job()) }()
	w.must(server.WaitFor(w.ctx, 1))
	w.move(digest.IssuePaused)
	before, began := len(server.Messages()), time.Now()
	<-done
	n := len(server.Messages()) - before
	t.Logf("%d messages within %s after the pause", n, time.Since(began))
	if time.Since(began) > 11*time.Second {
		t.Errorf("the paused issue went on for %s: %d messages at 1 a second", time.Since(began), n)
	}
}

// The same for a relay that becomes slow.
func TestPauseWithASlowRelay(t *testing.T) {
	w := newWorld(t, 3000)
	var slow atomic.Bool
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot && slow.Load() {
			time.Sleep(time.Second)
		}
		return smtptest.Action{}
	}})
	e := w.engine(server, 4)
	ctx, cancel := context.WithTimeout(w.ctx, 40*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx, w.job()) }()
	w.must(server.WaitFor(w.ctx, 600))
	slow.Store(true)
	w.move(digest.IssuePaused)
	before, began := len(server.Messages()), time.Now()
	<-done
	n := len(server.Messages()) - before
	t.Logf("%d messages within %s after the pause", n, time.Since(began))
	if time.Since(began) > 11*time.Second {
		t.Errorf("the paused issue went on for %s: %d messages", time.Since(began), n)
	}
}

// One refused connection each, while the others are at work, and the run goes
// on with one connection to its end.
func TestOneBadMomentCostsAllConnections(t *testing.T) {
	w := newWorld(t, 1500)
	var mu sync.Mutex
	busy, most, late := 0, 0, 0
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		switch e.Stage {
		case smtptest.Mail:
			// The relay's neighbour restarts: three sessions end, the first goes on.
			if e.Session > 1 && e.Session <= 4 && e.Nth == 5 {
				return smtptest.Action{Reply: "421 4.3.2 bye", Drop: true}
			}
		case smtptest.Connect:
			if e.Session > 4 && e.Session <= 7 {
				return smtptest.Action{Reply: "421 4.3.2 one moment", Drop: true}
			}
		case smtptest.Dot:
			mu.Lock()
			busy++
			if late++; late > 100 {
				most = max(most, busy)
			}
			mu.Unlock()
			time.Sleep(5 * time.Millisecond)
			mu.Lock()
			busy--
			mu.Unlock()
		}
		return smtptest.Action{}
	}})
	report := w.run(w.engine(server, 4), w.job())
	total, _ := server.Sessions()
	t.Log(report, total)
	if most < 2 {
		t.Errorf("after three refused connections %d of 4 are used for the rest of the run", most)
	}
}

// Once the relay has said that it refuses us, nothing more goes out.
func TestLookAheadAfterTheHalt(t *testing.T) {
	w := newWorld(t, 50)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}, Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot && e.Nth == 5 {
			return smtptest.Action{Reply: "550 5.7.26 unauthenticated sender"}
		}
		return smtptest.Action{}
	}})
	report := w.run(w.engine(server, 1), w.job())
	if report.Pause == "" || len(server.Messages()) != 4 {
		t.Errorf("%d messages went out, pause %q", len(server.Messages()), report.Pause)
	}
}

// A relay that refuses a recipient, asks for the message all the same and then
// says 421 to the empty one (too many errors); the refusal counts.
func TestRefusalBefore421(t *testing.T) {
	for _, c := range []struct {
		name  string
		stage smtptest.Stage
	}{{"at DATA", smtptest.Data}, {"at the lone dot", smtptest.Dot}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 30)
			bad := address(0)
			server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}, Script: func(e smtptest.Event) smtptest.Action {
				switch {
				case e.Stage == smtptest.Rcpt && e.To == bad:
					return smtptest.Action{Reply: "550 5.1.1 who?"}
				case e.Stage == smtptest.Data && e.To == "" && c.stage == smtptest.Dot:
					return smtptest.Action{Reply: "354 go on"}
				case e.Stage == c.stage && e.To == "":
					return smtptest.Action{Reply: "421 4.7.0 too many errors", Drop: true}
				}
				return smtptest.Action{}
			}})
			e := w.engine(server, 1)
			downs := 0
			for range 5 {
				if r := w.run(e, w.job()); r.Down != nil {
					downs++
				}
				w.advance(2 * time.Minute)
			}
			if row := w.row(0); row.State != delivery.Failed {
				t.Errorf("%s is %s (%s); the relay counted as down %d times of 5", bad, row.State, row.LastReply, downs)
			}
			t.Log(server.Violations())
		})
	}
}

var _ = fmt.Sprint
