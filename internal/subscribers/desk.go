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
	// Confirm uses a token, and says whether it was not used before. If so, it
	// changes the consent behind it as Move does, unless that is in none of the
	// states.
	Confirm(ctx context.Context, hash string, from []State, e Event) (bool, error)
	// Prefer sets the pause, the kind of mail and the language of a consent,
	// with an event. It fails with digest.ErrNotFound where there is none.
	Prefer(ctx context.Context, subscriber string, p Preferences, e Event) error
}
