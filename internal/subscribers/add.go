package subscribers

import (
	"context"
	"fmt"
	"time"
)

// Result is what became of one entry given to List.Add.
type Result string

// The results of adding an entry.
const (
	Added   Result = "added"
	Already Result = "already active"
	Refused Result = "refused" // left, bounced, complained or suppressed
	Invalid Result = "invalid" // not an address
)

// Outcome says what became of one entry, and why where it was not added.
type Outcome struct {
	Entry  string `json:"entry"` // as given
	Result Result `json:"result"`
	Why    string `json:"why,omitempty"`
}

// batchSize bounds a write transaction: others wait for it.
const batchSize = 500

// candidate is an entry that is an address and the first of its normal form.
type candidate struct {
	person  Subscriber
	outcome *Outcome
}

// Add puts people on a newsletter's list on the operator's word that they
// agreed; how says in what way. It returns one outcome for each entry, in
// their order. Someone pending becomes active; nobody who left, bounced,
// complained or is suppressed is revived. It works in batches: after an error,
// which comes without outcomes, the same call can be made again.
func (l *List) Add(ctx context.Context, newsletter string, entries []string, how string) ([]Outcome, error) {
	outcomes := make([]Outcome, len(entries))
	first := map[string]int{} // normal form → index of its first entry
	same := map[int]int{}     // index → index of the same address before it
	var batch []candidate
	for i, entry := range entries {
		outcomes[i].Entry = entry
		a, err := ParseAddress(entry)
		if err != nil {
			outcomes[i].Result, outcomes[i].Why = Invalid, err.Error()
			continue
		}
		if j, ok := first[a.Normal]; ok {
			same[i] = j
			continue
		}
		first[a.Normal] = i
		person, err := l.person(a)
		if err != nil {
			return nil, err
		}
		batch = append(batch, candidate{person, &outcomes[i]})
		if len(batch) == batchSize {
			if err := l.addBatch(ctx, newsletter, batch, how); err != nil {
				return nil, err
			}
			batch = batch[:0]
		}
	}
	if err := l.addBatch(ctx, newsletter, batch, how); err != nil {
		return nil, err
	}
	repeat(outcomes, same)
	return outcomes, nil
}

// repeat gives entries that were given before the outcome of the first.
func repeat(outcomes []Outcome, same map[int]int) {
	for i, j := range same {
		outcomes[i].Result, outcomes[i].Why = outcomes[j].Result, outcomes[j].Why
		if outcomes[j].Result == Added {
			outcomes[i].Result, outcomes[i].Why = Already, "given twice"
		}
	}
}

func (l *List) person(a Address) (Subscriber, error) {
	id, err := NewID(l.random)
	if err != nil {
		return Subscriber{}, err
	}
	return Subscriber{
		ID: id, Address: a.Mailbox, Normal: a.Normal, Hash: l.keys.AddressHash(a.Normal),
		Name: a.Name, Created: l.now(),
	}, nil
}

func (l *List) addBatch(ctx context.Context, newsletter string, batch []candidate, how string) error {
	if len(batch) == 0 {
		return nil
	}
	people := persons(batch)
	now := l.now()
	consent := Consent{Newsletter: newsletter, State: Active, Since: now, How: how}
	event := Event{At: now, To: Active, Actor: Operator, How: how}
	before, err := l.store.Enrol(ctx, newsletter, people, consent, event)
	if err != nil {
		return fmt.Errorf("add %d addresses: %w", len(batch), err)
	}
	for i, c := range batch {
		if err := l.settle(ctx, newsletter, c, before[i], event); err != nil {
			return err
		}
	}
	return nil
}

// settle judges a candidate by how they stood before.
func (l *List) settle(ctx context.Context, newsletter string, c candidate, before Standing, e Event) error {
	switch {
	case before.Suppressed.Hash != "":
		c.outcome.Result, c.outcome.Why = Refused, before.Suppressed.why()
		return nil
	case before.State == "":
		c.outcome.Result = Added
		return nil
	case before.State == Active:
		c.outcome.Result = Already
		return nil
	}
	person, err := l.store.SubscriberByAddress(ctx, c.person.Normal)
	if err != nil {
		return fmt.Errorf("add %s: %w", c.person.Normal, err)
	}
	moved, err := l.store.Move(ctx, person.ID, newsletter, From(Active, e.Actor), e)
	if err != nil {
		return fmt.Errorf("add %s: %w", c.person.Normal, err)
	}
	if moved {
		c.outcome.Result = Added
		return nil
	}
	// Read now: in between, the person may have done something themselves.
	consent, err := l.store.Consent(ctx, person.ID, newsletter)
	if err != nil {
		return fmt.Errorf("add %s: %w", c.person.Normal, err)
	}
	c.outcome.judge(consent.State, consent.Since)
	return nil
}

// judge says why the operator's word does not bring a person back.
func (o *Outcome) judge(state State, since time.Time) {
	verb := past(state)
	if verb == "" { // active by now
		o.Result = Already
		return
	}
	o.Result, o.Why = Refused, verb+" on "+since.UTC().Format(time.DateOnly)
}

// past says what somebody did who gets no mail any more, and nothing of others.
func past(state State) string {
	return map[State]string{Unsubscribed: "left", Bounced: "bounced", Complained: "complained"}[state]
}

func persons(batch []candidate) []Subscriber {
	people := make([]Subscriber, len(batch))
	for i, c := range batch {
		people[i] = c.person
	}
	return people
}
