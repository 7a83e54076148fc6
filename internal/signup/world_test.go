package signup_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// world is a database, the pages' side of it and a clerk, with a clock that
// stands still.
type world struct {
	*testing.T
	ctx        context.Context
	store      *store.Store
	list       *subscribers.List
	keys       *subscribers.Keys
	clerk      *signup.Clerk
	now        time.Time
	newsletter string
	post       *post
	alerts     []string
}

// post is the composer, and the store with what is posted in it: a letter's data is
// its link.
type post struct {
	*store.Store
	mu       sync.Mutex
	letters  []digest.Letter
	to       []string          // the addresses, in the letters' order
	composed map[string]string // the address of each letter that was composed, by its data
	refuse   string            // the address that no letter can be composed for
}

func (p *post) Compose(_ digest.LetterKind, _, _, address, link string, _ time.Time) (string, []byte, error) {
	if address == p.refuse {
		return "", nil, errors.New("no such letter")
	}
	p.composed[link] = address
	return "harbour@news.example", []byte(link), nil
}

func (p *post) Write(ctx context.Context, written []signup.Written, at time.Time) error {
	if err := p.Store.Write(ctx, written, at); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range written {
		if w.Letter != nil {
			p.letters, p.to = append(p.letters, *w.Letter), append(p.to, p.composed[string(w.Letter.Data)])
		}
	}
	return nil
}

// token is the one in a letter.
func token(l digest.Letter) string { return strings.TrimPrefix(string(l.Data), string(l.Kind)+"/") }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "digest.db"), store.Options{Mode: store.ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{T: t, ctx: t.Context(), store: s, now: noon, post: &post{Store: s, composed: map[string]string{}}}
	w.newsletter, _, err = s.RegisterNewsletter(w.ctx, "weekly", "0 9 * * SUN", "Europe/London", noon)
	w.must(err)
	w.keys, err = subscribers.NewKeys(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	w.list = subscribers.NewList(subscribers.Options{Store: s, Keys: w.keys, Now: w.clock, Random: rand.Reader})
	w.clerk = signup.New(w.options())
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) options() signup.Options {
	return signup.Options{
		Store: w.post, Composer: w.post, Now: w.clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Link:  func(kind digest.LetterKind, token string) string { return string(kind) + "/" + token },
		Alert: func(text string) { w.alerts = append(w.alerts, text) },
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// ask takes a sign-up down.
func (w *world) ask(address string) {
	w.Helper()
	w.must(w.list.SignUp(w.ctx, subscribers.SignUp{
		Newsletter: w.newsletter, Address: address, Language: "de", Wording: "a weekly mail", Evidence: "form", At: w.now,
	}))
}

// once lets the clerk work and returns to whom letters have gone since the start.
func (w *world) once() []string {
	w.Helper()
	w.must(w.clerk.Once(w.ctx))
	return w.post.to
}

func (w *world) consent(address string) subscribers.Consent {
	w.Helper()
	a, err := subscribers.ParseAddress(address)
	w.must(err)
	person, err := w.store.SubscriberByAddress(w.ctx, a.Normal)
	if errors.Is(err, digest.ErrNotFound) {
		return subscribers.Consent{}
	}
	w.must(err)
	c, err := w.store.Consent(w.ctx, person.ID, w.newsletter)
	w.must(err)
	return c
}

func (w *world) preferences(address string) string {
	w.Helper()
	token, err := w.keys.Token(subscribers.PurposePreferences, w.consent(address).Subscriber.ID, w.newsletter)
	w.must(err)
	return token
}
