// Package signup answers what people ask for on the pages: it settles the
// requests that were taken down, one after the other and after the page has
// answered, and writes the letters that are due. The rules that keep strangers
// from being bombed with letters stand here.
package signup

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// Store keeps the requests. Each method is one durable transaction, unless it
// says otherwise.
type Store interface {
	// Settle runs decide on the first n requests of a kind that are not settled,
	// while nobody else can settle any, and makes its answers lasting: what is
	// granted stays, with a subscriber and, where there was no consent, one that
	// is pending; the rest is forgotten. With perHour, unless it is 0, no more than
	// so many are granted within an hour. It returns how many were settled.
	Settle(
		ctx context.Context, kind digest.LetterKind, order Order, n, perHour int, now time.Time, decide func(Case) bool,
	) (int, error)
	// Granted are n requests whose letter is still due, by ID, after the one given,
	// with the address of their subscriber.
	Granted(ctx context.Context, after string, n int) ([]Due, error)
	// CountGranted is how many requests of a kind were granted after a time.
	CountGranted(ctx context.Context, kind digest.LetterKind, after time.Time) (int, error)
	// NthWaiting is when the nth newest request of a kind was taken down that is
	// not settled, counted from 1; zero: there are fewer.
	NthWaiting(ctx context.Context, kind digest.LetterKind, n int) (time.Time, error)
	// Write posts letters with the tickets behind their links, and notes that
	// nothing is due any more for their requests: all of it or nothing. What is not
	// due any more by then, it leaves alone.
	Write(ctx context.Context, written []Written, at time.Time) error
	// Forget deletes what is older than the times say, n rows of each in a
	// transaction of its own, and says whether there may be more.
	Forget(ctx context.Context, now time.Time, before Ages, n int) (more bool, err error)
}

// Order is that in which requests are settled.
type Order int

// The orders.
const (
	OldestFirst Order = iota
	NewestFirst
)

// Case is a request with what is known of whom it is about.
type Case struct {
	subscribers.Request
	Known      bool              // the newsletter exists and is not retired; of data and erase: the subscriber
	State      subscribers.State // of the consent to the newsletter; empty: none
	Suppressed bool              // for another reason than that mail to the address bounced
	Bounced    bool              // suppressed since it bounced, which confirming lifts
	// How many requests of the kind were granted within its Window and within a
	// month of now, to the same mailbox or, for data and erase, the same subscriber.
	Recent, Month int
}

// Due is a granted request.
type Due struct {
	subscribers.Request // of the address, Mailbox is set
	Granted             time.Time
}

// Ages say what Forget deletes: rows from before these times.
type Ages struct {
	Waiting     time.Time // requests that were not settled
	Settled     time.Time // requests that were granted
	Tickets     time.Time // single-use tokens, by when they expired
	Unconfirmed time.Time // consents that are pending, with people of whom nothing else is known
}

// Written is a request with its letter.
type Written struct {
	Request string         // its ID, which is the letter's
	Letter  *digest.Letter // nil: it would come too late
	Ticket  subscribers.Ticket
}

// Composer writes letters; data is as digest.Letter has it. It is given
// nothing that a stranger typed, but the address.
type Composer interface {
	Compose(kind digest.LetterKind, newsletter, language, address, link string, at time.Time) (from string, data []byte, err error)
}

// Options are what New needs. All are required, but those that say otherwise.
type Options struct {
	Store    Store
	Composer Composer
	// Link is the address of the page that a single-use token of a kind is for.
	Link   func(kind digest.LetterKind, token string) string
	Alert  func(text string)
	Now    func() time.Time
	Random io.Reader // for tokens: crypto/rand.Reader
	Log    *slog.Logger

	PerHour int           // confirmations to all people together; 0: 1,000
	Every   time.Duration // between two looks for requests; 0: a second
}

// Clerk answers requests. One runs in each process that sends.
type Clerk struct {
	o       Options
	tripped bool                 // the operator was told that PerHour is reached
	later   map[string]time.Time // by request, when a letter is tried again that could not be written
}

// New makes a Clerk.
func New(o Options) *Clerk {
	if o.PerHour == 0 {
		o.PerHour = 1000
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	return &Clerk{o: o, later: map[string]time.Time{}}
}

const (
	// batch is how many requests one transaction settles: others wait for it.
	batch = 50

	// tidyEvery is how often what is old is forgotten.
	tidyEvery = time.Hour

	// rest is the time between two attempts after one has failed.
	rest = time.Minute
)

// errLetter: a letter could not be written.
var errLetter = errors.New("a letter that is due")

// Run answers requests until ctx ends. It does not fail: what cannot be done now
// is logged and tried again.
func (c *Clerk) Run(ctx context.Context) {
	var tidied time.Time
	for {
		wait := c.o.Every
		if err := c.Once(ctx); err != nil {
			c.log(ctx, err)
			if !errors.Is(err, errLetter) { // which is tried again later, and holds up no other
				wait = rest
			}
		}
		// Afterwards, so that nobody is forgotten to whom a letter is due.
		if now := c.o.Now(); now.Sub(tidied) >= tidyEvery {
			tidied = now
			c.log(ctx, c.Tidy(ctx))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (c *Clerk) log(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		c.o.Log.Error("requests from the pages", "error", err)
	}
}
