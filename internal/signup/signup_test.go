package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

var _ signup.Store = (*store.Store)(nil)

func TestSignUpToConfirmation(t *testing.T) {
	w := newWorld(t)
	w.ask("Ann <Ann@example.org>")
	if to := w.once(); !slices.Equal(to, []string{"Ann@example.org"}) {
		t.Fatalf("letters to %v", to)
	}
	l := w.post.letters[0]
	if l.Kind != digest.LetterConfirm || l.Newsletter != w.newsletter || !l.Created.Equal(noon) || !l.GiveUp.Equal(noon.Add(signup.Day)) {
		t.Errorf("letter %+v", l)
	}
	if c := w.consent("ann@example.org"); c.State != subscribers.Pending || c.Subscriber.Name != "" || c.Subscriber.ID != l.Subscriber {
		t.Errorf("before: %+v", c)
	}
	for range 100 {
		if c, err := w.list.Confirmation(w.ctx, token(l)); err != nil || c.Newsletter != w.newsletter || c.Language != "de" {
			t.Fatalf("looking: %+v, %v", c, err)
		}
	}
	if c := w.consent("ann@example.org"); c.State != subscribers.Pending {
		t.Errorf("looking at the link made it %s", c.State)
	}
	w.now = noon.Add(subscribers.ConfirmTime - time.Second)
	w.must(w.list.Confirm(w.ctx, token(l), "button"))
	c := w.consent("ann@example.org")
	if c.State != subscribers.Active || !c.Agreed.Equal(w.now) || c.Wording != "a weekly mail" {
		t.Errorf("after: %+v", c)
	}
	person, err := w.store.Person(w.ctx, c.Subscriber.ID)
	if err != nil || len(person.History) != 2 {
		t.Fatalf("%+v, %v", person, err)
	}
	if e := person.History[1]; e.Evidence != "form; confirmed: button" || e.From != subscribers.Pending || e.Wording != c.Wording {
		t.Errorf("event %+v", e)
	}
	if err := w.list.Confirm(w.ctx, token(l), ""); !errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("again: %v", err)
	}
}

// What becomes of a sign-up by what is known of the address.
func TestWhoGetsAConfirmation(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*world)
		letter bool
	}{
		"new":     {func(*world) {}, true},
		"pending": {func(w *world) { w.ask("ann@example.org"); w.once(); w.now = w.now.Add(signup.Day) }, true},
		"active":  {func(w *world) { w.add("ann@example.org") }, false},
		"left":    {func(w *world) { w.add("ann@example.org"); w.remove("ann@example.org") }, true},
		"erased":  {func(w *world) { w.add("ann@example.org"); w.erase("ann@example.org") }, false},
		"retired": {func(w *world) { w.must(w.store.RetireNewsletter(w.ctx, "weekly", w.now)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.before(w)
			was := len(w.post.to)
			w.ask("ann@example.org")
			if got := len(w.once()) - was; got > 1 || (got == 1) != c.letter {
				t.Errorf("%d letters, want %v", got, c.letter)
			}
		})
	}
}

func (w *world) add(address string) {
	w.Helper()
	got, err := w.list.Add(w.ctx, w.newsletter, []string{address}, "sheet")
	if err != nil || got[0].Result != subscribers.Added {
		w.Fatalf("%v, %v", got, err)
	}
}

func (w *world) remove(address string) {
	w.Helper()
	_, err := w.list.Remove(w.ctx, w.newsletter, address, "")
	w.must(err)
}

// erase goes the way of a person: preferences link, letter, its link.
func (w *world) erase(address string) {
	w.Helper()
	w.must(w.list.AskErase(w.ctx, w.preferences(address)))
	w.once()
	w.must(w.list.Erase(w.ctx, token(w.post.letters[len(w.post.letters)-1])))
}

// Only the person brings themselves back, and until they do their "no" stands.
func TestComingBack(t *testing.T) {
	w := newWorld(t)
	w.add("ann@example.org")
	w.remove("ann@example.org")
	w.ask("ann@example.org")
	w.once()
	if c := w.consent("ann@example.org"); c.State != subscribers.Unsubscribed {
		t.Fatalf("a stranger's request made it %s", c.State)
	}
	if got, err := w.list.Add(w.ctx, w.newsletter, []string{"ann@example.org"}, "sheet"); err != nil || got[0].Result != subscribers.Refused {
		t.Errorf("the operator adds: %v, %v", got, err)
	}
	w.must(w.list.Confirm(w.ctx, token(w.post.letters[0]), ""))
	if c := w.consent("ann@example.org"); c.State != subscribers.Active || c.Wording != "a weekly mail" {
		t.Errorf("confirmed: %+v", c)
	}
	w.remove("ann@example.org")
	if err := w.list.Confirm(w.ctx, token(w.post.letters[0]), ""); !errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("the old link: %v", err)
	}
	if c := w.consent("ann@example.org"); c.State != subscribers.Unsubscribed {
		t.Errorf("the old link made it %s", c.State)
	}
}

func TestSuppressionWinsOverConfirming(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	person := w.consent("ann@example.org").Subscriber
	// Erased, as another process would, with the person known again.
	w.must(w.store.ErasePerson(w.ctx, "nobody", subscribers.Suppression{Hash: person.Hash, Reason: "operator", At: noon}))
	err := w.list.Confirm(w.ctx, token(w.post.letters[0]), "")
	if !errors.Is(err, digest.ErrRefused) || errors.Is(err, subscribers.ErrUsed) || w.consent("ann@example.org").State != subscribers.Pending {
		t.Errorf("confirmed: %v, %+v", err, w.consent("ann@example.org"))
	}
}

func TestLimitsOfAMailbox(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		after   time.Duration
		address string
		letters int
	}{
		{0, "ann@example.org", 1},
		{0, "ANN@example.org", 1},
		{0, "ann+news@example.org", 1},
		{signup.Day - time.Millisecond, "ann@example.org", 1},
		{signup.Day, "ann+x@example.org", 2},
		{2 * signup.Day, "ann@example.org", 3},
		{3 * signup.Day, "ann@example.org", 3},
		{29 * signup.Day, "ann@example.org", 3},
		{30 * signup.Day, "ann@example.org", 4},
	} {
		w.now = noon.Add(step.after)
		w.ask(step.address)
		if got := len(w.once()); got != step.letters {
			t.Errorf("%s after %v: %d letters, want %d", step.address, step.after, got, step.letters)
		}
	}
}

// 600 sign-ups by somebody who wants to annoy 60 people.
func TestHostileSignUps(t *testing.T) {
	w := newWorld(t)
	for i := range 600 {
		w.ask(fmt.Sprintf("Victim%d+%d@example.org", i%60, i/60))
		if i%200 == 0 {
			w.once()
		}
	}
	letters := map[string]int{}
	for _, to := range w.once() {
		mailbox, _, _ := strings.Cut(strings.ToLower(to), "+")
		letters[mailbox]++
	}
	for mailbox, n := range letters {
		if n != 1 {
			t.Errorf("%d letters to %s", n, mailbox)
		}
	}
	if len(letters) != 60 {
		t.Errorf("letters to %d of 60", len(letters))
	}
}

func TestBreaker(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	o.PerHour = 3
	w.clerk = signup.New(o)
	w.add("reader@example.org")
	for i := range 5 {
		w.ask(fmt.Sprintf("a%d@example.org", i))
	}
	for range 3 {
		w.once()
	}
	if len(w.post.to) != 3 || len(w.alerts) != 1 {
		t.Fatalf("letters to %v, alerts %v", w.post.to, w.alerts)
	}
	w.must(w.list.AskData(w.ctx, w.preferences("reader@example.org")))
	if to := w.once(); len(to) != 4 || to[3] != "reader@example.org" {
		t.Errorf("a person's own letter waits too: %v", to)
	}
	w.now = noon.Add(time.Hour)
	if to := w.once(); len(to) != 6 || len(w.alerts) != 1 {
		t.Errorf("an hour later: %v, alerts %v", to, w.alerts)
	}
}

// Who signs up while a flood lasts is answered, and not after a day.
func TestAFloodStarvesNobody(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	o.PerHour = 10
	w.clerk = signup.New(o)
	for hour := range 8 {
		for i := range 3 * o.PerHour {
			w.ask(fmt.Sprintf("stranger%d-%d@example.org", hour, i))
			w.now = w.now.Add(time.Second)
		}
		honest := fmt.Sprintf("reader%d@example.org", hour)
		w.ask(honest)
		w.must(w.clerk.Tidy(w.ctx))
		if to := w.once(); hour > 0 && !slices.Contains(to, honest) {
			t.Errorf("hour %d: no letter to the reader", hour)
		}
		w.now = w.now.Add(time.Hour)
	}
	if len(w.alerts) != 1 {
		t.Errorf("alerts %q", w.alerts)
	}
	// Once it is over, all that wait are settled, and the oldest go first again.
	for range 26 {
		w.now = w.now.Add(time.Hour)
		w.must(w.clerk.Tidy(w.ctx))
		w.once()
	}
	before := len(w.post.to)
	for i := range 12 {
		w.ask(fmt.Sprintf("later%d@example.org", i))
		w.now = w.now.Add(time.Second)
	}
	if to := w.once()[before:]; len(to) != 10 || slices.Contains(to, "later11@example.org") {
		t.Errorf("afterwards: %v", to)
	}
}

// crowded is a store in which most sign-ups wait since a time.
type crowded struct {
	signup.Store
	since time.Time
}

func (c crowded) NthWaiting(context.Context, digest.LetterKind, int) (time.Time, error) {
	return c.since, nil
}

func TestOfTooManyTheOldestAreForgotten(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.ask(fmt.Sprintf("a%d@example.org", i))
		w.now = w.now.Add(time.Minute)
	}
	o := w.options()
	o.Store = crowded{w.store, noon.Add(3 * time.Minute)}
	w.must(signup.New(o).Tidy(w.ctx))
	if to := slices.Sorted(slices.Values(w.once())); !slices.Equal(to, []string{"a3@example.org", "a4@example.org"}) {
		t.Errorf("letters to %v", to)
	}
	// However few are there, none waits for longer than a day.
	w.ask("late@example.org")
	w.now = w.now.Add(signup.Day + time.Millisecond)
	o.Store = crowded{w.store, noon}
	w.must(signup.New(o).Tidy(w.ctx))
	if to := w.once(); len(to) != 2 {
		t.Errorf("letters to %v", to)
	}
}

func TestPersonLetters(t *testing.T) {
	w := newWorld(t)
	w.add("ann@example.org")
	for range 3 {
		w.must(w.list.AskData(w.ctx, w.preferences("ann@example.org")))
		w.must(w.list.AskErase(w.ctx, w.preferences("ann@example.org")))
	}
	if to := w.once(); len(to) != 2 {
		t.Fatalf("letters to %v", to)
	}
	links := map[digest.LetterKind]string{}
	for _, l := range w.post.letters {
		links[l.Kind] = token(l)
	}
	for _, wrong := range []error{
		w.list.Erase(w.ctx, links[digest.LetterData]), w.list.Confirm(w.ctx, links[digest.LetterErase], ""),
		errorOf(w.list.Data(w.ctx, links[digest.LetterErase])),
	} {
		if !errors.Is(wrong, digest.ErrRefused) {
			t.Errorf("a swapped purpose: %v", wrong)
		}
	}
	data, err := w.list.Data(w.ctx, links[digest.LetterData])
	w.must(err)
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil || got["address"] != "ann@example.org" {
		t.Errorf("%v: %s", err, data)
	}
	if _, err := w.list.Data(w.ctx, links[digest.LetterData]); !errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("data twice: %v", err)
	}
	w.must(w.list.Erase(w.ctx, links[digest.LetterErase]))
	if err := w.list.Erase(w.ctx, links[digest.LetterErase]); !errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("erase twice: %v", err)
	}
	if c := w.consent("ann@example.org"); c.Subscriber.ID != "" {
		t.Errorf("erased, and known: %+v", c)
	}
}

func errorOf[T any](_ T, err error) error { return err }

// For how long a link works stands in its letter, in words that nobody computes.
func TestLinksWorkForAsLongAsLettersSay(t *testing.T) {
	w := newWorld(t)
	w.add("ann@example.org")
	w.ask("bob@example.org")
	w.must(w.list.AskErase(w.ctx, w.preferences("ann@example.org")))
	w.must(w.list.AskData(w.ctx, w.preferences("ann@example.org")))
	w.once()
	for _, l := range w.post.letters {
		life := map[digest.LetterKind]time.Duration{
			digest.LetterConfirm: 7 * 24 * time.Hour, digest.LetterErase: time.Hour, digest.LetterData: time.Hour,
		}[l.Kind]
		w.now = noon.Add(life - time.Second)
		if _, err := w.list.Peek(w.ctx, subscribers.Purpose(l.Kind), token(l)); err != nil {
			t.Errorf("%s, a second before its end: %v", l.Kind, err)
		}
		w.now = noon.Add(life)
		if _, err := w.list.Peek(w.ctx, subscribers.Purpose(l.Kind), token(l)); !errors.Is(err, subscribers.ErrExpired) {
			t.Errorf("%s, at its end: %v", l.Kind, err)
		}
	}
	if len(w.post.letters) != 3 {
		t.Errorf("%d letters", len(w.post.letters))
	}
}

func TestPersonLinksExpire(t *testing.T) {
	w := newWorld(t)
	w.add("ann@example.org")
	w.must(w.list.AskErase(w.ctx, w.preferences("ann@example.org")))
	w.once()
	if l := w.post.letters[0]; l.GiveUp.Sub(l.Created) >= subscribers.PersonTime {
		t.Errorf("the letter may arrive %v after, when its link is dead", l.GiveUp.Sub(l.Created))
	}
	w.now = noon.Add(subscribers.PersonTime)
	if err := w.list.Erase(w.ctx, token(w.post.letters[0])); !errors.Is(err, subscribers.ErrExpired) || !errors.Is(err, digest.ErrRefused) {
		t.Errorf("after an hour: %v", err)
	}
	w.now = noon.Add(signup.Day)
	w.must(w.list.AskErase(w.ctx, w.preferences("ann@example.org")))
	if to := w.once(); len(to) != 2 {
		t.Errorf("a day later: %v", to)
	}
}

func TestUnconfirmedAreErased(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.now = noon.Add(30 * signup.Day)
	w.must(w.clerk.Tidy(w.ctx))
	if w.consent("ann@example.org").State != subscribers.Pending {
		t.Error("erased too early")
	}
	w.now = w.now.Add(time.Millisecond)
	w.must(w.clerk.Tidy(w.ctx))
	if c := w.consent("ann@example.org"); c.Subscriber.ID != "" {
		t.Errorf("still known: %+v", c)
	}
	err := w.list.Confirm(w.ctx, token(w.post.letters[0]), "")
	if !errors.Is(err, digest.ErrRefused) || errors.Is(err, subscribers.ErrUsed) {
		t.Errorf("its link: %v", err)
	}
}

func TestOneBadLetterStopsNoOther(t *testing.T) {
	w := newWorld(t)
	w.post.refuse = "a7@example.org"
	for i := range 120 {
		w.ask(fmt.Sprintf("a%d@example.org", i))
	}
	if err := w.clerk.Once(w.ctx); err == nil {
		t.Error("nobody is told")
	}
	if len(w.post.to) != 119 {
		t.Errorf("%d letters", len(w.post.to))
	}
	w.post.refuse = ""
	if to := w.once(); len(to) != 119 {
		t.Errorf("%d letters while the bad one rests", len(to))
	}
	w.now = w.now.Add(time.Minute)
	if to := w.once(); len(to) != 120 {
		t.Errorf("%d letters when it can be written", len(to))
	}
}

// Somebody asks again on the day on which they are forgotten, and the process is
// killed before their token is kept.
func TestWhoseLetterIsDueIsNotForgotten(t *testing.T) {
	w := newWorld(t)
	w.ask("ann@example.org")
	w.once()
	w.now = w.now.Add(signup.Month - time.Minute)
	w.ask("ann@example.org")
	_, err := w.store.Settle(w.ctx, digest.LetterConfirm, signup.OldestFirst, 10, 0, w.now, func(signup.Case) bool { return true })
	w.must(err)
	w.now = w.now.Add(2 * time.Minute)
	w.must(w.clerk.Tidy(w.ctx))
	if to := w.once(); len(to) != 2 {
		t.Errorf("letters to %v", to)
	}
}

// Run goes on looking every moment for others while a letter cannot be written.
func TestOneBadLetterSlowsNoOther(t *testing.T) {
	w := newWorld(t)
	w.post.refuse = "ann@example.org"
	w.ask("ann@example.org")
	o := w.options()
	o.Every = time.Millisecond
	refused, posted := make(chan struct{}), make(chan struct{})
	o.Log = slog.New(slog.NewTextHandler(closer(refused), nil))
	o.Store = writing{w.post, posted}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); signup.New(o).Run(ctx) }()
	<-refused
	w.ask("bob@example.org")
	<-posted
	stop()
	<-done
}

// closer is closed by the one line that is written to it.
type closer chan struct{}

func (c closer) Write(line []byte) (int, error) { close(c); return len(line), nil }

func TestRunWorksUntilStopped(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	o.Every = time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	posted := make(chan struct{})
	o.Store = writing{w.post, posted}
	done := make(chan struct{})
	go func() { defer close(done); signup.New(o).Run(ctx) }()
	w.ask("ann@example.org")
	<-posted
	stop()
	<-done
}

// writing closes a channel when letters are written for the first and only time.
type writing struct {
	signup.Store
	done chan struct{}
}

func (w writing) Write(ctx context.Context, written []signup.Written, at time.Time) error {
	defer close(w.done)
	return w.Store.Write(ctx, written, at)
}
