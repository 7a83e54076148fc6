package subscribers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// ticket puts a ticket for somebody, and returns its token.
func (m *memory) ticket(t *testing.T, p Purpose, subscriber string) string {
	t.Helper()
	token, hash, err := NewTicket(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m.tickets[hash] = Ticket{
		Hash: hash, Purpose: p, Subscriber: subscriber, Newsletter: weekly, Language: "fr", Wording: "words", Evidence: "form",
		Created: noon, Expires: noon.Add(time.Hour),
	}
	return token
}

// singleUse are the ways to use a single-use token.
func singleUse(l *List) map[Purpose]func(context.Context, string) error {
	return map[Purpose]func(context.Context, string) error{
		PurposeConfirm: func(ctx context.Context, token string) error { return l.Confirm(ctx, token, "button") },
		PurposeData:    func(ctx context.Context, token string) error { _, err := l.Data(ctx, token); return err },
		PurposeErase:   l.Erase,
	}
}

func TestTicketsWorkOnceForOnePurpose(t *testing.T) {
	for purpose := range singleUse(nil) {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, Pending)
		token := m.ticket(t, purpose, id)
		for other, use := range singleUse(l) {
			if other == purpose {
				continue
			}
			if err := use(t.Context(), token); !errors.Is(err, digest.ErrRefused) || errors.Is(err, ErrUsed) {
				t.Errorf("a %s token as a %s token: %v", purpose, other, err)
			}
		}
		for range 3 {
			if c, err := l.Peek(t.Context(), purpose, token); err != nil || c != (Confirmation{weekly, "fr"}) {
				t.Errorf("peek: %+v, %v", c, err)
			}
		}
		if m.state(id, weekly) != Pending || len(m.events) != 0 {
			t.Errorf("looking changed something: %s, %v", m.state(id, weekly), m.events)
		}
		for i, want := range []error{nil, ErrUsed, ErrUsed} {
			if err := singleUse(l)[purpose](t.Context(), token); !errors.Is(err, want) {
				t.Errorf("%s, time %d: %v", purpose, i, err)
			}
		}
		if _, err := l.Peek(t.Context(), purpose, token); !errors.Is(err, ErrUsed) {
			t.Errorf("peek after use: %v", err)
		}
	}
}

func TestTicketsExpire(t *testing.T) {
	for purpose := range singleUse(nil) {
		l, m, k := testList(t)
		token := m.ticket(t, purpose, m.put(t, k, "ann@example.org", weekly, Pending))
		l.now = func() time.Time { return noon.Add(time.Hour) }
		if err := singleUse(l)[purpose](t.Context(), token); !errors.Is(err, ErrExpired) || !errors.Is(err, digest.ErrRefused) {
			t.Errorf("%s at its end: %v", purpose, err)
		}
		l.now = func() time.Time { return noon.Add(time.Hour - 1) }
		if err := singleUse(l)[purpose](t.Context(), token); err != nil {
			t.Errorf("%s just before: %v", purpose, err)
		}
		l.now = func() time.Time { return noon.Add(time.Hour) }
		if err := singleUse(l)[purpose](t.Context(), token); !errors.Is(err, ErrUsed) {
			t.Errorf("%s used, then expired: %v", purpose, err)
		}
	}
}

func TestEveryChangeOfATicketIsRefused(t *testing.T) {
	l, m, k := testList(t)
	token := m.ticket(t, PurposeConfirm, m.put(t, k, "ann@example.org", weekly, Pending))
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw)*8 < 128 {
		t.Fatalf("%q: %d random bytes, %v", token, len(raw), err)
	}
	wrong := []string{"", token + "A", token[1:], token + "=", " " + token, strings.Repeat("A", 32), strings.Repeat("A", 1<<20)}
	for i := range len(raw) * 8 {
		b := bytes.Clone(raw)
		b[i/8] ^= 1 << (i % 8)
		wrong = append(wrong, base64.RawURLEncoding.EncodeToString(b))
	}
	for i := range len(token) {
		for bit := range 8 {
			b := []byte(token)
			b[i] ^= 1 << bit
			wrong = append(wrong, string(b))
		}
	}
	for _, w := range wrong {
		err := l.Confirm(t.Context(), w, "")
		if !errors.Is(err, digest.ErrRefused) || errors.Is(err, ErrUsed) || errors.Is(err, ErrExpired) {
			t.Fatalf("%q: %v", w, err)
		}
		if w != "" && strings.Contains(err.Error(), w) {
			t.Fatalf("the error repeats %q", w)
		}
	}
	if err := l.Confirm(t.Context(), token, ""); err != nil {
		t.Errorf("the token itself: %v", err)
	}
}

func TestConfirm(t *testing.T) {
	for from, want := range map[State]State{Pending: Active, Unsubscribed: Active, Bounced: Active, Active: Active} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, from)
		if err := l.Confirm(t.Context(), m.ticket(t, PurposeConfirm, id), "button"); err != nil {
			t.Errorf("from %s: %v", from, err)
		}
		if m.state(id, weekly) != want {
			t.Errorf("%s becomes %s", from, m.state(id, weekly))
		}
		if c := m.consents[id+weekly]; from != want && (c.Wording != "words" || !c.Agreed.Equal(noon)) {
			t.Errorf("from %s: %+v", from, c)
		}
	}
}

func TestConfirmRefusesWhoIsSuppressedOrGone(t *testing.T) {
	for _, list := range []string{"", weekly} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, Pending)
		token := m.ticket(t, PurposeConfirm, id)
		h := k.AddressHash("ann@example.org")
		m.suppressed[h+list] = Suppression{Hash: h, Newsletter: list, Reason: "complained"}
		err := l.Confirm(t.Context(), token, "")
		if !errors.Is(err, digest.ErrRefused) || m.state(id, weekly) != Pending || strings.Contains(err.Error(), "ann") {
			t.Errorf("suppressed for %q: %v, %s", list, err, m.state(id, weekly))
		}
		delete(m.consents, id+weekly)
		if err := l.Confirm(t.Context(), token, ""); !errors.Is(err, digest.ErrNotFound) || strings.Contains(err.Error(), id) {
			t.Errorf("gone: %v", err)
		}
	}
}

// A letter that arrived proves more than a bounce from before it, and nothing
// against one that came since.
func TestConfirmLiftsABounce(t *testing.T) {
	for name, c := range map[string]struct {
		state  State
		reason string
		at     time.Time
		want   error
	}{
		"never confirmed":  {Pending, ReasonBounced, noon.Add(-time.Hour), nil},
		"left, then came":  {Unsubscribed, ReasonBounced, noon.Add(-time.Hour), nil},
		"was active":       {Bounced, ReasonBounced, noon, nil},
		"is active":        {Active, ReasonBounced, noon, nil},
		"bounced since":    {Bounced, ReasonBounced, noon.Add(time.Millisecond), ErrExpired},
		"active, since":    {Active, ReasonBounced, noon.Add(time.Millisecond), ErrExpired},
		"complained":       {Complained, ReasonBounced, noon.Add(-time.Hour), digest.ErrRefused},
		"by the operator":  {Bounced, "operator", noon.Add(-time.Hour), digest.ErrRefused},
		"erased, it seems": {Pending, ReasonErased, noon.Add(-time.Hour), digest.ErrRefused},
	} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, c.state)
		h := k.AddressHash("ann@example.org")
		m.suppressed[h] = Suppression{Hash: h, Reason: c.reason, Evidence: "550 5.1.1 no", At: c.at}
		token := m.ticket(t, PurposeConfirm, id)
		err := l.Confirm(t.Context(), token, "button")
		_, left := m.suppressed[h]
		if !errors.Is(err, c.want) || left == (c.want == nil) || c.want == nil && m.state(id, weekly) != Active || c.want != nil && m.state(id, weekly) != c.state {
			t.Errorf("%s: %v, %s, still suppressed: %v", name, err, m.state(id, weekly), left)
		}
		if c.want == digest.ErrRefused && errors.Is(err, ErrExpired) {
			t.Errorf("%s: invited to ask again, in vain", name)
		}
		if c.want != nil {
			continue
		}
		e := m.events[len(m.events)-1]
		if want := "form; confirmed: button; lifts what bounced on " + c.at.Format(time.DateOnly) + ": 550 5.1.1 no"; e.Evidence != want || e.Actor != Reader {
			t.Errorf("%s: %+v", name, e)
		}
		if err := l.Confirm(t.Context(), token, ""); !errors.Is(err, ErrUsed) {
			t.Errorf("%s, again: %v", name, err)
		}
	}
}

func TestLiftedOfWhatIsForgotten(t *testing.T) {
	if got := (Suppression{Reason: ReasonBounced, At: noon}).lifted(); got != "bounced on 2026-03-01" {
		t.Errorf("%q", got)
	}
}

// What somebody said last counts, not what lay in their mailbox before.
func TestConfirmRefusesLettersFromBeforeANo(t *testing.T) {
	for state, c := range map[State]struct {
		since time.Time
		want  error
	}{
		Unsubscribed: {noon.Add(time.Millisecond), ErrExpired},
		Bounced:      {noon.Add(time.Millisecond), ErrExpired},
		Complained:   {noon.Add(-time.Hour), digest.ErrRefused},
		Pending:      {noon.Add(time.Millisecond), nil},
		Active:       {noon.Add(time.Millisecond), nil},
	} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, state)
		consent := m.consents[id+weekly]
		consent.Since = c.since
		m.consents[id+weekly] = consent
		if err := l.Confirm(t.Context(), m.ticket(t, PurposeConfirm, id), ""); !errors.Is(err, c.want) {
			t.Errorf("%s since %v: %v", state, c.since, err)
		}
		if c.want != nil && m.state(id, weekly) != state {
			t.Errorf("%s became %s", state, m.state(id, weekly))
		}
	}
}

func TestNewTicketNeedsRandomness(t *testing.T) {
	if _, _, err := NewTicket(bytes.NewReader(make([]byte, ticketBytes-1))); err == nil {
		t.Error("a token of too little randomness")
	}
}

func TestTroubleIsNoRefusal(t *testing.T) {
	for _, purpose := range []Purpose{PurposeConfirm, PurposeData, PurposeErase} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, Active)
		use, token := singleUse(l)[purpose], m.ticket(t, purpose, id)
		m.fail = errors.New("disk full")
		if err := use(t.Context(), token); !errors.Is(err, m.fail) || errors.Is(err, digest.ErrRefused) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", purpose, err)
		}
		m.fail = nil
		if err := use(t.Context(), token); err != nil {
			t.Errorf("%s when it is over: %v", purpose, err)
		}
	}
}
