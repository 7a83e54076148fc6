package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// reader is what must be true of one address, whatever happens to it.
type reader struct {
	*world
	address string
	agreed  bool        // on the operator's word or their own, and not taken back since
	said    time.Time   // when they said no, zero: they did not, or agreed since; only they can agree now
	never   bool        // erased: nobody can
	letters []time.Time // when confirmations were posted
	tokens  []string    // of those letters
}

// Property: nobody is active who has not agreed, nobody but the person takes a
// "no" back, and no mailbox gets more letters than the limits say.
func TestConsentModel(t *testing.T) {
	w := newWorld(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		r := &reader{world: w, address: fmt.Sprintf("reader%d@example.org", run)}
		rt.Repeat(map[string]func(*rapid.T){
			"sign up": func(*rapid.T) { w.ask(r.address); r.collect() },
			"add":     func(*rapid.T) { r.operatorAdds() },
			"remove":  func(rt *rapid.T) { r.says(rt, errorOf(w.list.Remove(w.ctx, w.newsletter, r.address, ""))) },
			"leave":   func(rt *rapid.T) { r.leaves(rt) },
			"confirm": func(rt *rapid.T) { r.confirms(rt) },
			"erase":   func(rt *rapid.T) { r.erases(rt) },
			"time goes": func(rt *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) { r.check(rt) },
		})
	})
}

// collect opens the mail.
func (r *reader) collect() {
	before := len(r.post.letters)
	r.once()
	for _, l := range r.post.letters[before:] {
		if l.Kind == digest.LetterConfirm {
			r.letters, r.tokens = append(r.letters, r.now), append(r.tokens, token(l))
		}
	}
}

func (r *reader) operatorAdds() {
	_, err := r.list.Add(r.ctx, r.newsletter, []string{r.address}, "sheet")
	r.must(err)
	r.agreed = r.agreed || r.said.IsZero() && !r.never
}

// says takes down that somebody said no, if there was anybody to say so.
func (r *reader) says(rt *rapid.T, err error) {
	if err == nil {
		r.agreed, r.said = false, r.consent(r.address).Since
	} else if !errors.Is(err, digest.ErrNotFound) {
		rt.Fatal(err)
	}
}

func (r *reader) leaves(rt *rapid.T) {
	c := r.consent(r.address)
	if c.Subscriber.ID == "" {
		return
	}
	token, err := r.keys.Token(subscribers.PurposeUnsubscribe, c.Subscriber.ID, r.newsletter)
	r.must(err)
	r.says(rt, r.list.Unsubscribe(r.ctx, token, ""))
}

// confirms by any letter of those that came, also an old one, also again.
func (r *reader) confirms(rt *rapid.T) {
	if len(r.tokens) == 0 {
		return
	}
	i := rapid.IntRange(0, len(r.tokens)-1).Draw(rt, "letter")
	err := r.list.Confirm(r.ctx, r.tokens[i], "")
	switch {
	case err == nil:
		if r.now.Sub(r.letters[i]) >= subscribers.ConfirmTime || r.never {
			rt.Fatalf("a link of %v works at %v (erased: %v)", r.letters[i], r.now, r.never)
		}
		if r.letters[i].Before(r.said) {
			rt.Fatalf("a link of %v undoes what was said at %v", r.letters[i], r.said)
		}
		r.agreed, r.said = true, time.Time{}
		if err := r.list.Confirm(r.ctx, r.tokens[i], ""); !errors.Is(err, subscribers.ErrUsed) {
			rt.Fatalf("again: %v", err)
		}
	case !errors.Is(err, digest.ErrRefused):
		rt.Fatal(err)
	}
}

func (r *reader) erases(rt *rapid.T) {
	if c := r.consent(r.address); c.Subscriber.ID == "" || rapid.IntRange(0, 3).Draw(rt, "erase") > 0 {
		return
	}
	before := len(r.post.letters)
	r.must(r.list.AskErase(r.ctx, r.preferences(r.address)))
	r.collect()
	for _, l := range r.post.letters[before:] {
		if l.Kind == digest.LetterErase {
			r.must(r.list.Erase(r.ctx, token(l)))
			r.agreed, r.never = false, true
		}
	}
}

func (r *reader) check(rt *rapid.T) {
	if c := r.consent(r.address); (c.State == subscribers.Active) != r.agreed {
		rt.Fatalf("consent %q, but agreed is %v (said no at %v, erased: %v)", c.State, r.agreed, r.said, r.never)
	}
	for i, at := range r.letters {
		if i >= 1 && at.Sub(r.letters[i-1]) < signup.Day || i >= 3 && at.Sub(r.letters[i-3]) < signup.Month {
			rt.Fatalf("letters at %v", r.letters)
		}
	}
	if i := slices.Index(r.post.to, ""); i >= 0 {
		rt.Fatal("a letter to nobody")
	}
}
