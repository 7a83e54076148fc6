package subscribers

import (
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func chooser(t *testing.T, k *Keys, id string) string {
	t.Helper()
	token, err := k.Token(PurposePreferences, id, weekly)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSetPreferences(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	m.consents[id+monthly] = Consent{Newsletter: monthly, State: Active}
	token := chooser(t, k, id)
	until := noon.AddDate(0, 1, 0)
	pause := func(until time.Time) func() error { return func() error { return l.Pause(t.Context(), token, until) } }
	set := func(p Preferences) func() error {
		return func() error { return l.SetPreferences(t.Context(), token, p) }
	}
	for i, c := range []struct {
		do    func() error
		want  Preferences
		event string
	}{
		{pause(until), Preferences{PausedUntil: until}, "paused until 2026-04-01T12:00:00Z"},
		{pause(until), Preferences{PausedUntil: until}, ""},
		{set(Preferences{Plain: true, Language: "de"}), Preferences{PausedUntil: until, Plain: true, Language: "de"}, `plain text; language "de"`},
		{set(Preferences{Language: "de"}), Preferences{PausedUntil: until, Language: "de"}, "HTML and text"},
		{pause(noon), Preferences{Language: "de"}, "not paused"},
		{pause(noon.AddDate(-1, 0, 0)), Preferences{Language: "de"}, ""},
		{set(Preferences{State: Unsubscribed, Newsletter: monthly, PausedUntil: until}), Preferences{}, `language ""`},
	} {
		m.events = nil
		if err := c.do(); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		c.want.Newsletter, c.want.State = weekly, Active
		if got, err := l.Preferences(t.Context(), token); err != nil || got != c.want {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
		if c.event == "" {
			if len(m.events) != 0 {
				t.Errorf("%d changes nothing, and leaves %+v", i, m.events)
			}
			continue
		}
		if e := m.events[0]; e.Evidence != c.event || e.Actor != Reader || e.From != Active || e.To != Active || !e.At.Equal(noon) {
			t.Errorf("%d: event %+v, want %q", i, e, c.event)
		}
	}
	if c := m.consents[id+monthly]; c.Plain || !c.PausedUntil.IsZero() {
		t.Errorf("the other newsletter: %+v", c)
	}
}

func TestSetPreferencesRefuses(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	for _, c := range []struct {
		token string
		p     Preferences
		want  error
	}{
		{chooser(t, k, id), Preferences{Language: "de\r\nBcc:"}, digest.ErrUsage},
		{chooser(t, k, someone), Preferences{}, digest.ErrNotFound},
		{mustToken(t, k, id, weekly), Preferences{}, digest.ErrRefused},
		{"", Preferences{}, digest.ErrRefused},
	} {
		err := l.SetPreferences(t.Context(), c.token, c.p)
		if !errors.Is(err, c.want) || c.token != "" && strings.Contains(err.Error(), c.token) {
			t.Errorf("%+v: %v, want %v", c.p, err, c.want)
		}
	}
	if err := l.Pause(t.Context(), chooser(t, k, id), noon.Add(maxPause)); err != nil {
		t.Errorf("a year: %v", err)
	}
	if err := l.Pause(t.Context(), chooser(t, k, id), noon.Add(maxPause+1)); !errors.Is(err, digest.ErrUsage) {
		t.Errorf("more than a year: %v", err)
	}
	if _, err := l.Preferences(t.Context(), mustToken(t, k, id, weekly)); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("read by an unsubscribe token: %v", err)
	}
	if _, err := l.Preferences(t.Context(), chooser(t, k, someone)); !errors.Is(err, digest.ErrNotFound) || strings.Contains(err.Error(), someone) {
		t.Errorf("of somebody erased: %v", err)
	}
}

func TestPauseByEitherToken(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	until := noon.AddDate(0, 2, 0)
	for how, token := range map[string]string{"unsubscribe page": mustToken(t, k, id, weekly), "preferences page": chooser(t, k, id)} {
		m.events = nil
		if err := l.Pause(t.Context(), token, until); err != nil || !m.consents[id+weekly].PausedUntil.Equal(until) {
			t.Fatalf("%s: %v", how, err)
		}
		if m.events[0].How != how {
			t.Errorf("%s: %+v", how, m.events[0])
		}
		if err := l.Pause(t.Context(), token, time.Time{}); err != nil || !m.consents[id+weekly].PausedUntil.IsZero() {
			t.Errorf("%s: resumed %v", how, err)
		}
	}
	if err := l.Pause(t.Context(), "x", until); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("no token: %v", err)
	}
}

// A pause is no way back.
func TestPauseBringsNobodyBack(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Unsubscribed)
	for _, until := range []time.Time{noon.AddDate(0, 1, 0), {}} {
		for _, token := range []string{chooser(t, k, id), mustToken(t, k, id, weekly)} {
			m.events = nil
			if err := l.Pause(t.Context(), token, until); !errors.Is(err, ErrNoIssues) || m.state(id, weekly) != Unsubscribed || len(m.events) != 0 {
				t.Errorf("until %v: %s, %v", until, m.state(id, weekly), err)
			}
		}
	}
}

func TestLeaveByThePreferencesLink(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	for range 2 {
		if err := l.Leave(t.Context(), chooser(t, k, id), "button"); err != nil || m.state(id, weekly) != Unsubscribed {
			t.Errorf("%s, %v", m.state(id, weekly), err)
		}
	}
	if len(m.events) != 1 || m.events[0].How != "preferences page" || m.events[0].Evidence != "button" {
		t.Errorf("events %+v", m.events)
	}
	if err := l.Leave(t.Context(), mustToken(t, k, id, weekly), ""); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("by an unsubscribe token: %v", err)
	}
	if err := l.Unsubscribe(t.Context(), chooser(t, k, id), ""); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("unsubscribe by a preferences token: %v", err)
	}
}

func TestAskForALetter(t *testing.T) {
	l, m, k := testList(t)
	if err := l.AskData(t.Context(), chooser(t, k, someone)); err != nil {
		t.Fatal(err)
	}
	if err := l.AskErase(t.Context(), chooser(t, k, someone)); err != nil {
		t.Fatal(err)
	}
	for i, kind := range []digest.LetterKind{digest.LetterData, digest.LetterErase} {
		r := m.requests[i]
		if r.Kind != kind || r.Subscriber != someone || r.Newsletter != weekly || !r.At.Equal(noon) || r.Address.Mailbox != "" {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if err := l.AskData(t.Context(), mustToken(t, k, someone, weekly)); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("by an unsubscribe token: %v", err)
	}
}

// Previews and trial copies carry inert tokens: they show, and change nothing.
func TestInertPreferences(t *testing.T) {
	l, m, k := testList(t)
	m.fail = errors.New("the store must not be asked")
	token := chooser(t, k, Nobody)
	if p, err := l.Preferences(t.Context(), token); err != nil || p != (Preferences{Newsletter: weekly, State: Active}) {
		t.Errorf("shows %+v, %v", p, err)
	}
	for what, err := range map[string]error{
		"set": l.SetPreferences(t.Context(), token, Preferences{Plain: true}), "pause": l.Pause(t.Context(), token, noon.AddDate(0, 1, 0)),
		"leave": l.Leave(t.Context(), token, ""), "data": l.AskData(t.Context(), token), "erase": l.AskErase(t.Context(), token),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(m.requests) != 0 {
		t.Errorf("requests %+v", m.requests)
	}
}
