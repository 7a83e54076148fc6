package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// relay hands what is due to a mail server, which takes it or knows no such mailbox,
// and returns how much that was.
func (w *world) relay(refuse bool) int {
	w.Helper()
	due, err := w.store.ClaimLetters(w.ctx, delivery.Claim{Owner: "o", Now: w.now, Lease: time.Minute, N: 50})
	w.must(err)
	for _, l := range due {
		change := delivery.Change{
			Issue: l.Issue, Subscriber: l.Subscriber, Owner: l.Owner, Epoch: l.Epoch, From: delivery.Claimed,
			To: delivery.Failed, Bounce: true, Code: 550, Reply: "550 5.1.1 no such user",
		}
		if !refuse {
			change.To, change.Bounce, change.IfActive = delivery.Committing, false, true
		}
		applied, err := w.store.ApplyLetters(w.ctx, w.now, []delivery.Change{change})
		if err != nil || !applied[0] {
			w.Fatalf("%s: %v, %v", l.Issue, applied, err)
		}
	}
	return len(due)
}

// bounced makes ann a reader, whose mail has bounced then.
func bounced(t *testing.T) *world {
	w := newWorld(t)
	w.add("ann@example.org")
	w.bounce("ann@example.org")
	return w
}

func (w *world) bounce(address string) {
	w.Helper()
	w.must(w.store.Post(w.ctx, digest.Letter{
		ID: "bounces " + w.now.String(), Kind: digest.LetterData, Subscriber: w.consent(address).Subscriber.ID,
		Newsletter: w.newsletter, From: "harbour@news.example", Created: w.now, GiveUp: w.now.AddDate(0, 0, 1),
	}))
	if w.relay(true) != 1 {
		w.Fatal("nothing to refuse")
	}
	w.now = w.now.Add(time.Hour)
}

func TestWhoBouncedComesBack(t *testing.T) {
	w := bounced(t)
	monthly, _, err := w.store.RegisterNewsletter(w.ctx, "monthly", "0 9 1 * *", "Europe/London", noon)
	w.must(err)
	if got, err := w.list.Add(w.ctx, monthly, []string{"ann@example.org"}, "sheet"); err != nil || !strings.Contains(got[0].Why, "bounced") {
		t.Fatalf("%v, %v", got, err)
	}
	w.ask("ann@example.org")
	w.once()
	if n := w.relay(false); n != 1 || w.consent("ann@example.org").State != subscribers.Bounced {
		t.Fatalf("%d letters sent; asking makes the consent %s", n, w.consent("ann@example.org").State)
	}
	l := w.post.letters[0]
	w.now = w.now.Add(time.Hour)
	w.must(w.list.Confirm(w.ctx, token(l), "button"))
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	if mailed, why := p.Mailed(p.Consents[0], w.now); !mailed || len(p.Suppressions) > 0 {
		t.Errorf("not mailed: %s, %+v", why, p.Suppressions)
	}
	last := p.History[len(p.History)-1]
	if last.From != subscribers.Bounced || last.Actor != subscribers.Reader || !last.At.Equal(w.now) ||
		!strings.HasSuffix(last.Evidence, "; lifts what bounced on 2026-11-22: 550 5.1.1 no such user") {
		t.Errorf("history ends in %+v", last)
	}
	if err := w.list.Confirm(w.ctx, token(l), ""); !errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("again: %v", err)
	}
	// It can bounce again, and the old link undoes nothing.
	w.bounce("ann@example.org")
	if err := w.list.Confirm(w.ctx, token(l), ""); !errors.Is(err, subscribers.ErrUsed) || w.consent("ann@example.org").State != subscribers.Bounced {
		t.Errorf("after another bounce: %v, %s", err, w.consent("ann@example.org").State)
	}
}

// A dead mailbox gets a letter a day and three a month, and each that bounces renews
// the suppression: links of earlier letters no longer prove anything.
func TestADeadMailboxIsNotMailedOften(t *testing.T) {
	w := bounced(t)
	sent := 0
	for hour := range 24 * 29 {
		w.ask("ann@example.org")
		w.once()
		sent += w.relay(hour > 0)
		w.now = w.now.Add(time.Hour)
	}
	if sent != 3 {
		t.Errorf("%d letters to a dead mailbox within a month", sent)
	}
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	if s := p.Suppressions; len(s) != 1 || !s[0].At.Equal(w.post.letters[2].Created) {
		t.Errorf("suppressions %+v", s)
	}
}

func TestALinkFromBeforeABounceLiftsNothing(t *testing.T) {
	w := bounced(t)
	w.ask("ann@example.org")
	w.once()
	w.relay(false) // it arrives, and is not read
	w.now = w.now.Add(signup.Day)
	w.ask("ann@example.org")
	w.once()
	w.relay(true)
	w.now = w.now.Add(time.Hour)
	err := w.list.Confirm(w.ctx, token(w.post.letters[0]), "")
	if c := w.consent("ann@example.org"); !errors.Is(err, subscribers.ErrExpired) || c.State != subscribers.Bounced {
		t.Errorf("%v, and the consent is %s", err, c.State)
	}
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	if len(p.Suppressions) != 1 {
		t.Error("the suppression is lifted")
	}
}

// Something else than the bounce speaks against them, as late as can be.
func TestConfirmingABounceWhileBeingErased(t *testing.T) {
	w := bounced(t)
	w.ask("ann@example.org")
	w.once()
	w.relay(false)
	list := w.listAfter(func() { w.must(w.list.EraseAddress(w.ctx, "ann@example.org")) })
	if err := list.Confirm(w.ctx, token(w.post.letters[0]), ""); !errors.Is(err, digest.ErrRefused) && !errors.Is(err, digest.ErrNotFound) {
		t.Error(err)
	}
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	if len(p.Suppressions) != 1 || p.Suppressions[0].Reason != subscribers.ReasonErased || p.Subscriber.ID != "" {
		t.Errorf("%+v", p)
	}
}

// judging is a store without people, which has the clerk judge cases.
type judging struct {
	signup.Store
	cases   []signup.Case
	granted []bool
}

func (j *judging) Settle(
	_ context.Context, kind digest.LetterKind, _ signup.Order, _, _ int, _ time.Time, decide func(signup.Case) bool,
) (int, error) {
	for i, c := range j.cases {
		if c.Kind == kind {
			j.granted[i] = decide(c)
		}
	}
	return 0, nil
}

func TestWhatABounceAllows(t *testing.T) {
	w := newWorld(t)
	const none subscribers.State = ""
	type expectation struct {
		signup.Case
		granted bool
	}
	var all []expectation
	add := func(kind digest.LetterKind, state subscribers.State, suppressed, bounced bool, granted bool) {
		c := signup.Case{Known: true, State: state, Suppressed: suppressed, Bounced: bounced}
		c.Kind = kind
		all = append(all, expectation{c, granted})
	}
	for state, without := range map[subscribers.State]bool{
		none: true, subscribers.Pending: true, subscribers.Unsubscribed: true, subscribers.Bounced: true,
		subscribers.Active: false, subscribers.Complained: false,
	} {
		add(digest.LetterConfirm, state, false, false, without)
		add(digest.LetterConfirm, state, false, true, without || state == subscribers.Active)
		add(digest.LetterConfirm, state, true, false, false)
		add(digest.LetterConfirm, state, true, true, false)
	}
	for _, kind := range []digest.LetterKind{digest.LetterData, digest.LetterErase} {
		add(kind, none, false, false, true)
		add(kind, none, false, true, false)
		add(kind, none, true, false, false)
	}
	j := &judging{Store: w.store, granted: make([]bool, len(all))}
	for _, e := range all {
		j.cases = append(j.cases, e.Case)
	}
	o := w.options()
	o.Store = j
	w.must(signup.New(o).Once(w.ctx))
	for i, e := range all {
		if j.granted[i] != e.granted {
			t.Errorf("%s for %q, suppressed %v, bounced %v: %v", e.Kind, e.State, e.Suppressed, e.Bounced, j.granted[i])
		}
	}
}
