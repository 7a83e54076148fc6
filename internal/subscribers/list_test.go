package subscribers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"digest.example/internal/digest"
)

func TestAddJudgesEveryEntry(t *testing.T) {
	l, m, k := testList(t)
	m.put(t, k, "active@example.org", weekly, Active)
	pending := m.put(t, k, "pending@example.org", weekly, Pending)
	left := m.put(t, k, "left@example.org", weekly, Unsubscribed)
	m.put(t, k, "bounced@example.org", weekly, Bounced)
	m.put(t, k, "complained@example.org", weekly, Complained)
	m.put(t, k, "elsewhere@example.org", monthly, Unsubscribed)
	for address, list := range map[string]string{"nowhere@example.org": "", "nothere@example.org": weekly, "notthere@example.org": monthly} {
		h := k.AddressHash(address)
		m.suppressed[h+list] = Suppression{Hash: h, Newsletter: list, Reason: "erased", At: noon}
	}
	want := []Outcome{
		{"Ann <Ann@example.org>", Added, ""},
		{"ann@EXAMPLE.org", Already, "given twice"},
		{"active@example.org", Already, ""},
		{"pending@example.org", Added, ""},
		{"left@example.org", Refused, "left on 2026-02-01"},
		{"LEFT@example.org", Refused, "left on 2026-02-01"},
		{"bounced@example.org", Refused, "bounced on 2026-02-01"},
		{"complained@example.org", Refused, "complained on 2026-02-01"},
		{"elsewhere@example.org", Added, ""},
		{"nowhere@example.org", Refused, "suppressed on 2026-03-01: erased"},
		{"nothere@example.org", Refused, "suppressed on 2026-03-01: erased"},
		{"notthere@example.org", Added, ""},
		{"rubbish", Invalid, "there is no @ in it"},
	}
	var entries []string
	for _, o := range want {
		entries = append(entries, o.Entry)
	}
	got, err := l.Add(context.Background(), weekly, entries, "paper form")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes\n%v\nwant\n%v", got, want)
	}
	if m.state(pending, weekly) != Active || m.state(left, weekly) != Unsubscribed {
		t.Errorf("pending is %s, left is %s", m.state(pending, weekly), m.state(left, weekly))
	}
	checkAdded(t, m, k)
}

func checkAdded(t *testing.T, m *memory, k *Keys) {
	t.Helper()
	ann, err := m.SubscriberByAddress(context.Background(), "ann@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if ann.Address != "Ann@example.org" || ann.Name != "Ann" || ann.Hash != k.AddressHash(ann.Normal) || !ann.Created.Equal(noon) {
		t.Errorf("stored %+v", ann)
	}
	c := m.consents[ann.ID+weekly]
	if c.State != Active || c.How != "paper form" || !c.Since.Equal(noon) {
		t.Errorf("consent %+v", c)
	}
	for _, e := range m.events {
		if e.To != Active || e.Actor != Operator || e.How != "paper form" || !e.At.Equal(noon) {
			t.Errorf("event %+v", e)
		}
	}
	if len(m.events) != 4 {
		t.Errorf("%d events for 4 changes", len(m.events))
	}
	if _, err := m.SubscriberByAddress(context.Background(), "nowhere@example.org"); err == nil {
		t.Error("a suppressed address was stored")
	}
}

func TestAddWorksInBatches(t *testing.T) {
	l, m, _ := testList(t)
	entries := make([]string, 1201)
	for i := range entries {
		entries[i] = fmt.Sprintf("reader%d@example.org", i)
	}
	got, err := l.Add(context.Background(), weekly, entries, "operator")
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if o.Entry != entries[i] || o.Result != Added {
			t.Fatalf("entry %d: %+v", i, o)
		}
	}
	if !slices.Equal(m.batches, []int{500, 500, 201}) {
		t.Errorf("batches of %v", m.batches)
	}
}

func TestAddAgainChangesNothing(t *testing.T) {
	l, m, _ := testList(t)
	for i, want := range []Result{Added, Already} {
		got, err := l.Add(context.Background(), weekly, []string{"ann@example.org"}, "operator")
		if err != nil || got[0].Result != want {
			t.Errorf("time %d: %v, %v", i, got, err)
		}
	}
	if len(m.people) != 1 || len(m.events) != 1 {
		t.Errorf("%d people, %d events", len(m.people), len(m.events))
	}
}

func TestAddReportsTrouble(t *testing.T) {
	l, m, _ := testList(t)
	m.fail = errors.New("disk full")
	if _, err := l.Add(context.Background(), weekly, []string{"ann@example.org"}, "operator"); !errors.Is(err, m.fail) {
		t.Errorf("store fails: %v", err)
	}
	m.fail = nil
	l.random = iotest.ErrReader(errors.New("no randomness"))
	if _, err := l.Add(context.Background(), weekly, []string{"ann@example.org"}, "operator"); err == nil {
		t.Error("no randomness, and no error")
	}
	if got, err := l.Add(context.Background(), weekly, nil, "operator"); err != nil || len(got) != 0 {
		t.Errorf("nothing to add: %v, %v", got, err)
	}
}

func TestRemove(t *testing.T) {
	l, m, k := testList(t)
	id := m.put(t, k, "ann@example.org", weekly, Active)
	for i, want := range []bool{true, false} {
		moved, err := l.Remove(context.Background(), weekly, "Ann <ANN@example.org>", "phoned")
		if err != nil || moved != want {
			t.Errorf("time %d: %v, %v", i, moved, err)
		}
	}
	if m.state(id, weekly) != Unsubscribed || len(m.events) != 1 {
		t.Fatalf("state %s, events %v", m.state(id, weekly), m.events)
	}
	if e := m.events[0]; e.From != Active || e.Actor != Operator || e.Evidence != "phoned" || !e.At.Equal(noon) {
		t.Errorf("event %+v", e)
	}
}

func TestRemoveWhoIsNotThere(t *testing.T) {
	l, m, k := testList(t)
	m.put(t, k, "ann@example.org", monthly, Active)
	for address, want := range map[string]error{
		"bob@example.org": digest.ErrNotFound,
		"ann@example.org": digest.ErrNotFound,
		"ann":             digest.ErrUsage,
	} {
		if _, err := l.Remove(context.Background(), weekly, address, ""); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
	if len(m.events) != 0 {
		t.Errorf("events %v", m.events)
	}
}

func TestUnsubscribeByToken(t *testing.T) {
	for from, want := range map[State]State{
		Pending: Unsubscribed, Active: Unsubscribed, Bounced: Unsubscribed,
		Unsubscribed: Unsubscribed, Complained: Complained,
	} {
		l, m, k := testList(t)
		id := m.put(t, k, "ann@example.org", weekly, from)
		other := m.put(t, k, "bob@example.org", weekly, Active)
		m.consents[id+monthly] = Consent{Newsletter: monthly, State: Active}
		for range 3 {
			if err := l.Unsubscribe(context.Background(), mustToken(t, k, id, weekly), "one-click"); err != nil {
				t.Fatalf("from %s: %v", from, err)
			}
		}
		if m.state(id, weekly) != want {
			t.Errorf("%s becomes %s", from, m.state(id, weekly))
		}
		if m.state(other, weekly) != Active || m.state(id, monthly) != Active {
			t.Errorf("from %s: it touched another subscription", from)
		}
		events := 1
		if from == want {
			events = 0
		}
		if len(m.events) != events {
			t.Errorf("from %s: %d events", from, len(m.events))
		} else if events == 1 && (m.events[0].Actor != Reader || m.events[0].Evidence != "one-click" || m.events[0].From != from) {
			t.Errorf("from %s: event %+v", from, m.events[0])
		}
	}
}

func TestUnsubscribeOfNobodySucceeds(t *testing.T) {
	l, m, k := testList(t)
	erased := mustToken(t, k, someone, weekly)
	if err := l.Unsubscribe(context.Background(), erased, ""); err != nil {
		t.Errorf("erased: %v", err)
	}
	m.fail = digest.ErrNotFound
	if err := l.Unsubscribe(context.Background(), erased, ""); err != nil {
		t.Errorf("a store that finds nobody: %v", err)
	}
	m.fail = errors.New("the store must not be asked")
	if err := l.Unsubscribe(context.Background(), mustToken(t, k, Nobody, weekly), ""); err != nil {
		t.Errorf("inert: %v", err)
	}
	if len(m.events) != 0 || len(m.people) != 0 {
		t.Error("something changed")
	}
}

func TestUnsubscribeTellsRefusalFromTrouble(t *testing.T) {
	l, m, k := testList(t)
	m.consents[someone+weekly] = Consent{State: Active}
	m.fail = errors.New("disk full")
	token := mustToken(t, k, someone, weekly)
	err := l.Unsubscribe(context.Background(), token, "")
	if !errors.Is(err, m.fail) || errors.Is(err, digest.ErrRefused) {
		t.Errorf("trouble: %v", err)
	}
	if strings.Contains(err.Error(), token) {
		t.Errorf("%v repeats the token", err)
	}
	if err := l.Unsubscribe(context.Background(), token[1:]+"A", ""); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("bad token: %v", err)
	}
}

func TestNewsletterOfAToken(t *testing.T) {
	l, _, k := testList(t)
	for _, id := range []string{someone, Nobody} {
		if got, err := l.Newsletter(mustToken(t, k, id, weekly)); err != nil || got != weekly {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
	if _, err := l.Newsletter("x"); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("bad token: %v", err)
	}
}
