// Package subscribers knows who may be mailed: the states of consent and how
// they follow each other, the normal form of an address, and the tokens by
// which a person acts on their own subscription.
package subscribers

import (
	"context"
	"time"
)

// State is what a person agreed to for one newsletter.
type State string

// The states of consent. An erased person has none: only a suppression is left.
const (
	Pending      State = "pending"
	Active       State = "active"
	Unsubscribed State = "unsubscribed"
	Bounced      State = "bounced"
	Complained   State = "complained"
)

// Subscriber is a person on the operator's lists.
type Subscriber struct {
	ID       string // 16 characters of base32, random, never reused
	Address  string // as given
	Normal   string // normal form: what makes two addresses one
	Hash     string // keyed hash of Normal, in hex
	Name     string
	Language string
	Created  time.Time
}

// Consent is one person's standing with one newsletter.
type Consent struct {
	Subscriber Subscriber
	Newsletter string // ID
	State      State
	Since      time.Time
	How        string
	Wording    string
}

// Event is what changed a consent, kept as evidence.
type Event struct {
	At       time.Time
	From, To State  // From is empty for the first
	Actor    string // operator, subscriber, relay, system
	How      string
	Evidence string
}

// Suppression is an address that must not be mailed. Newsletter is an ID, or
// empty for all of them.
type Suppression struct {
	Hash       string
	Newsletter string
	Reason     string
	Evidence   string
	At         time.Time
}

// Store keeps subscribers. Each method is one durable transaction.
type Store interface {
	// Subscriber finds a person by id or by normal address;
	// digest.ErrNotFound if there is none.
	Subscriber(ctx context.Context, id string) (Subscriber, error)
	SubscriberByAddress(ctx context.Context, normal string) (Subscriber, error)
	// Consent returns a person's standing; digest.ErrNotFound if there is none.
	Consent(ctx context.Context, subscriber, newsletter string) (Consent, error)
	// Suppressed returns the suppression of an address for a newsletter, its
	// own or the one for all; digest.ErrNotFound if there is none.
	Suppressed(ctx context.Context, hash, newsletter string) (Suppression, error)
	// Enrol stores each person, unless the normal address is known, and their
	// consent, unless there is one, with its event. It returns what each
	// person's consent was before: empty where it was made now, and the state
	// that stayed as it was otherwise.
	Enrol(ctx context.Context, newsletter string, people []Subscriber, c Consent, e Event) ([]State, error)
	// Move changes a consent from one of the given states to e.To, with its
	// event, and says whether it did.
	Move(ctx context.Context, subscriber, newsletter string, from []State, e Event) (bool, error)
	// Consents calls f for each consent of a newsletter, by address, in the
	// given state or in all for an empty one.
	Consents(ctx context.Context, newsletter string, state State, f func(Consent) error) error
}
