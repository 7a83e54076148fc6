package subscribers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// Persons knows all that is kept of a person, and forgets it.
type Persons interface {
	// Person returns all that is kept of somebody; digest.ErrNotFound if there
	// is nobody.
	Person(ctx context.Context, id string) (Person, error)
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
	data, err := json.MarshalIndent(p.disclose(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write a person's data: %w", err)
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

// ReasonErased is the reason of the suppression that an erased person leaves.
const ReasonErased = "erased"
