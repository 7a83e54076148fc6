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
	Since      time.Time // since when State is what it is
	// How and when the person agreed, and to which words: they stay when the
	// person leaves, and change only when they agree again. Agreed is zero for
	// those who never did, or of whom it is not known.
	Agreed       time.Time
	How, Wording string
	PausedUntil  time.Time // no issue before it; zero: not paused
	Plain        bool      // mail without HTML
}

// Event is what changed a consent or its preferences, kept as evidence. Of an
// agreement it keeps the words.
type Event struct {
	At       time.Time
	From, To State  // From is empty for the first
	Actor    string // operator, subscriber, relay, system
	How      string
	Wording  string
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

// why says it to the operator.
func (s Suppression) why() string {
	return "suppressed on " + s.At.UTC().Format(time.DateOnly) + ": " + s.Reason
}

// Standing is what is known of an address and a newsletter.
type Standing struct {
	Subscriber string      // their id; empty: the address is not known
	Name       string      // of the subscriber
	State      State       // of their consent; empty: there is none
	Since      time.Time   // of their consent
	Suppressed Suppression // without a Hash: the address is not. Standings does not look
}

// Entry is one person of a list that is being imported.
type Entry struct {
	Person       Subscriber
	Line         int // of the file
	Since        time.Time
	How, Wording string // of the consent
	Evidence     string
}

// Store keeps subscribers. Each method is one durable transaction, unless it
// says otherwise. A consent that is only staged is none to any method but those
// of its Import.
type Store interface {
	Desk
	Persons

	// Subscriber finds a person by id or by normal address;
	// digest.ErrNotFound if there is none.
	Subscriber(ctx context.Context, id string) (Subscriber, error)
	SubscriberByAddress(ctx context.Context, normal string) (Subscriber, error)
	// Consent returns a person's standing; digest.ErrNotFound if there is none.
	Consent(ctx context.Context, subscriber, newsletter string) (Consent, error)
	// Standings returns what is known of each person's Normal, in their order.
	Standings(ctx context.Context, newsletter string, people []Subscriber) ([]Standing, error)
	// Suppressions returns, by Hash, those of the people that there are, for the
	// newsletter or for all; of two, the newsletter's own, unless that is the one that
	// can be lifted.
	Suppressions(ctx context.Context, newsletter string, people []Subscriber) (map[string]Suppression, error)
	// Enrol stores each person, unless the normal address is known, and their
	// consent, unless there is one, with its event. Whose address is suppressed it
	// leaves out. It returns how people stood before, in their order: where there
	// was no consent it was made now, and otherwise stayed as it was.
	Enrol(ctx context.Context, newsletter string, people []Subscriber, c Consent, e Event) ([]Standing, error)
	// Move changes a consent from one of the given states to e.To, with its
	// event, and says whether it did. To Active it is a new agreement, with the
	// event's how and wording, and ends a pause; of who is active already only the
	// event is kept.
	Move(ctx context.Context, subscriber, newsletter string, from []State, e Event) (bool, error)
	// Consents calls f for each consent of a newsletter, by address, in the
	// given state or in all for an empty one.
	Consents(ctx context.Context, newsletter string, state State, f func(Consent) error) error
	// OpenImport begins to import a list. It fails with digest.ErrBusy while
	// another import runs, and with digest.ErrNotFound for a newsletter that
	// there is not. What imports that did not come to their end have staged, it
	// removes, in several transactions.
	OpenImport(ctx context.Context, newsletter, how string, at time.Time) (Import, error)
	// SetNames gives people, found by id, their names, unless they have one, in
	// several transactions.
	SetNames(ctx context.Context, people []Subscriber) error
}

// Import is a list on its way into a newsletter's.
type Import interface {
	// Stage stores people and their consents, which nobody sees, in
	// transactions that are short enough not to be in anybody's way. It leaves
	// consents that there are as they are, and out whose address is suppressed. It
	// returns how people stood before, in the order of the entries, which it may
	// change.
	Stage(ctx context.Context, entries []Entry) ([]Standing, error)
	// Drop takes back what was staged of people, found by Normal.
	Drop(ctx context.Context, people []Subscriber) error
	// Show makes all that was staged visible in one transaction, and after it
	// those people active whose consent is in one of the given states. If that
	// stops midway, the next import that is opened completes it.
	Show(ctx context.Context, from []State, confirm []Entry) error
	// Close ends the import. Unless it is shown, nothing of it ever counts.
	Close() error
}
