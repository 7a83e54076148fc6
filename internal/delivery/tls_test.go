package delivery_test

import (
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// TestHangUpInTheBody over TLS: close_notify hides the hang-up.
func TestHangUpInTheBodyOverTLS(t *testing.T) {
	w := newWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{
		StartTLS: true,
		Script:   smtptest.Once(smtptest.At(smtptest.Body, "", smtptest.Action{Drop: true})),
	})
	waited := false
	ledger := sick{w.store, func(changes []delivery.Change) bool {
		if changes[0].To == delivery.Committing && !waited {
			waited = true
			w.must(server.Await(w.ctx, "the hang-up", func() bool { _, open := server.Sessions(); return open == 0 }))
		}
		return false
	}}
	relay := mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.StartTLS, RootCAs: server.Pool()}
	for range 2 {
		w.run(w.engineVia(ledger, relay, 1), w.job())
	}
	if c := w.counts(); c[delivery.Accepted] != 2 || !waited {
		t.Errorf("the ledger says %v", c)
	}
}
