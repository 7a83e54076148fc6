package signup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
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
