package delivery_test

import (
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// The clock jumps while mail goes out, some of it deferred, and is put right
// later. Nobody gets it twice, and whoever is not too late gets it.
func TestFaultClockJumps(t *testing.T) {
	for _, c := range []struct {
		name    string
		jump    time.Duration
		expires bool
	}{
		{"a second back", -time.Second, false},
		{"hours back", -5 * time.Hour, false},
		{"years back", -20 * 365 * 24 * time.Hour, false},
		{"hours ahead", 5 * time.Hour, false},
		{"past give-up", 5 * 24 * time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				const recipients = 40
				w := newWorld(t, recipients)
				job := w.job()
				var once sync.Once
				script := smtptest.FirstOf(
					smtptest.Once(smtptest.At(smtptest.Rcpt, address(2), smtptest.Action{Reply: "450 4.2.0 later"})),
					smtptest.Once(smtptest.At(smtptest.Dot, address(9), smtptest.Action{Reply: "451 4.3.0 later"})),
				)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: func(e smtptest.Event) smtptest.Action {
					if e.Stage == smtptest.Dot && e.To == address(victim) {
						once.Do(func() { w.advance(c.jump) })
					}
					return script(e)
				}})
				e := w.engine(server, 2)
				w.run(e, job)
				w.run(e, job) // with the clock still wrong
				w.truth(server)
				w.advance(-c.jump)
				for range 3 {
					w.advance(6 * time.Hour)
					w.run(e, job)
				}
				w.advance(max(c.jump, 0)) // what was put off by the wrong clock is due only then
				w.run(e, job)
				counts := w.counts()
				if counts[delivery.Accepted]+counts[delivery.Expired] != recipients || (counts[delivery.Expired] > 0) != c.expires {
					t.Errorf("the ledger says %v", counts)
				}
				w.agree(server)
			})
		})
	}
}
