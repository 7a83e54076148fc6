package delivery_test

import (
	"context"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// While it runs, an outbox frees what another process has died with, once its
// lease has ended, and forgets what is long over.
func TestOutboxKeepsHouse(t *testing.T) {
	w := newOutboxWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{})
	claim := delivery.Claim{Owner: "dead", Now: w.clock(), Lease: 45 * 24 * time.Hour, N: 1}
	dead, err := w.store.ClaimLetters(w.ctx, claim)
	w.must(err)
	if len(dead) != 1 || dead[0].Issue != letterID(0) {
		t.Fatalf("claimed %v", dead)
	}
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	o := w.outbox(server, func(o *delivery.OutboxOptions) { o.Exclusive, o.Sweep = false, time.Minute })
	go func() { done <- o.Run(ctx) }()
	w.must(server.WaitFor(w.ctx, 1))
	w.enrolMore(2)
	w.advance(32 * 24 * time.Hour) // the lease lasts; what was sent is long over
	w.post(2, "digest@example.org")
	w.must(server.WaitFor(w.ctx, 2))
	if server.Accepted()[address(0)] != 0 {
		t.Error("a letter was taken from who still holds it")
	}
	w.advance(14 * 24 * time.Hour)
	w.must(server.Await(w.ctx, "the end of what the dead held", func() bool {
		l := w.letter(0)
		return l.State != delivery.Claimed
	}))
	stop()
	w.must(<-done)
	all, err := w.store.LettersIn(w.ctx, delivery.States, 1000)
	w.must(err)
	for _, l := range all {
		if l.Issue == letterID(1) {
			t.Errorf("it still knows of a letter that was %s a month ago", l.State)
		}
	}
}
