package delivery_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/smtptest"
)

// A relay that stays away is told once, whether it cannot be reached or hangs up
// each time; and anew after it was back.
func TestOutboxRelayThatStaysAwayIsTold(t *testing.T) {
	for name, a := range map[string]smtptest.Action{
		"no greeting": {Drop: true}, "421": {Reply: "421 4.3.2 busy"},
	} {
		for _, stage := range []smtptest.Stage{smtptest.Connect, smtptest.Mail} {
			t.Run(name+" at "+string(stage), func(t *testing.T) {
				w := newOutboxWorld(t, 1)
				var well atomic.Bool
				server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
					if e.Stage == stage && !well.Load() {
						return a
					}
					return smtptest.Action{}
				}})
				o := w.outbox(server)
				away := func(minutes, alerts int) {
					t.Helper()
					for range minutes {
						w.due(o)
						w.advance(61 * time.Second)
					}
					if len(w.alerts) != alerts || alerts > 0 && !strings.Contains(w.alerts[alerts-1], "digest check --smtp") {
						t.Errorf("alerts: %q", w.alerts)
					}
				}
				away(14, 0)
				away(20, 1)
				well.Store(true)
				away(1, 1)
				well.Store(false)
				w.enrolMore(1)
				w.post(1, "digest@example.org")
				away(14, 1)
				away(3, 2)
			})
		}
	}
}
