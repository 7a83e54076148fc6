package store

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

func ticket(newsletter string, n int, p subscribers.Purpose) subscribers.Ticket {
	return subscribers.Ticket{
		Hash: string(p) + person(n).ID, Purpose: p, Subscriber: person(n).ID, Newsletter: newsletter, Language: "de",
		Wording: "words", Evidence: "form", Created: noon, Expires: noon.Add(time.Hour),
	}
}

func (w *world) addTicket(k subscribers.Ticket) {
	w.Helper()
	w.must(w.change(w.ctx, "add a ticket", func(t tx) error { return t.addTicket(k) }))
}

func testTickets(t *testing.T, w *world) {
	k := ticket(w.newsletter("weekly"), 1, subscribers.PurposeData)
	w.addTicket(k)
	got, known, err := w.Ticket(w.ctx, k.Purpose, k.Hash)
	if d := cmp.Diff(k, got); d != "" || !known || err != nil {
		t.Errorf("%v, %v\n%s", known, err, d)
	}
	for _, c := range []subscribers.Ticket{{Hash: k.Hash, Purpose: subscribers.PurposeErase}, {Hash: "x", Purpose: k.Purpose}} {
		if _, known, err := w.Ticket(w.ctx, c.Purpose, c.Hash); known || err != nil {
			t.Errorf("%+v: %v, %v", c, known, err)
		}
	}
	for i := range 2 {
		if won, err := w.Use(w.ctx, k.Hash, noon.Add(time.Duration(i)*time.Second)); err != nil || won != (i == 0) {
			t.Errorf("use %d: %v, %v", i, won, err)
		}
	}
	if got, _, err := w.Ticket(w.ctx, k.Purpose, k.Hash); err != nil || !got.Used.Equal(noon) {
		t.Errorf("used: %+v, %v", got, err)
	}
	if won, err := w.Use(w.ctx, "none", noon); won || err != nil {
		t.Errorf("use of none: %v, %v", won, err)
	}
}

func testConfirm(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 1, 3)
	w.leave(newsletter, 1)
	w.exec(`UPDATE consent SET paused_until = 5 WHERE subscriber = $1`, person(1).ID)
	k := ticket(newsletter, 1, subscribers.PurposeConfirm)
	w.addTicket(k)
	e := subscribers.Event{At: noon.Add(time.Hour), To: subscribers.Active, Actor: subscribers.Reader, How: "form", Wording: "w2", Evidence: "button"}
	from := []subscribers.State{subscribers.Unsubscribed}
	done := make(chan bool)
	for range 4 {
		go func() {
			won, err := w.Confirm(w.ctx, k.Hash, from, e, subscribers.Suppression{})
			if err != nil {
				t.Error(err)
			}
			done <- won
		}()
	}
	won := 0
	for range 4 {
		if <-done {
			won++
		}
	}
	c, err := w.Consent(w.ctx, person(1).ID, newsletter)
	if won != 1 || err != nil || c.State != subscribers.Active || c.Wording != "w2" || !c.Agreed.Equal(e.At) || !c.PausedUntil.IsZero() {
		t.Errorf("%d times: %+v, %v", won, c, err)
	}
	// Who left after it is not brought back.
	w.leave(newsletter, 1)
	if won, err := w.Confirm(w.ctx, k.Hash, from, e, subscribers.Suppression{}); won || err != nil {
		t.Errorf("again: %v, %v", won, err)
	}
	changed := ticket(newsletter, 2, subscribers.PurposeConfirm)
	w.addTicket(changed)
	if won, err := w.Confirm(w.ctx, changed.Hash, from, e, subscribers.Suppression{}); won || err != nil {
		t.Errorf("who is active, from unsubscribed: %v, %v", won, err)
	}
	if got, _, err := w.Ticket(w.ctx, changed.Purpose, changed.Hash); err != nil || !got.Used.IsZero() {
		t.Errorf("a ticket that changed nothing was used up: %+v, %v", got, err)
	}
	data := ticket(newsletter, 2, subscribers.PurposeData)
	w.addTicket(data)
	if _, err := w.Confirm(w.ctx, data.Hash, from, e, subscribers.Suppression{}); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("by a data token: %v", err)
	}
	if got, _, err := w.Ticket(w.ctx, data.Purpose, data.Hash); err != nil || !got.Used.IsZero() {
		t.Errorf("a data token was used up: %+v, %v", got, err)
	}
}

func testPrefer(t *testing.T, w *world) {
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	w.enrolN(newsletter, 1, 3)
	w.enrolN(other, 1, 2)
	p := subscribers.Preferences{Newsletter: newsletter, PausedUntil: noon.AddDate(0, 1, 0), Plain: true, Language: "de"}
	choose := func(v *subscribers.Preferences) (*subscribers.Event, error) {
		p.State = v.State
		*v = p
		return &subscribers.Event{At: noon, Actor: "subscriber", How: "page", Evidence: "changed"}, nil
	}
	w.must(w.Prefer(w.ctx, person(1).ID, newsletter, choose))
	c, err := w.Consent(w.ctx, person(1).ID, newsletter)
	if err != nil || !c.PausedUntil.Equal(p.PausedUntil) || !c.Plain || c.Subscriber.Language != "de" || c.How != "operator" {
		t.Errorf("%+v, %v", c, err)
	}
	w.must(w.Prefer(w.ctx, person(1).ID, newsletter, func(v *subscribers.Preferences) (*subscribers.Event, error) {
		if *v != p {
			t.Errorf("set is %+v, want %+v", *v, p)
		}
		v.Plain = false
		return nil, nil
	}))
	for _, key := range [][2]string{{person(1).ID, other}, {person(2).ID, newsletter}} {
		if c, err := w.Consent(w.ctx, key[0], key[1]); err != nil || c.Plain || !c.PausedUntil.IsZero() {
			t.Errorf("%v: %+v, %v", key, c, err)
		}
	}
	for _, none := range []string{"none", other} {
		if err := w.Prefer(w.ctx, person(2).ID, none, choose); !errors.Is(err, digest.ErrNotFound) {
			t.Errorf("%s: %v", none, err)
		}
	}
	if err := w.Prefer(w.ctx, person(1).ID, newsletter, func(*subscribers.Preferences) (*subscribers.Event, error) {
		return nil, subscribers.ErrNoIssues
	}); !errors.Is(err, subscribers.ErrNoIssues) {
		t.Errorf("refused: %v", err)
	}
	if p, err := w.Person(w.ctx, person(1).ID); err != nil || len(p.History) != 3 {
		t.Errorf("history %+v, %v", p.History, err)
	}
	c, err = w.Consent(w.ctx, person(1).ID, newsletter)
	if err != nil || !c.Plain {
		t.Errorf("changed without an event: %+v, %v", c, err)
	}
}

func testPerson(t *testing.T, w *world) {
	newsletter, issue := w.sending(2)
	w.apply(change(w.claim(issue, "a", 1)[0], "claimed", "committing"))
	w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', '', 'letter', 5)`, person(0).Hash, newsletter)
	w.leave(newsletter, 0)
	p, err := w.Person(w.ctx, person(0).ID)
	w.must(err)
	if !maps.Equal(p.Newsletters, map[string]string{newsletter: "weekly"}) || p.Subscriber != person(0) {
		t.Errorf("%+v", p)
	}
	if len(p.Consents) != 1 || p.Consents[0].State != subscribers.Unsubscribed || p.Consents[0].Wording != "w1" {
		t.Errorf("consents %+v", p.Consents)
	}
	if len(p.History) != 2 || p.History[0].To != subscribers.Active || p.History[0].Wording != "w1" || p.History[1].How != "one-click" {
		t.Errorf("history %+v", p.History)
	}
	if len(p.Issues) != 1 || p.Issues[0].Issue != "weekly/1" || p.Issues[0].State != "committing" {
		t.Errorf("issues %+v", p.Issues)
	}
	traces, err := w.Traces(w.ctx, person(0).Hash)
	if len(p.Suppressions) != 1 || p.Suppressions[0].Evidence != "letter" || err != nil || cmp.Diff(traces.Suppressions, p.Suppressions) != "" {
		t.Errorf("suppressions %+v, %+v, %v", p.Suppressions, traces, err)
	}
	if _, err := w.Person(w.ctx, "none"); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func testErasePerson(t *testing.T, w *world) {
	newsletter, issue := w.sending(2)
	gone := person(0)
	w.exec(`UPDATE delivery SET last_reply = '550 <p0@example.org> is full' WHERE subscriber = $1`, gone.ID)
	w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', 'p0@example.org', 'p0@example.org asked', 5)`, gone.Hash, newsletter)
	r := asked(newsletter, 0)
	w.must(w.TakeDown(w.ctx, r))
	used := ticket(newsletter, 0, subscribers.PurposeErase)
	for _, k := range []subscribers.Ticket{used, ticket(newsletter, 0, subscribers.PurposeConfirm), ticket(newsletter, 1, subscribers.PurposeData)} {
		k.Evidence = k.Subscriber + "@example.org"
		w.addTicket(k)
	}
	s := subscribers.Suppression{Hash: gone.Hash, Reason: subscribers.ReasonErased, At: noon}
	for range 2 {
		w.must(w.ErasePerson(w.ctx, gone.ID, s))
	}
	for table, columns := range map[string]string{
		"subscriber": "address || normal || name", "consent": "subscriber || how", "consent_event": "subscriber || evidence",
		"suppression": "address || evidence", "intake": "address || normal || evidence", "ticket": "evidence || wording",
		"delivery": "last_reply",
	} {
		all, err := collect(w.ctx, w.read, func(scan scan) (v string, err error) { return v, scan(&v) },
			`SELECT `+columns+` FROM `+table)
		w.must(err)
		for _, v := range all {
			if strings.Contains(strings.ToLower(v), gone.Normal) || strings.Contains(v, gone.ID) {
				t.Errorf("%s still has %q", table, v)
			}
		}
	}
	if v := w.suppression(gone.Hash, newsletter); v.Hash == "" || w.suppression(gone.Hash, "other").Reason != subscribers.ReasonErased {
		t.Errorf("suppressed: %+v", v)
	}
	if _, known, err := w.Ticket(w.ctx, used.Purpose, used.Hash); !known || err != nil {
		t.Errorf("the token that did it: %v, %v", known, err)
	}
	if _, err := w.Subscriber(w.ctx, person(1).ID); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if n := w.query(`SELECT COUNT(*) FROM delivery WHERE issue = $1`, issue); n != "2" {
		t.Errorf("%s rows in the ledger", n)
	}
}
