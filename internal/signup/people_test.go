package signup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// known makes somebody active by the operator's word and returns their unsubscribe token.
func (w *world) known(address string) string {
	w.Helper()
	_, err := w.list.Add(w.ctx, w.newsletter, []string{address}, "sheet")
	w.must(err)
	token, err := w.keys.Token(subscribers.PurposeUnsubscribe, w.consent(address).Subscriber.ID, w.newsletter)
	w.must(err)
	return token
}

// meddled is a store in which something happens right before a change.
type meddled struct {
	*store.Store
	before func()
}

func (m *meddled) meddle() {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
}

func (m *meddled) Enrol(
	ctx context.Context, n string, p []subscribers.Subscriber, c subscribers.Consent, e subscribers.Event,
) ([]subscribers.Standing, error) {
	m.meddle()
	return m.Store.Enrol(ctx, n, p, c, e)
}

func (m *meddled) Confirm(
	ctx context.Context, h string, from []subscribers.State, e subscribers.Event, lift subscribers.Suppression,
) (bool, error) {
	m.meddle()
	return m.Store.Confirm(ctx, h, from, e, lift)
}

func (m *meddled) Prefer(
	ctx context.Context, s, n string, choose func(*subscribers.Preferences) (*subscribers.Event, error),
) error {
	m.meddle()
	return m.Store.Prefer(ctx, s, n, choose)
}

func (w *world) listAfter(before func()) *subscribers.List {
	return subscribers.NewList(subscribers.Options{
		Store: &meddled{w.store, before}, Keys: w.keys, Now: w.clock, Random: rand.Reader,
	})
}

func TestAddingDoesNotUndoErasing(t *testing.T) {
	w := newWorld(t)
	w.known("ann@example.org")
	list := w.listAfter(func() { w.must(w.list.EraseAddress(w.ctx, "ann@example.org")) })
	out, err := list.Add(w.ctx, w.newsletter, []string{"ann@example.org"}, "sheet")
	w.must(err)
	if _, err := w.store.SubscriberByAddress(w.ctx, "ann@example.org"); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("who was just erased is stored again: %v", err)
	}
	if out[0].Result != subscribers.Refused || !strings.Contains(out[0].Why, subscribers.ReasonErased) {
		t.Errorf("%+v", out)
	}
}

// load imports a list.
func (w *world) load(list string) subscribers.Report {
	w.Helper()
	rows, err := subscribers.ReadRows(strings.NewReader(list))
	w.must(err)
	r, err := w.list.Import(w.ctx, rows, subscribers.ImportOptions{Newsletter: w.newsletter, File: "l.csv", How: "x"})
	w.must(err)
	return r
}

func TestAnImportKeepsTheWordsOfThePendingToo(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.load("email,how,wording\nann@example.org,fair,Yes send it\nbob@example.org,fair,Yes send it\n")
	a, b := w.consent("ann@example.org"), w.consent("bob@example.org")
	if a.Wording != "Yes send it" || a.Wording != b.Wording || a.How != b.How || a.State != b.State {
		t.Errorf("two rows alike, but\n%+v\n%+v", a, b)
	}
}

func TestWhoLeftByTheListIsNotAdded(t *testing.T) {
	const active, left = "Ann@example.org,active\n", "ann@example.org,unsubscribed\n"
	for list, want := range map[string]subscribers.Report{
		active + left:               {Rows: 2, Repeated: 1, Refused: 1},
		left + active:               {Rows: 2, Repeated: 1, Refused: 1},
		left + active + left:        {Rows: 3, Repeated: 1, Refused: 2},
		active + left + left:        {Rows: 3, Repeated: 1, Refused: 2},
		active + active + left:      {Rows: 3, Repeated: 2, Refused: 1},
		active + "bob@example.org,": {Rows: 2, Added: 2},
		"bob@example.org,active\n" + active + left + active: {Rows: 4, Added: 1, Repeated: 2, Refused: 1},
	} {
		for _, pending := range []bool{false, true} {
			w := newWorld(t)
			if pending {
				w.ask("ann@example.org")
				w.once()
			}
			got := w.load("email,state\n" + list)
			got.NotAdded = nil
			if !cmp.Equal(got, want) {
				t.Errorf("%q: %+v, want %+v", list, got, want)
			}
			if c := w.consent("ann@example.org"); want.Refused > 0 && c.State != "" && (c.State != subscribers.Pending || !pending) {
				t.Errorf("%q: the list says that she left, and she is %s", list, c.State)
			}
			if _, err := w.list.Lookup(w.ctx, "ann@example.org"); want.Refused > 0 && !pending && !errors.Is(err, digest.ErrNotFound) {
				t.Errorf("%q: something of her is kept: %v", list, err)
			}
		}
	}
}

func TestSavingThePageKeepsAPause(t *testing.T) {
	w := newWorld(t)
	unsubscribe := w.known("ann@example.org")
	until := w.now.AddDate(0, 0, 7)
	list := w.listAfter(func() { w.must(w.list.Pause(w.ctx, unsubscribe, until)) })
	token := w.preferences("ann@example.org")
	p, err := list.Preferences(w.ctx, token)
	w.must(err)
	p.Plain = true
	w.must(list.SetPreferences(w.ctx, token, p))
	if c := w.consent("ann@example.org"); !c.PausedUntil.Equal(until) || !c.Plain {
		t.Errorf("paused until %v, want %v; plain: %v", c.PausedUntil, until, c.Plain)
	}
}

func TestPausingWhileLeaving(t *testing.T) {
	w := newWorld(t)
	unsubscribe := w.known("ann@example.org")
	list := w.listAfter(func() { w.must(w.list.Unsubscribe(w.ctx, unsubscribe, "")) })
	if err := list.Pause(w.ctx, unsubscribe, w.now.AddDate(0, 0, 7)); !errors.Is(err, subscribers.ErrNoIssues) {
		t.Errorf("paused: %v", err)
	}
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	if len(p.History) != 2 || p.History[1].To != subscribers.Unsubscribed {
		t.Errorf("history %+v", p.History)
	}
}

// The operator was faster: that the person confirmed too, and to which words, is
// evidence that only they can give.
func TestConfirmingWhatTheOperatorAdded(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.known("ann@example.org")
	before := w.consent("ann@example.org")
	w.now = w.now.Add(time.Hour)
	w.must(w.list.Confirm(w.ctx, token(w.post.letters[0]), "button"))
	p, err := w.list.Lookup(w.ctx, "ann@example.org")
	w.must(err)
	last := p.History[len(p.History)-1]
	if last.Actor != subscribers.Reader || last.From != subscribers.Active || last.To != subscribers.Active || last.Wording != "a weekly mail" {
		t.Errorf("history ends in %+v", last)
	}
	if after := w.consent("ann@example.org"); after != before {
		t.Errorf("%+v becomes %+v", before, after)
	}
}

func TestConfirmingWhileBeingRemoved(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.now = w.now.Add(time.Hour)
	list := w.listAfter(func() {
		_, err := w.list.Remove(w.ctx, w.newsletter, "ann@example.org", "")
		w.must(err)
	})
	err := list.Confirm(w.ctx, token(w.post.letters[0]), "")
	if c := w.consent("ann@example.org"); !errors.Is(err, subscribers.ErrExpired) || c.State != subscribers.Unsubscribed {
		t.Errorf("%v, and the consent is %s", err, c.State)
	}
}

// Whoever holds a forwarded mail cannot keep its owner from ever getting a link.
func TestNobodyBlocksErasure(t *testing.T) {
	w := newWorld(t)
	w.known("ann@example.org")
	link := w.preferences("ann@example.org")
	for day := range 3 { // a stranger at noon, ann in the evening
		w.must(w.list.AskErase(w.ctx, link))
		w.must(w.list.AskErase(w.ctx, link))
		w.once()
		w.now = w.now.Add(subscribers.PersonTime - time.Millisecond)
		w.must(w.list.AskErase(w.ctx, link))
		if n := len(w.once()); n != 2*day+1 {
			t.Errorf("day %d: %d letters while the link of one is good", day, n)
		}
		w.now = w.now.Add(6 * time.Hour)
		w.must(w.list.AskErase(w.ctx, link))
		if n := len(w.once()); n != 2*day+2 {
			t.Errorf("day %d: %d letters, none to ann's own wish", day, n)
		}
		w.now = w.now.Add(17 * time.Hour)
	}
}

func TestWhoIsRemovedGetsNoConfirmation(t *testing.T) {
	for _, again := range []bool{false, true} {
		w := newWorld(t)
		clerk := signup.New(w.options())
		w.ask("ann@example.org")
		w.must(clerk.Once(w.ctx))
		w.now = w.now.Add(time.Minute)
		_, err := w.list.Remove(w.ctx, w.newsletter, "ann@example.org", "phoned: stop it")
		w.must(err)
		want := 0
		if again { // what was said last counts
			w.now = w.now.Add(signup.Day)
			w.ask("ann@example.org")
			w.must(clerk.Once(w.ctx))
			want = 1
		}
		due, err := w.store.ClaimLetters(w.ctx, delivery.Claim{Owner: "o", Now: w.now.Add(time.Second), Lease: time.Minute, N: 5})
		w.must(err)
		if len(due) != want {
			t.Errorf("asked again %v: letters %+v", again, due)
		}
	}
}

func TestWhoNeverAgreedIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.known("bob@example.org") // he agreed once
	w.ask("ann@example.org")
	w.once()
	for _, a := range []string{"ann@example.org", "bob@example.org"} {
		_, err := w.list.Remove(w.ctx, w.newsletter, a, "phoned: I never asked for this")
		w.must(err)
	}
	for _, c := range []struct {
		after time.Duration
		kept  bool
	}{{signup.Month, true}, {time.Millisecond, false}} {
		w.now = w.now.Add(c.after)
		w.must(w.clerk.Tidy(w.ctx))
		_, err := w.list.Lookup(w.ctx, "ann@example.org")
		if c.kept != (err == nil) {
			t.Errorf("after %v: %v", w.now.Sub(noon), err)
		}
	}
	if c := w.consent("bob@example.org"); c.State != subscribers.Unsubscribed {
		t.Errorf("bob is %q", c.State)
	}
}

func TestSigningUpChoosesNoLanguage(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.must(w.list.Confirm(w.ctx, token(w.post.letters[0]), ""))
	p, err := w.list.Preferences(w.ctx, w.preferences("ann@example.org"))
	if err != nil || p.Language != "" {
		t.Errorf("language %q, which nobody chose: %v", p.Language, err)
	}
}

func TestTheAddressIsSpeltAsItsOwnerDoes(t *testing.T) {
	w := newWorld(t)
	w.ask("ANN@example.org") // a stranger
	w.once()
	for _, c := range []struct{ asks, mailed string }{
		{"Ann@example.org", "Ann@example.org"},
		{"aNN@example.org", "Ann@example.org"}, // who has agreed stays as they were
	} {
		w.now = w.now.Add(2 * signup.Day)
		w.ask(c.asks)
		to := w.once()
		if got := to[len(to)-1]; got != c.mailed {
			t.Errorf("%s asks, and the letter goes to %s", c.asks, got)
		}
		w.must(w.list.Confirm(w.ctx, token(w.post.letters[len(to)-1]), ""))
		_, err := w.list.Remove(w.ctx, w.newsletter, "ann@example.org", "")
		w.must(err)
	}
}

// counting is a store in which something happens once the hour's letters are counted.
type counting struct {
	signup.Store
	after func()
}

func (c *counting) CountGranted(ctx context.Context, k digest.LetterKind, at time.Time) (int, error) {
	n, err := c.Store.CountGranted(ctx, k, at)
	if f := c.after; f != nil {
		c.after = nil
		f()
	}
	return n, err
}

func TestTwoClerksShareTheHour(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.ask(fmt.Sprintf("x%d@example.org", i))
	}
	o := w.options()
	o.PerHour = 10
	other := signup.New(o)
	o.Store = &counting{w.store, func() { w.must(other.Once(w.ctx)) }}
	w.must(signup.New(o).Once(w.ctx))
	if n := len(w.post.to); n != 10 {
		t.Errorf("%d letters, of 10 an hour", n)
	}
}
