package subscribers

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"digest.example/internal/digest"
)

const (
	weekly  = "0a1b2c3d"
	monthly = "ffffffff"
)

// noon is the time that the tests' clock shows.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a Store without a database.
type memory struct {
	people     map[string]Subscriber // by id
	consents   map[string]Consent    // by id + newsletter
	events     []Event
	suppressed map[string]Suppression // by hash + newsletter
	batches    []int                  // sizes given to Enrol
	requests   []Request
	tickets    map[string]Ticket // by hash
	fail       error             // what every method answers, if set
}

func newMemory() *memory {
	return &memory{people: map[string]Subscriber{}, consents: map[string]Consent{}, suppressed: map[string]Suppression{}, tickets: map[string]Ticket{}}
}

func (m *memory) Subscriber(_ context.Context, id string) (Subscriber, error) {
	p, ok := m.people[id]
	if !ok {
		return p, digest.ErrNotFound
	}
	return p, m.fail
}

func (m *memory) SubscriberByAddress(_ context.Context, normal string) (Subscriber, error) {
	for _, p := range m.people {
		if p.Normal == normal {
			return p, m.fail
		}
	}
	return Subscriber{}, errors.Join(digest.ErrNotFound, m.fail)
}

func (m *memory) Consent(_ context.Context, id, newsletter string) (Consent, error) {
	c, ok := m.consents[id+newsletter]
	if !ok {
		return c, digest.ErrNotFound
	}
	return c, m.fail
}

func (m *memory) Suppressions(_ context.Context, newsletter string, people []Subscriber) (map[string]Suppression, error) {
	found := map[string]Suppression{}
	for _, p := range people {
		for _, n := range []string{"", newsletter} {
			if s, ok := m.suppressed[p.Hash+n]; ok {
				found[p.Hash] = s
			}
		}
	}
	return found, m.fail
}

func (m *memory) Standings(_ context.Context, newsletter string, people []Subscriber) ([]Standing, error) {
	all := make([]Standing, len(people))
	for i, p := range people {
		if known, err := m.SubscriberByAddress(context.Background(), p.Normal); err == nil {
			c := m.consents[known.ID+newsletter]
			all[i] = Standing{Subscriber: known.ID, Name: known.Name, State: c.State, Since: c.Since}
		}
	}
	return all, m.fail
}

func (m *memory) SetNames(_ context.Context, people []Subscriber) error {
	for _, p := range people {
		if known := m.people[p.ID]; known.Name == "" {
			known.Name = p.Name
			m.people[p.ID] = known
		}
	}
	return m.fail
}

func (m *memory) OpenImport(_ context.Context, newsletter, _ string, at time.Time) (Import, error) {
	return &memoryImport{memory: m, newsletter: newsletter, at: at}, m.fail
}

// memoryImport keeps what it was given to itself until it is shown.
type memoryImport struct {
	*memory
	newsletter string
	at         time.Time
	staged     []Entry
	closed     bool
}

func (i *memoryImport) Stage(ctx context.Context, entries []Entry) ([]Standing, error) {
	i.batches = append(i.batches, len(entries))
	before, err := i.Standings(ctx, i.newsletter, people(entries))
	suppressed, _ := i.Suppressions(ctx, i.newsletter, people(entries))
	for n, e := range entries {
		if before[n].Suppressed = suppressed[e.Person.Hash]; before[n].Suppressed.Hash == "" && before[n].State == "" {
			i.staged = append(i.staged, e)
		}
	}
	return before, err
}

func (i *memoryImport) Drop(_ context.Context, people []Subscriber) error {
	for _, p := range people {
		i.staged = slices.DeleteFunc(i.staged, func(e Entry) bool { return e.Person.Normal == p.Normal })
	}
	return i.fail
}

func (i *memoryImport) Show(ctx context.Context, from []State, confirm []Entry) error {
	for _, e := range i.staged {
		_, err := i.Enrol(ctx, i.newsletter, []Subscriber{e.Person},
			Consent{State: Active, Since: e.Since, How: e.How, Wording: e.Wording},
			Event{At: i.at, To: Active, Actor: Operator, How: e.How, Evidence: e.Evidence})
		if err != nil {
			return err
		}
	}
	for _, e := range confirm {
		event := Event{At: i.at, To: Active, Actor: Operator, How: e.How, Wording: e.Wording, Evidence: e.Evidence}
		if _, err := i.Move(ctx, e.Person.ID, i.newsletter, from, event); err != nil {
			return err
		}
	}
	return i.fail
}

func (i *memoryImport) Close() error { i.closed = true; return nil }

func (m *memory) Enrol(_ context.Context, newsletter string, people []Subscriber, c Consent, e Event) ([]Standing, error) {
	m.batches = append(m.batches, len(people))
	before := make([]Standing, len(people))
	suppressed, _ := m.Suppressions(context.Background(), newsletter, people)
	for i, p := range people {
		if before[i].Suppressed = suppressed[p.Hash]; before[i].Suppressed.Hash != "" {
			continue
		}
		if known, err := m.SubscriberByAddress(context.Background(), p.Normal); err == nil {
			p = known
		}
		m.people[p.ID] = p
		key := p.ID + newsletter
		if had, ok := m.consents[key]; ok {
			before[i].State = had.State
			continue
		}
		c.Subscriber, c.Newsletter = p, newsletter
		m.consents[key] = c
		m.events = append(m.events, e)
	}
	return before, m.fail
}

func (m *memory) Move(_ context.Context, id, newsletter string, from []State, e Event) (bool, error) {
	if m.fail != nil {
		return false, m.fail
	}
	c, ok := m.consents[id+newsletter]
	if !ok || !slices.Contains(from, c.State) {
		return false, nil
	}
	if e.From = c.State; e.From == e.To {
		m.events = append(m.events, e)
		return true, nil
	}
	c.State, c.Since = e.To, e.At
	if e.To == Active {
		c.Agreed, c.How, c.Wording, c.PausedUntil = e.At, e.How, e.Wording, time.Time{}
	}
	m.consents[id+newsletter] = c
	m.events = append(m.events, e)
	return true, nil
}

func (m *memory) Consents(_ context.Context, newsletter string, state State, f func(Consent) error) error {
	for _, c := range m.consents {
		if c.Newsletter != newsletter || state != "" && c.State != state {
			continue
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return m.fail
}

func (m *memory) TakeDown(_ context.Context, r Request) error {
	m.requests = append(m.requests, r)
	return m.fail
}

func (m *memory) Ticket(_ context.Context, p Purpose, hash string) (Ticket, bool, error) {
	t, ok := m.tickets[hash]
	if !ok || t.Purpose != p {
		return Ticket{}, false, m.fail
	}
	return t, true, m.fail
}

func (m *memory) Use(_ context.Context, hash string, at time.Time) (bool, error) {
	t, ok := m.tickets[hash]
	if !ok || !t.Used.IsZero() {
		return false, m.fail
	}
	t.Used = at
	m.tickets[hash] = t
	return true, m.fail
}

func (m *memory) Confirm(ctx context.Context, hash string, from []State, e Event, lift Suppression) (bool, error) {
	t := m.tickets[hash]
	h := m.people[t.Subscriber].Hash
	if s := m.suppressed[h]; s != lift || !t.Used.IsZero() || !slices.Contains(from, m.state(t.Subscriber, t.Newsletter)) {
		return false, m.fail
	}
	won, err := m.Use(ctx, hash, e.At)
	if won && err == nil {
		delete(m.suppressed, h)
		_, err = m.Move(ctx, t.Subscriber, t.Newsletter, from, e)
	}
	return won, err
}

func (m *memory) Prefer(_ context.Context, id, newsletter string, choose func(*Preferences) (*Event, error)) error {
	c, ok := m.consents[id+newsletter]
	if !ok {
		return digest.ErrNotFound
	}
	p := c.preferences()
	e, err := choose(&p)
	if err != nil || e == nil {
		return err
	}
	e.From, e.To = c.State, c.State
	c.PausedUntil, c.Plain, c.Subscriber.Language = p.PausedUntil, p.Plain, p.Language
	m.consents[id+newsletter] = c
	m.events = append(m.events, *e)
	return m.fail
}

func (m *memory) Person(_ context.Context, id string) (Person, error) {
	p, ok := m.people[id]
	if !ok {
		return Person{}, digest.ErrNotFound
	}
	all := Person{Subscriber: p, Newsletters: map[string]string{weekly: "weekly", monthly: "monthly"}}
	for _, n := range []string{weekly, monthly} {
		if c, ok := m.consents[id+n]; ok {
			all.Consents = append(all.Consents, c)
		}
	}
	return all, m.fail
}

func (m *memory) Traces(_ context.Context, hash string) (Person, error) {
	p := Person{Newsletters: map[string]string{weekly: "weekly", monthly: "monthly"}}
	for _, s := range m.suppressed {
		if s.Hash == hash {
			p.Suppressions = append(p.Suppressions, s)
		}
	}
	return p, m.fail
}

func (m *memory) ErasePerson(_ context.Context, id string, s Suppression) error {
	if m.fail != nil {
		return m.fail
	}
	m.suppressed[s.Hash+s.Newsletter] = s
	for _, n := range []string{weekly, monthly} {
		delete(m.consents, id+n)
	}
	delete(m.people, id)
	return nil
}

// put makes somebody with a consent, and returns their id.
func (m *memory) put(t *testing.T, keys *Keys, normal, newsletter string, state State) string {
	t.Helper()
	id, err := NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := Subscriber{ID: id, Address: normal, Normal: normal, Hash: keys.AddressHash(normal)}
	m.people[id] = p
	m.consents[id+newsletter] = Consent{Subscriber: p, Newsletter: newsletter, State: state, Since: noon.AddDate(0, -1, 0)}
	return id
}

func (m *memory) state(id, newsletter string) State { return m.consents[id+newsletter].State }

func testKeys(t testing.TB) *Keys {
	t.Helper()
	k, err := NewKeys(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testList(t testing.TB) (*List, *memory, *Keys) {
	t.Helper()
	m, k := newMemory(), testKeys(t)
	l := NewList(Options{Store: m, Keys: k, Now: func() time.Time { return noon }, Random: rand.Reader})
	return l, m, k
}
