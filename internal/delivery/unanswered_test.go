package delivery_test

import (
	"context"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// A relay that takes every message and then never answers its dot.
func TestRelayThatNeverAnswersADot(t *testing.T) {
	const n = 300
	w := newWorld(t, n)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true, Accept: true})})
	report := w.run(w.engine(server, 4), w.job())
	c := w.counts()
	t.Logf("down %v, pause %q, counts %v", report.Down, report.Pause, c)
	if c[delivery.InDoubt] > 40 {
		t.Errorf("one run put %d of %d recipients in doubt, and nothing stopped it (down %v, pause %q)",
			c[delivery.InDoubt], n, report.Down, report.Pause)
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
