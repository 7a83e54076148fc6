package signup_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// dying stands for a process that is killed at one of its calls, before or after
// the call has had its effect.
type dying struct {
	signup.Store
	calls int // that are left
	after bool
}

var errKilled = errors.New("killed")

// step makes a call, unless the process is dead by then.
func (d *dying) step(call func() error) error {
	d.calls--
	switch {
	case d.calls > 0:
		return call()
	case d.calls == 0 && d.after:
		_ = call()
	}
	return errKilled
}

func (d *dying) Settle(ctx context.Context, k digest.LetterKind, o signup.Order, n, perHour int, now time.Time, f func(signup.Case) bool) (settled int, err error) {
	err = d.step(func() error { settled, err = d.Store.Settle(ctx, k, o, n, perHour, now, f); return err })
	return settled, err
}

func (d *dying) Write(ctx context.Context, written []signup.Written, at time.Time) error {
	return d.step(func() error { return d.Store.Write(ctx, written, at) })
}

// Killed anywhere and started again: everybody gets one letter, whose link works.
func TestKilledAnywhere(t *testing.T) {
	w, posted := newWorld(t), 0
	for calls := 1; calls <= 5; calls++ {
		for _, after := range []bool{false, true} {
			w.post.letters, w.post.to = nil, nil
			people := []string{fmt.Sprintf("a%d%v@example.org", calls, after), fmt.Sprintf("b%d%v@example.org", calls, after)}
			w.ask(people[0])
			w.ask(people[1])
			o := w.options()
			o.Store = &dying{Store: w.post, calls: calls, after: after}
			if err := signup.New(o).Once(w.ctx); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			w.once()
			if letters, err := w.store.LettersIn(w.ctx, delivery.States, 1000); err != nil || len(letters) != posted+2 {
				t.Fatalf("killed at call %d, after it %v: %d letters in the outbox: %v", calls, after, len(letters), err)
			}
			posted += 2
			if len(w.post.to) != 2 || w.post.letters[0].Subscriber == w.post.letters[1].Subscriber {
				t.Fatalf("killed at call %d, after it %v: letters to %v", calls, after, w.post.to)
			}
			for _, l := range w.post.letters {
				w.must(w.list.Confirm(w.ctx, token(l), ""))
			}
			for _, address := range people {
				if c := w.consent(address); c.State != subscribers.Active {
					t.Errorf("killed at call %d, after it %v: %s is %s", calls, after, address, c.State)
				}
			}
		}
	}
}
