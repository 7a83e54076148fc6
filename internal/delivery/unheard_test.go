package delivery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// unheard is a ledger whose n-th commit of a kind is durable, but whose word on it
// is lost: the server, or the way to it, goes away between COMMIT and its answer.
type unheard struct {
	delivery.Store
	mu     sync.Mutex
	claim  bool
	intent bool
}

func (s *unheard) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	rows, err := s.Store.Claim(ctx, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claim && err == nil {
		s.claim = false
		return nil, errors.New("unexpected EOF")
	}
	return rows, err
}

func (s *unheard) Apply(ctx context.Context, now time.Time, cs []delivery.Change) ([]bool, error) {
	ok, err := s.Store.Apply(ctx, now, cs)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.intent && err == nil && cs[0].To == delivery.Committing {
		s.intent = false
		return nil, errors.New("unexpected EOF")
	}
	return ok, err
}

// The commit of a claim is not heard of: what it took goes back before the next run.
func TestClaimCommittedUnheard(t *testing.T) {
	w := newWorld(t, 6)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	e := w.engineOn(&unheard{Store: w.store, claim: true}, server, 2)
	for range 3 {
		w.run(e, w.job())
		if _, _, err := w.store.Free(w.ctx, w.issue, "this", w.clock()); err != nil {
			t.Fatal(err)
		}
	}
	w.agree(server)
}

// The commit of an intent is not heard of.
func TestIntentCommittedUnheard(t *testing.T) {
	w := newWorld(t, 6)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	e := w.engineOn(&unheard{Store: w.store, intent: true}, server, 1)
	for range 3 {
		w.run(e, w.job())
		w.advance(2 * time.Hour)
		if _, _, err := w.store.Recover(w.ctx, "this", false, 0, w.clock()); err != nil {
			t.Fatal(err)
		}
	}
	w.agree(server)
}
