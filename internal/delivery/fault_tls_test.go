package delivery_test

import (
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// What a relay says before it is asked is seen under TLS too, where it may lie in
// a record that nobody has opened yet.
func TestFaultRepliesOutOfTurnOverTLS(t *testing.T) {
	for name, early := range map[string]string{
		"250": "250 2.0.0 ok\r\n", "421": "421 4.4.2 timeout\r\n", "words": "thank you\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 12)
				server := smtptest.New(t, smtptest.Options{
					StartTLS: true, Extensions: extensions, Script: smtptest.FirstOf(
						smtptest.Once(smtptest.At(smtptest.Data, address(victim), smtptest.Action{After: early})),
						smtptest.Once(smtptest.At(smtptest.Dot, address(victim), smtptest.Action{Reply: "451 4.6.0 no"})),
					),
				})
				relay := mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.StartTLS, RootCAs: server.Pool()}
				w.run(w.engineVia(w.store, relay, 1), w.job())
				w.truth(server)
				if row := w.row(victim); row.State == delivery.InDoubt {
					t.Errorf("in doubt, although nobody was asked: %s", row.LastReply)
				}
				w.advance(time.Hour)
				w.run(w.engineVia(w.store, relay, 1), w.job())
				w.others(0)
				w.agree(server)
			})
		})
	}
}
