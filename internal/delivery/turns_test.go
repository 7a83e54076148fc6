package delivery_test

import (
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// briefly is a job that gives way after each claim, as beside another issue.
func (w *world) briefly() delivery.Job {
	job, claims := w.job(), 0
	job.Yield = func() bool { claims++; return claims > 1 }
	return job
}

// Receivers that dislike the mail are counted over all turns of an issue, and from
// nought again when it was resumed.
func TestWindowOutlastsATurn(t *testing.T) {
	w := newWorld(t, 100)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.Refuse(smtptest.Dot, "554 5.7.1 looks like spam")})
	e := w.engine(server, 1)
	for _, most := range []int{14, 28} {
		paused := ""
		for turns := 0; paused == "" && turns < 60; turns++ {
			paused = w.run(e, w.briefly()).Pause
		}
		if failed := w.counts()[delivery.Failed]; paused == "" || failed > most {
			t.Errorf("%d failed, paused: %q", failed, paused)
		}
	}
}

// A relay that wanted fewer sessions, or has no room, does not get them all again
// at the next turn.
func TestPaceOutlastsATurn(t *testing.T) {
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
			w := newWorld(t, 60)
			var mu sync.Mutex
			open, most := 0, 0
			said := smtptest.Once(smtptest.Refuse(c.stage, c.reply))
			server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
				mu.Lock()
				defer mu.Unlock()
				switch e.Stage {
				case smtptest.Connect:
					open++
					most = max(most, open)
				case smtptest.Quit:
					open--
				}
				return said(e)
			}})
			e := w.engine(server, 8)
			w.run(e, w.briefly())
			mu.Lock()
			open, most = 0, 0
			mu.Unlock()
			w.advance(time.Hour)
			w.run(e, w.job())
			if c := w.counts(); c[delivery.Accepted] != 60 {
				t.Errorf("the ledger says %v", c)
			}
			if most > 4 {
				t.Errorf("%d sessions after it had too many of 8", most)
			}
		})
	}
}
