package delivery_test

import (
	"fmt"
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
	"digest.example/internal/subscribers"
)

// bothWays runs a test against a relay with PIPELINING and against one without.
func bothWays(t *testing.T, f func(t *testing.T, extensions []string)) {
	t.Helper()
	t.Run("one by one", func(t *testing.T) { t.Parallel(); f(t, nil) })
	t.Run("pipelined", func(t *testing.T) { t.Parallel(); f(t, []string{"PIPELINING"}) })
}

// address is recipient i's.
func address(i int) string { return fmt.Sprintf("r%d@example.org", i) }

// agree compares the ledger with what the relay has, and wants that it has seen
// no breach of SMTP.
func (w *world) agree(server *smtptest.Server) {
	w.t.Helper()
	w.truth(server)
	if v := server.Violations(); len(v) > 0 {
		w.t.Errorf("breaches of SMTP: %q", v)
	}
}

// truth wants that who is accepted has one message, and who is not has none. Of
// who is in doubt nobody knows, but nobody has two.
func (w *world) truth(server *smtptest.Server) {
	w.t.Helper()
	got := server.Accepted()
	rows := 0
	w.must(w.store.Deliveries(w.t.Context(), w.issue, delivery.States, func(d delivery.Delivery) error {
		rows++
		n := got[d.Address]
		switch {
		case d.State == delivery.Claimed || d.State == delivery.Committing:
			w.t.Errorf("%s is left %s", d.Address, d.State)
		case d.State == delivery.InDoubt && n <= 1:
		case d.State == delivery.Accepted && n == 1:
		case d.State != delivery.Accepted && d.State != delivery.InDoubt && n == 0:
		default:
			w.t.Errorf("%s is %s (%s), and the relay has %d messages for it", d.Address, d.State, d.LastReply, n)
		}
		return nil
	}))
	if rows != len(w.ids) {
		w.t.Errorf("the ledger has %d rows for %d recipients", rows, len(w.ids))
	}
}

// gone says whether recipient i may not be mailed any more.
func (w *world) gone(i int) bool {
	w.t.Helper()
	consent, err := w.store.Consent(w.t.Context(), w.ids[i], w.newsletter)
	w.must(err)
	return consent.State != subscribers.Active
}

// others wants that everybody but recipient i is accepted.
func (w *world) others(i int) {
	w.t.Helper()
	w.must(w.store.Deliveries(w.t.Context(), w.issue, delivery.States, func(d delivery.Delivery) error {
		if d.Subscriber != w.ids[i] && d.State != delivery.Accepted {
			w.t.Errorf("%s is %s (%s)", d.Address, d.State, d.LastReply)
		}
		return nil
	}))
}
