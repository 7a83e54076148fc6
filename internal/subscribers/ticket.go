package subscribers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// The purposes of single-use tokens.
const (
	PurposeConfirm Purpose = "confirm"
	PurposeData    Purpose = "data"
	PurposeErase   Purpose = "erase"
)

// What a page tells apart of the tokens that it refuses; both are a
// digest.ErrRefused.
var (
	ErrExpired = fmt.Errorf("%w: the link has expired", digest.ErrRefused)
	ErrUsed    = fmt.Errorf("%w: the link has been used", digest.ErrRefused)
)

// Lifetimes of single-use tokens. A mail with the link to all of a person's
// data should not stay dangerous in a mailbox; a confirmation may be read after
// a holiday.
const (
	ConfirmTime = 7 * 24 * time.Hour
	PersonTime  = time.Hour
)

// Ticket is what stands behind a single-use token, which itself is not kept.
type Ticket struct {
	Hash       string // of the token, see HashTicket
	Purpose    Purpose
	Subscriber string
	Newsletter string
	Language   string // of the page that it leads to; empty: the newsletter's
	Wording    string // what confirming agrees to
	Evidence   string // of the request
	Created    time.Time
	Expires    time.Time
	Used       time.Time // zero: not yet
}

// Confirmation is what a page needs to know of a single-use token.
type Confirmation struct {
	Newsletter string // id
	Language   string // BCP 47; empty: the newsletter's
}

// ticketBytes make 192 random bits, and a token without spare bits in its last
// character.
const (
	ticketBytes  = 24
	ticketLength = 32
)

// NewTicket makes a single-use token of 32 characters and the hash by which it
// is found.
func NewTicket(random io.Reader) (token, hash string, err error) {
	b := make([]byte, ticketBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", "", fmt.Errorf("new single-use token: %w", err)
	}
	token = tokenEncoding.EncodeToString(b)
	return token, hashTicket(token), nil
}

// hashTicket needs no key and no salt: nobody guesses 192 random bits.
func hashTicket(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Confirmation says what a token of a confirmation mail is for, and changes
// nothing. It fails as Confirm does.
func (l *List) Confirmation(ctx context.Context, token string) (Confirmation, error) {
	return l.Peek(ctx, PurposeConfirm, token)
}

// Peek says what a single-use token is for, and changes nothing. It fails with
// ErrExpired, with ErrUsed, or with another digest.ErrRefused.
func (l *List) Peek(ctx context.Context, p Purpose, token string) (Confirmation, error) {
	t, err := l.ticket(ctx, p, token)
	return Confirmation{Newsletter: t.Newsletter, Language: t.Language}, err
}

// ticket finds an unused token that has not expired. Used goes before expired:
// who confirmed long ago should hear that it is done. Errors do not repeat the
// token: they may end in a log.
func (l *List) ticket(ctx context.Context, p Purpose, token string) (Ticket, error) {
	if len(token) != ticketLength {
		return Ticket{}, fmt.Errorf("%w: not a valid %s token", digest.ErrRefused, p)
	}
	t, known, err := l.store.Ticket(ctx, p, hashTicket(token))
	switch {
	case err != nil:
		return Ticket{}, fmt.Errorf("look up a %s token: %w", p, err)
	case !known:
		return Ticket{}, fmt.Errorf("%w: not a valid %s token", digest.ErrRefused, p)
	case !t.Used.IsZero():
		return t, ErrUsed
	case !l.now().Before(t.Expires):
		return t, ErrExpired
	}
	return t, nil
}

// Confirm makes the subscription active that a token of a confirmation mail
// stands for. It works once: a repeated call says ErrUsed, and so never brings
// back who has left in between. It fails with ErrExpired after ConfirmTime, and
// for a mail from before the person left or the address bounced; with
// digest.ErrNotFound for who is not known any more; and with another digest.ErrRefused for what was never such a
// token, and for an address that must not be mailed for another reason than that
// it bounced: that is what the letter has disproved.
func (l *List) Confirm(ctx context.Context, token, evidence string) error {
	for range confirmTries {
		done, err := l.confirm(ctx, token, evidence)
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the subscription keeps changing", digest.ErrBusy)
}

// confirmTries is how often Confirm looks again at what others change meanwhile.
const confirmTries = 5

// confirm says false where the token or the consent was not any more what it had read.
func (l *List) confirm(ctx context.Context, token, evidence string) (done bool, err error) {
	t, err := l.ticket(ctx, PurposeConfirm, token)
	if err != nil {
		return false, err
	}
	c, err := l.store.Consent(ctx, t.Subscriber, t.Newsletter)
	if err != nil {
		return false, gone(err)
	}
	lift, err := l.mayConfirm(ctx, t, c)
	if err != nil {
		return false, err
	}
	e := Event{
		At: l.now(), To: Active, Actor: Reader, How: "subscribe form, confirmed by mail", Wording: t.Wording,
		Evidence: t.Evidence + "; confirmed: " + evidence,
	}
	if lift.Reason != "" {
		e.Evidence += "; lifts what " + lift.lifted()
	}
	// From the state that was judged, and no other that it may have become.
	from := slices.DeleteFunc(From(Active, Reader), func(s State) bool { return s != c.State })
	if done, err = l.store.Confirm(ctx, t.Hash, from, e, lift); err != nil {
		return false, fmt.Errorf("confirm: %w", err)
	}
	return done, nil
}

// lifted is what stays of a suppression in the history.
func (s Suppression) lifted() string {
	text := s.Reason + " on " + s.At.UTC().Format(time.DateOnly)
	if s.Evidence == "" { // forgotten with who had never agreed
		return text
	}
	return text + ": " + s.Evidence
}

// mayConfirm returns the suppression that confirming lifts, if there is one.
func (l *List) mayConfirm(ctx context.Context, t Ticket, c Consent) (lift Suppression, err error) {
	suppressed, err := l.store.Suppressions(ctx, t.Newsletter, []Subscriber{c.Subscriber})
	lift = suppressed[c.Subscriber.Hash]
	switch {
	case err != nil:
		return lift, fmt.Errorf("confirm: %w", err)
	case lift.Reason != "" && lift.Reason != ReasonBounced, c.State == Complained:
		return lift, fmt.Errorf("%w: the address must not be mailed", digest.ErrRefused)
	case lift.At.After(t.Created), c.State != Pending && c.State != Active && c.Since.After(t.Created):
		return lift, ErrExpired
	}
	return lift, nil
}
