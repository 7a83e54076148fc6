package delivery_test

import (
	"context"
	"errors"
	"strings"
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
	change func(delivery.Change) bool // which, at the head of a transaction; nil: none
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
	if s.change != nil && err == nil && s.change(cs[0]) {
		s.change = nil
		return nil, errors.New("unexpected EOF")
	}
	return ok, err
}

// The commit of a claim is not heard of: what it took is sent by the same run.
func TestClaimCommittedUnheard(t *testing.T) {
	w := newWorld(t, 6)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	e := w.engineOn(&unheard{Store: w.store, claim: true}, server, 2)
	if r := w.run(e, w.job()); r.Results[delivery.Accepted] != 6 {
		t.Errorf("the run says %v", r.Results)
	}
	w.agree(server)
}

// The commit of an intent is not heard of.
func TestIntentCommittedUnheard(t *testing.T) {
	w := newWorld(t, 6)
	server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
	intent := func(c delivery.Change) bool { return c.To == delivery.Committing }
	e := w.engineOn(&unheard{Store: w.store, change: intent}, server, 1)
	for range 3 {
		w.run(e, w.job())
		w.advance(2 * time.Hour)
		if _, _, err := w.store.Recover(w.ctx, "this", false, 0, w.clock()); err != nil {
			t.Fatal(err)
		}
	}
	w.agree(server)
}

// The commit of a result is not heard of: tried again, it is found done, and nobody
// is said to have changed the row.
func TestResultCommittedUnheard(t *testing.T) {
	for name, c := range map[string]struct {
		to     delivery.State
		script smtptest.Script
		resend bool
	}{
		"accepted":     {to: delivery.Accepted},
		"refused":      {to: delivery.Failed, script: smtptest.Refuse(smtptest.Rcpt, "550 5.2.1 no")},
		"given back":   {to: delivery.Ready, script: smtptest.Refuse(smtptest.Rcpt, "451 4.2.0 later")},
		"resent doubt": {delivery.InDoubt, smtptest.Once(smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true})), true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			server := smtptest.New(t, smtptest.Options{Script: c.script})
			ledger := &unheard{Store: w.store, change: func(made delivery.Change) bool { return made.To == c.to }}
			job := w.job()
			job.Resend = c.resend
			w.run(w.engineOn(ledger, server, 1), job)
			if ledger.change != nil || strings.Contains(w.log.String(), "had changed") {
				t.Errorf("the log: %s", w.log)
			}
		})
	}
}
