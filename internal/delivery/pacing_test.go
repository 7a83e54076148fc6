package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// A relay that takes only so many sessions at once, and says 421 to more, gets no
// more of them for long, and everybody gets the mail.
func TestFewerSessionsAfter421(t *testing.T) {
	const most = 2
	var mu sync.Mutex
	open, refused := 0, 0
	w := newWorld(t, 300)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}, Script: func(e smtptest.Event) smtptest.Action {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case e.Stage == smtptest.Connect:
			open++
		case e.Stage == smtptest.Quit:
			open--
		case e.Stage == smtptest.Mail && open > most:
			open--
			refused++
			return smtptest.Action{Reply: "421 4.7.0 too many connections"}
		}
		return smtptest.Action{}
	}})
	e := w.engine(server, 4)
	report := w.run(e, w.job())
	for report.Down != nil || w.counts()[delivery.Ready] > 0 {
		w.advance(time.Minute)
		report = w.run(e, w.job())
	}
	w.once(server)
	if got := len(server.Accepted()); got != 300 {
		t.Errorf("%d of 300 got it", got)
	}
	if refused == 0 || refused > 30 {
		t.Errorf("the relay had to say 421 %d times", refused)
	}
}

// A relay that hangs up once is tried again at once; one that does so again and
// again gets a minute's rest, and nobody pays for it with an attempt.
func TestAMinuteAfterRepeatedDrops(t *testing.T) {
	for name, a := range map[string]smtptest.Action{"421": {Reply: "421 4.7.0 busy"}, "hang-up": {Drop: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3)
			server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Mail, "", a)})
			w.run(w.engine(server, 1), w.job())
			for i := range w.ids {
				if row := w.row(i); row.State != delivery.Ready || row.Attempts != 0 || row.NextAt.Before(w.now.Add(time.Minute)) {
					t.Errorf("recipient %d is %s after %d attempts, to be tried at %s", i, row.State, row.Attempts, row.NextAt)
				}
			}
			if total, _ := server.Sessions(); total > 4 {
				t.Errorf("%d sessions", total)
			}
		})
	}
}

// A session carries no more messages than allowed.
func TestMessagesPerConnection(t *testing.T) {
	w := newWorld(t, 25)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	e := w.engine(server, 2, func(o *delivery.Options) { o.PerConnection = 4 })
	w.run(e, w.job())
	carried := map[string]int{}
	for _, m := range server.Messages() {
		carried[fmt.Sprint(m.Session)]++
	}
	total, _ := server.Sessions()
	if len(server.Messages()) != 25 || total < 7 || total > 8 {
		t.Errorf("%d messages over %d sessions", len(server.Messages()), total)
	}
	for session, n := range carried {
		if n > 4 {
			t.Errorf("session %s carried %d", session, n)
		}
	}
	w.once(server)
}

// All sessions together send no more in a second than allowed, however fast the
// relay is.
func TestMessagesPerSecond(t *testing.T) {
	const perSecond, recipients = 25, 16
	w := newWorld(t, recipients)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	e := w.engine(server, 5, func(o *delivery.Options) { o.PerSecond = perSecond })
	began := time.Now()
	w.run(e, w.job())
	if least := (recipients - 1) * time.Second / perSecond; time.Since(began) < least {
		t.Errorf("%d messages took %s, not %s", recipients, time.Since(began), least)
	}
	if c := w.counts(); c[delivery.Accepted] != recipients {
		t.Errorf("the ledger says %v", c)
	}
	w.once(server)
}

// Addresses that the relay cannot take fail alone, however many they are, and
// cost no session.
func TestAddressesThatNeedSMTPUTF8(t *testing.T) {
	w := newWorld(t, 12)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	report := w.run(w.engineOn(abroad{w.store}, server, 1), w.job())
	if c := w.counts(); report.Pause != "" || c[delivery.Accepted] != 6 || c[delivery.Failed] != 6 {
		t.Errorf("%v, paused: %q", c, report.Pause)
	}
	if row := w.row(0); !strings.Contains(row.LastReply, "SMTPUTF8") {
		t.Errorf("the ledger says %q", row.LastReply)
	}
	if total, _ := server.Sessions(); total != 1 {
		t.Errorf("%d sessions", total)
	}
}

// abroad gives every other row an address that only SMTPUTF8 can carry.
type abroad struct{ delivery.Store }

func (a abroad) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	rows, err := a.Store.Claim(ctx, c)
	for i := range rows {
		if strings.ContainsAny(rows[i].Subscriber[15:], "02468") {
			rows[i].Address = "møller@example.org"
		}
	}
	return rows, err
}
