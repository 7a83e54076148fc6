package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// A relay that takes every message and never answers its dot: after a few the
// issue pauses, if it has never answered one. Else it has gone down.
func TestRelayThatNeverAnswersADot(t *testing.T) {
	for _, well := range []int64{0, 20} {
		t.Run(fmt.Sprint(well, " answered"), func(t *testing.T) {
			w := newWorld(t, 300)
			var dots atomic.Int64
			server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
				if e.Stage == smtptest.Dot && dots.Add(1) > well {
					return smtptest.Action{Drop: true, Accept: true}
				}
				return smtptest.Action{}
			}})
			report := w.run(w.engine(server, 4), w.job())
			if c := w.counts(); c[delivery.InDoubt] < 5 || c[delivery.InDoubt] > 20 {
				t.Errorf("the ledger says %v", c)
			}
			if never := well == 0; strings.Contains(report.Pause, "digest resolve") != never || (report.Down == nil) != never {
				t.Errorf("paused %q, down %v", report.Pause, report.Down)
			}
			w.agree(server)
		})
	}
}

// The same under resend.
func TestResendToARelayThatNeverAnswersADot(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true, Accept: true})})
	e, job := w.engine(server, 2), w.job()
	job.Resend = true
	for range 60 { // an hour of a serve that looks each second; rows come due each minute
		w.run(e, job)
		w.advance(time.Minute + time.Second)
	}
	for address, n := range server.Accepted() {
		if n > 10 {
			t.Errorf("%s got %d copies within an hour", address, n)
		}
	}
}

// Abort makes every later Run stop at once.
func TestRunAfterAbort(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{})
	e := w.engine(server, 2)
	e.Abort()
	ctx, cancel := context.WithTimeout(w.ctx, 12*time.Second)
	defer cancel()
	_, err := e.Run(ctx, w.job())
	if ctx.Err() != nil {
		t.Errorf("Run went on until its context ended; %v", err)
	}
}
