package subscribers

import (
	"context"
	"time"
)

// Desk keeps what people ask for on the pages. Each method is one durable
// transaction.
type Desk interface {
	// TakeDown keeps a request until it is settled. It looks nothing up.
	TakeDown(ctx context.Context, r Request) error
	// Ticket finds what stands behind a single-use token, used or not.
	Ticket(ctx context.Context, p Purpose, hash string) (t Ticket, known bool, err error)
	// Use marks a token used at a time, and says whether it was not used before.
	Use(ctx context.Context, hash string, at time.Time) (bool, error)
	// Confirm uses a token and changes the consent behind it as Move does. It
	// takes away what suppresses the address, if that is all of lift's Reason and not
	// from after its At; of a zero lift there must be none. It says whether it did
	// all of this; otherwise it does nothing.
	Confirm(ctx context.Context, hash string, from []State, e Event, lift Suppression) (bool, error)
	// Prefer has choose change what is set of a consent, while nobody else can
	// change it, and keeps that with the event, whose From and To it sets;
	// without an event nothing changes. It fails as choose does, and with
	// digest.ErrNotFound where there is no consent.
	Prefer(ctx context.Context, subscriber, newsletter string, choose func(*Preferences) (*Event, error)) error
}
