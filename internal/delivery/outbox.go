package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"digest.example/internal/digest"
)

// Letter is a single mail outside any issue, as whoever claimed it read it. Its
// row follows the rules of the ledger: it is a Delivery whose Issue is the
// letter's id.
type Letter struct {
	Delivery
	Kind   digest.LetterKind
	From   string // envelope sender
	Data   []byte // as digest.Letter has it
	GiveUp time.Time
}

// Letters keeps letters. Each method is one durable transaction.
type Letters interface {
	// LettersDue says, reading only, whether a letter is Ready and due.
	LettersDue(ctx context.Context, now time.Time) (bool, error)
	// ClaimLetters is Store.Claim for letters of any newsletter, those that
	// are due longest first. It skips those whose subscriber is gone or whose
	// address is suppressed.
	ClaimLetters(ctx context.Context, c Claim) ([]Letter, error)
	// ApplyLetters is Store.Apply for letters. IfActive asks whether the
	// subscriber is still there and not suppressed. What has ended or is in
	// doubt forgets its message: nobody ever sends it again.
	ApplyLetters(ctx context.Context, now time.Time, changes []Change) ([]bool, error)
	// RecoverLetters frees the letters of dead owners: claimed become ready,
	// committing become in doubt. With exclusive, every other owner is dead;
	// without, those whose lease ended (for committing: longer than grace ago).
	RecoverLetters(ctx context.Context, owner string, exclusive bool, grace time.Duration, now time.Time) (ready, inDoubt int, err error)
	// FreeLetters is RecoverLetters for the owner's own letters, of which it has
	// none in hand.
	FreeLetters(ctx context.Context, owner string, now time.Time) (ready, inDoubt int, err error)
	// PruneLetters forgets letters that ended, or came into doubt, before then.
	PruneLetters(ctx context.Context, before time.Time) (int, error)
}

// OutboxOptions are what an Outbox needs beside its Letters.
type OutboxOptions struct {
	Connect func(ctx context.Context) (Session, error)
	// Sign appends the signed data to dst; nil: letters go unsigned.
	Sign  func(dst, data []byte) ([]byte, error)
	Owner string // this process, in the database
	// Exclusive says that no other process can be sending: its letters are dead.
	Exclusive bool
	Lease     time.Duration
	Grace     time.Duration // after Lease, before what is between dot and reply counts as dead
	Sweep     time.Duration // how often to look for what dead processes left, unless Exclusive
	Drain     time.Duration // how long an open transaction may take after ctx ends
	// Alert tells the operator of what needs a person.
	Alert  func(text string)
	Now    func() time.Time
	Random func() float64 // in [0,1), spreads retries
	Log    *slog.Logger
}

const (
	// outboxTick is how soon a letter that was posted is noticed.
	outboxTick = time.Second
	// outboxIdle is how long a connection is kept for the next letter: people
	// who sign up often come several at once. Servers wait five minutes
	// (RFC 5321 section 4.5.3.2.7).
	outboxIdle = 10 * time.Second
	// troubleWait is how long letters rest when the relay refuses us.
	troubleWait = 5 * time.Minute
	// letterKeep is how long it is remembered what became of a letter.
	letterKeep = 30 * 24 * time.Hour
	// lettersAtOnce is how many are claimed together: each claim is a commit. Where
	// another process could send them, they wait for each other here.
	lettersAtOnce = 8
)

// Outbox sends letters one after another over a connection of its own, beside
// issues, so that nobody who waits for a confirmation waits for an issue. Its
// methods are for one goroutine, but for Abort.
type Outbox struct {
	letters Letters
	o       OutboxOptions

	session Session
	used    time.Time // when the session last carried a letter
	buf     []byte
	drops   int             // connections lost in a row
	refused int             // refusals of us, not of the recipient, in a row
	told    map[string]bool // by envelope sender: the operator knows of its trouble
	// pending is that a letter was accepted. It becomes durable together with the
	// next letter's intent, or with whatever comes before that.
	pending  []Change
	stranded bool // a claim failed, which may have taken letters all the same

	down Outage // no letter came as far as an answer

	restFrom, restUntil time.Time
	results             Counts

	abortOnce sync.Once
	aborted   chan struct{}
}

// NewOutbox returns an outbox.
func NewOutbox(letters Letters, o OutboxOptions) *Outbox {
	return &Outbox{letters: letters, o: o, told: map[string]bool{}, results: Counts{}, aborted: make(chan struct{})}
}

// Abort makes a Run or RunDue that is draining, and every later one, stop at
// once. A letter between dot and reply becomes in doubt. It may be called twice.
func (o *Outbox) Abort() { o.abortOnce.Do(func() { close(o.aborted) }) }

// Run sends letters as they come until ctx ends; then the open transaction gets
// the time to hear its reply. It returns an error only where going on makes no
// sense.
func (o *Outbox) Run(ctx context.Context) error {
	work, stop := outlive(ctx, o.o.Drain, o.aborted)
	defer stop()
	defer o.hangUp(Session.Close)
	var swept, pruned time.Time
	for ctx.Err() == nil {
		if now := o.o.Now(); swept.IsZero() || !o.o.Exclusive && now.Sub(swept) >= o.o.Sweep {
			swept = now
			o.complain("recovered", o.recover(ctx))
		}
		if now := o.o.Now(); now.Sub(pruned) > 24*time.Hour {
			pruned = now
			o.complain("pruned", o.prune(ctx))
		}
		sent, err := o.sendSome(ctx, work)
		if err != nil && !transient(err) {
			return fmt.Errorf("send letters: %w", err)
		}
		o.complain("read", err)
		if !sent {
			o.closeIdle()
			wait(ctx, outboxTick)
		}
	}
	return nil
}

// RunDue sends the letters that are due and returns what became of them
// (Ready: deferred). It stops early when the relay will have none.
func (o *Outbox) RunDue(ctx context.Context) (Counts, error) {
	work, stop := outlive(ctx, o.o.Drain, o.aborted)
	defer stop()
	defer o.hangUp(Session.Close)
	o.results = Counts{}
	if err := errors.Join(o.recover(ctx), o.prune(ctx)); err != nil {
		return o.results, err
	}
	for ctx.Err() == nil {
		if sent, err := o.sendSome(ctx, work); err != nil || !sent {
			return o.results, err
		}
	}
	return o.results, nil
}

// sendSome claims the letters that are due longest and takes them as far as they
// get; sent says whether there were any.
func (o *Outbox) sendSome(ctx, work context.Context) (sent bool, err error) {
	now := o.o.Now()
	if o.resting(now) {
		return false, nil
	}
	if err := o.free(work); err != nil {
		return false, unlessEnded(work, err)
	}
	// Asking first spares the database a write transaction every second.
	due, err := o.letters.LettersDue(ctx, now)
	if err != nil || !due {
		return false, unlessEnded(ctx, err)
	}
	// Not ctx: what a claim that is cut off has taken all the same would wait
	// for the end of its lease.
	rows, err := o.letters.ClaimLetters(work, Claim{Owner: o.o.Owner, Now: now, Lease: o.o.Lease, N: lettersAtOnce})
	if err != nil || len(rows) == 0 {
		o.stranded = err != nil
		return false, unlessEnded(work, err)
	}
	for i, l := range rows {
		if i > 0 && (ctx.Err() != nil || o.resting(o.o.Now())) {
			o.giveBack(work, rows[i:])
			break
		}
		o.deliver(work, l)
	}
	o.flush(work)
	return true, nil
}

// giveBack lets go of letters that were claimed and not tried.
func (o *Outbox) giveBack(work context.Context, rows []Letter) {
	changes := make([]Change, len(rows))
	for i, l := range rows {
		changes[i] = release(l.Delivery, Claimed, l.NextAt, "")
	}
	o.record(work, changes...)
}

// free gives back what a claim may have taken of which only the failure was heard.
func (o *Outbox) free(work context.Context) error {
	if !o.stranded {
		return nil
	}
	ready, inDoubt, err := o.letters.FreeLetters(work, o.o.Owner, o.o.Now())
	if err != nil {
		return fmt.Errorf("free letters: %w", err)
	}
	if o.stranded = false; ready+inDoubt > 0 {
		o.o.Log.Warn("a claim of letters was not heard of", "letters_to_send", ready, "letters_in_doubt", inDoubt)
	}
	return nil
}

// recover frees the letters of dead owners.
func (o *Outbox) recover(ctx context.Context) error {
	ready, inDoubt, err := o.letters.RecoverLetters(ctx, o.o.Owner, o.o.Exclusive, o.o.Grace, o.o.Now())
	if err != nil {
		return unlessEnded(ctx, fmt.Errorf("recover letters: %w", err))
	}
	if ready+inDoubt > 0 {
		o.o.Log.Warn("an earlier run did not end well", "letters_to_send_again", ready, "letters_in_doubt", inDoubt)
	}
	return nil
}

// prune forgets old letters.
func (o *Outbox) prune(ctx context.Context) error {
	if _, err := o.letters.PruneLetters(ctx, o.o.Now().Add(-letterKeep)); err != nil {
		return unlessEnded(ctx, fmt.Errorf("prune letters: %w", err))
	}
	return nil
}

// complain logs what Run gets over by trying again.
func (o *Outbox) complain(what string, err error) {
	if err != nil {
		o.o.Log.Error("letters cannot be "+what+"; it will be tried again", "error", err)
	}
}

// unlessEnded takes no error for one that comes of being asked to stop.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// wait waits for d or the end of ctx, and says whether it was d.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
