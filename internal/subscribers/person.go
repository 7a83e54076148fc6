package subscribers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// Persons knows all that is kept of a person, and forgets it.
type Persons interface {
	// Person returns all that is kept of somebody, read in several steps;
	// digest.ErrNotFound if there is nobody.
	Person(ctx context.Context, id string) (Person, error)
	// Traces returns what is kept of an address by its hash alone: newsletters
	// and suppressions.
	Traces(ctx context.Context, hash string) (Person, error)
	// ErasePerson forgets all of it but the suppression, which it adds. It
	// succeeds where there is nobody. Used tickets of the person may stay, to
	// tell a second request that it is done.
	ErasePerson(ctx context.Context, id string, s Suppression) error
}

// Person is all that is kept of somebody.
type Person struct {
	Subscriber   Subscriber
	Newsletters  map[string]string // names by id, of all that are named below
	Consents     []Consent         // Subscriber is empty in them
	History      []Change          // oldest first
	Suppressions []Suppression
	Issues       []Received // newest first
	Forgotten    time.Time  // slot until which issues may be missing, since only their numbers are kept; zero: none is
	Requests     []Asked    // made on the pages, oldest first, like the next two
	Links        []Ticket   // single-use
	Letters      []Written
}

// Change is an event with the newsletter that it was about.
type Change struct {
	Newsletter string // id
	Event
}

// Received is one issue that was sent, or meant to be sent, to somebody.
type Received struct {
	Issue string // as weekly/47
	State string // of the delivery
	Reply string // the last one of the mail server's
	At    time.Time
}

// Asked is what somebody asked for on the pages.
type Asked struct {
	Kind       string // of letter: confirm, data, erase
	Newsletter string // id
	Wording    string // what it agrees to
	Evidence   string
	At         time.Time
}

// Written is a letter to somebody.
type Written struct {
	Kind       string // as in Asked
	Newsletter string // id
	State      string // of the delivery
	Reply      string // the last one of the mail server's
	At         time.Time
}

// Lookup returns all that is kept of an address. Of one that was erased that is
// a suppression. It fails with digest.ErrUsage for what is no address, and with
// digest.ErrNotFound where there is no trace of it.
func (l *List) Lookup(ctx context.Context, address string) (Person, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return Person{}, fmt.Errorf("%w: look up %q: %w", digest.ErrUsage, address, err)
	}
	known, err := l.store.SubscriberByAddress(ctx, a.Normal)
	if err == nil {
		return l.store.Person(ctx, known.ID)
	}
	if !errors.Is(err, digest.ErrNotFound) {
		return Person{}, fmt.Errorf("look up %s: %w", a.Normal, err)
	}
	p, err := l.store.Traces(ctx, l.keys.AddressHash(a.Normal))
	if err == nil && len(p.Suppressions) == 0 {
		err = digest.ErrNotFound
	}
	if err != nil {
		return Person{}, fmt.Errorf("look up %s: %w", a.Normal, err)
	}
	return p, nil
}

// Mailed says whether a person gets the issues of a newsletter, and if not, why.
func (p Person) Mailed(c Consent, now time.Time) (mailed bool, why string) {
	for _, s := range p.Suppressions {
		if s.Newsletter == "" || s.Newsletter == c.Newsletter {
			return false, s.why()
		}
	}
	switch {
	case c.State == Pending:
		return false, "has not confirmed"
	case c.State == Bounced: // of which another newsletter's confirmation was proof
		return false, "bounced on " + c.Since.UTC().Format(time.DateOnly) + ", until they confirm anew"
	case c.State != Active:
		return false, past(c.State) + " on " + c.Since.UTC().Format(time.DateOnly)
	case c.PausedUntil.After(now):
		return false, "paused until " + c.PausedUntil.UTC().Format(time.DateOnly)
	}
	return true, ""
}

// Data returns all that is kept of a person as JSON, for a single-use token,
// which is used up by it. It fails as Peek does.
func (l *List) Data(ctx context.Context, token string) ([]byte, error) {
	t, err := l.ticket(ctx, PurposeData, token)
	if err != nil {
		return nil, err
	}
	p, err := l.store.Person(ctx, t.Subscriber)
	if err != nil {
		return nil, gone(err)
	}
	data, err := p.Disclose(l.now())
	if err != nil {
		return nil, err
	}
	won, err := l.store.Use(ctx, t.Hash, l.now())
	if err != nil {
		return nil, fmt.Errorf("use a data token: %w", err)
	}
	if !won {
		return nil, ErrUsed
	}
	return data, nil
}

// Erase forgets a person, for a single-use token, which is used up by it. What
// stays is a keyed hash of their address, so that nobody mails them again. It
// fails as Peek does.
func (l *List) Erase(ctx context.Context, token string) error {
	t, err := l.ticket(ctx, PurposeErase, token)
	if err != nil {
		return err
	}
	// Erased before the token is used up: a crash in between must not leave
	// somebody with a link that does nothing more.
	person, err := l.store.Subscriber(ctx, t.Subscriber)
	if err == nil {
		err = l.erase(ctx, person)
	} else {
		err = gone(err)
	}
	if err != nil && !errors.Is(err, digest.ErrNotFound) {
		return err
	}
	if _, err := l.store.Use(ctx, t.Hash, l.now()); err != nil {
		return fmt.Errorf("use an erase token: %w", err)
	}
	return nil
}

func (l *List) erase(ctx context.Context, p Subscriber) error {
	s := Suppression{Hash: p.Hash, Reason: ReasonErased, At: l.now()}
	if err := l.store.ErasePerson(ctx, p.ID, s); err != nil {
		return fmt.Errorf("erase a person: %w", err)
	}
	return nil
}

// Reasons of suppressions: what an erased person leaves, and what a mail server's
// refusal of the address does. The latter alone is ever lifted: by Confirm.
const (
	ReasonErased  = "erased"
	ReasonBounced = "bounced"
)
