package subscribers

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func TestErase(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	if err := l.Erase(t.Context(), m.ticket(t, PurposeErase, id)); err != nil {
		t.Fatal(err)
	}
	if len(m.people) != 0 || len(m.consents) != 0 {
		t.Errorf("left: %v %v", m.people, m.consents)
	}
	h := k.AddressHash("ann@example.org")
	if s := m.suppressed[h]; s != (Suppression{Hash: h, Reason: ReasonErased, At: noon}) {
		t.Errorf("suppression %+v", s)
	}
	// Erased otherwise in between, it is done too.
	if err := l.Erase(t.Context(), m.ticket(t, PurposeErase, id)); err != nil {
		t.Errorf("of somebody who is gone: %v", err)
	}
	if got, err := l.Add(t.Context(), weekly, []string{"ann@example.org"}, "sheet"); err != nil || got[0].Result != Refused {
		t.Errorf("added again: %v, %v", got, err)
	}
}

func TestDataIsReadable(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	data, err := l.Data(t.Context(), m.ticket(t, PurposeData, id))
	if err != nil {
		t.Fatal(err)
	}
	var got disclosure
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Address != "ann@example.org" || len(got.Consents) != 1 || got.Consents[0].Newsletter != "weekly" || !got.Consents[0].Mailed {
		t.Errorf("%s", data)
	}
	for _, secret := range []string{id, k.AddressHash("ann@example.org"), weekly} {
		if strings.Contains(string(data), secret) {
			t.Errorf("it tells %s, which means nothing to a person", secret)
		}
	}
}

func TestDiscloseAll(t *testing.T) {
	p := Person{
		Subscriber:  Subscriber{Address: "ann@example.org", Name: "Ann", Language: "de", Created: noon},
		Newsletters: map[string]string{weekly: "weekly", monthly: "monthly"},
		Consents:    []Consent{{Newsletter: monthly, State: Active, Since: noon, Agreed: noon, How: "form", Wording: "words", Plain: true}},
		History:     []Change{{monthly, Event{noon, Pending, Active, Reader, "form", "words", "button"}}},
		Suppressions: []Suppression{
			{Hash: "h", Reason: "bounced", Evidence: "550", At: noon}, {Hash: "h", Newsletter: weekly, Reason: "operator", At: noon},
		},
		Issues:   []Received{{"monthly/3", "accepted", "250 <ann@example.org> ok", noon}},
		Requests: []Asked{{"confirm", weekly, "asked words", "form of the request", noon}},
		Links:    []Ticket{{Hash: "secret", Purpose: PurposeErase, Newsletter: weekly, Wording: "link words", Evidence: "form of the link", Expires: noon}},
		Letters:  []Written{{"data", weekly, "failed", "550 letter", noon}},
	}
	data, err := p.Disclose(noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"address": "ann@example.org"`, `"why_not": "suppressed on 2026-03-01: bounced"`, `"plain_text": true`, `"by": "subscriber"`,
		`"wording": "words"`, `"evidence": "button"`, `"reason": "operator"`, `"newsletter": "weekly"`, `"issue": "monthly/3"`, `"reply": "250 <ann@example.org> ok"`,
		`"wording": "asked words"`, `"evidence": "form of the request"`, `"purpose": "erase"`, `"wording": "link words"`,
		`"evidence": "form of the link"`, `"letter": "data"`, `"reply": "550 letter"`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("without %s:\n%s", want, data)
		}
	}
	if strings.Contains(string(data), "secret") {
		t.Errorf("with the hash of a link:\n%s", data)
	}
	if empty, err := (Person{}).Disclose(noon); err != nil || strings.Contains(string(empty), "null") {
		t.Errorf("of nobody: %s, %v", empty, err)
	}
}

func TestMailed(t *testing.T) {
	all, own, other := Suppression{Reason: "bounced", At: noon}, Suppression{Newsletter: weekly, Reason: "x", At: noon}, Suppression{Newsletter: monthly}
	for why, c := range map[string]struct {
		consent    Consent
		suppressed []Suppression
	}{
		"":                   {Consent{State: Active, PausedUntil: noon}, []Suppression{other}},
		"has not confirmed":  {Consent{State: Pending}, nil},
		"left on 2026-03-01": {Consent{State: Unsubscribed, Since: noon}, nil},
		"bounced on 2026-03-01, until they confirm anew": {Consent{State: Bounced, Since: noon}, nil},
		"complained on 2026-03-01":                       {Consent{State: Complained, Since: noon}, nil},
		"paused until 2026-03-01":                        {Consent{State: Active, PausedUntil: noon.Add(time.Millisecond)}, nil},
		"suppressed on 2026-03-01: bounced":              {Consent{State: Active}, []Suppression{other, all}},
		"suppressed on 2026-03-01: x":                    {Consent{State: Pending}, []Suppression{own}},
	} {
		c.consent.Newsletter = weekly
		mailed, got := Person{Suppressions: c.suppressed}.Mailed(c.consent, noon)
		if got != why || mailed != (why == "") {
			t.Errorf("%v, %q; want %q", mailed, got, why)
		}
	}
}

func TestLookup(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	if p, err := l.Lookup(t.Context(), "Ann <ANN@example.org>"); err != nil || p.Subscriber.ID != id {
		t.Errorf("%+v, %v", p, err)
	}
	h := k.AddressHash("bob@example.org")
	m.suppressed[h] = Suppression{Hash: h, Reason: ReasonErased, At: noon}
	if p, err := l.Lookup(t.Context(), "bob@example.org"); err != nil || len(p.Suppressions) != 1 || p.Subscriber.ID != "" {
		t.Errorf("erased: %+v, %v", p, err)
	}
	for address, want := range map[string]error{"zoe@example.org": digest.ErrNotFound, "zoe": digest.ErrUsage} {
		if _, err := l.Lookup(t.Context(), address); !errors.Is(err, want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	m.fail = errors.New("disk full")
	if _, err := l.Lookup(t.Context(), "ann@example.org"); !errors.Is(err, m.fail) {
		t.Errorf("trouble: %v", err)
	}
}
