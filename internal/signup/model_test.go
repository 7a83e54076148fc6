package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// reader is what must be true of one address, whatever happens to it.
type reader struct {
	*world
	address string
	agreed  bool        // on the operator's word or their own, and not taken back since
	said    time.Time   // when they said no, or mail bounced; zero: not, or they agreed since. Only they can agree now
	never   bool        // erased: nobody can
	letters []time.Time // when confirmations were posted
	tokens  []string    // of those letters; "" of one that never arrived
}

// Property: nobody is mailed who has not agreed, nobody but the person takes a
// "no" back or, by a letter from after it, a bounce, and no mailbox gets more letters
// than the limits say.
func TestConsentModel(t *testing.T) {
	w := newWorld(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		r := &reader{world: w, address: fmt.Sprintf("reader%d@example.org", run)}
		rt.Repeat(map[string]func(*rapid.T){
			"sign up": func(rt *rapid.T) { w.ask(r.address); r.collect(rt) },
			"bounce":  func(rt *rapid.T) { r.bounces(rt) },
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

// collect opens the mail, unless it bounced.
func (r *reader) collect(rt *rapid.T) {
	before := len(r.post.letters)
	r.once()
	arrived := r.relay(rt)
	for _, l := range r.post.letters[before:] {
		if l.Kind != digest.LetterConfirm {
			continue
		}
		r.letters, r.tokens = append(r.letters, r.now), append(r.tokens, "")
		if arrived[l.ID] {
			r.tokens[len(r.tokens)-1] = token(l)
		}
	}
}

// relay takes what is to be sent, or says that there is no such mailbox.
func (r *reader) relay(rt *rapid.T) (arrived map[string]bool) {
	due, err := r.store.ClaimLetters(r.ctx, delivery.Claim{Owner: "o", Now: r.now, Lease: time.Minute, N: 10})
	r.must(err)
	arrived = map[string]bool{}
	for _, l := range due {
		c := delivery.Change{
			Issue: l.Issue, Subscriber: l.Subscriber, Owner: l.Owner, Epoch: l.Epoch,
			From: delivery.Claimed, To: delivery.Failed, Bounce: true, Reply: "550 5.1.1 no such user",
		}
		if arrived[l.Issue] = rapid.Bool().Draw(rt, "there is such a mailbox"); arrived[l.Issue] {
			c.To, c.Bounce = delivery.Ready, false
			c.NextAt = r.now.AddDate(9, 0, 0) // never again
		}
		_, err := r.store.ApplyLetters(r.ctx, r.now, []delivery.Change{c})
		r.must(err)
		if c.Bounce {
			r.agreed, r.said = false, r.now
		}
	}
	return arrived
}

// bounces has other mail to them bounce, if any may be sent to them.
func (r *reader) bounces(rt *rapid.T) {
	if c := r.consent(r.address); c.State == subscribers.Active {
		r.must(r.store.Post(r.ctx, digest.Letter{
			ID: r.address + r.now.String(), Kind: digest.LetterData, Subscriber: c.Subscriber.ID, Newsletter: r.newsletter,
			From: "harbour@news.example", Created: r.now, GiveUp: r.now.AddDate(0, 0, 1),
		}))
		r.relay(rt)
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
	if r.tokens[i] == "" {
		return
	}
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
	r.collect(rt)
	for _, l := range r.post.letters[before:] {
		if l.Kind == digest.LetterErase {
			r.must(r.list.Erase(r.ctx, token(l)))
			r.agreed, r.never = false, true
		}
	}
}

func (r *reader) check(rt *rapid.T) {
	c := r.consent(r.address)
	suppressed, err := r.store.Suppressions(r.ctx, r.newsletter, []subscribers.Subscriber{c.Subscriber})
	r.must(err)
	if mailed := c.State == subscribers.Active && len(suppressed) == 0; mailed != r.agreed {
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
