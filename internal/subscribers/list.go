package subscribers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// Options are what a List needs; all are required.
type Options struct {
	Store  Store
	Keys   *Keys
	Now    func() time.Time
	Random io.Reader // for ids: crypto/rand.Reader
}

// List changes who is on the newsletters' lists, within the law of consent. It
// is safe for concurrent use.
type List struct {
	store  Store
	keys   *Keys
	now    func() time.Time
	random io.Reader
}

// NewList makes a List.
func NewList(o Options) *List {
	return &List{store: o.Store, keys: o.Keys, now: o.Now, random: o.Random}
}

// Remove unsubscribes an address on the operator's word and says whether that
// changed anything: someone who has left already stays as they are. A text
// that is no address is a digest.ErrUsage, one that is not on the newsletter's
// list a digest.ErrNotFound.
func (l *List) Remove(ctx context.Context, newsletter, address, evidence string) (bool, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return false, fmt.Errorf("%w: remove %q: %w", digest.ErrUsage, address, err)
	}
	person, err := l.store.SubscriberByAddress(ctx, a.Normal)
	if err != nil {
		return false, fmt.Errorf("remove %s: %w", a.Normal, err)
	}
	if _, err := l.store.Consent(ctx, person.ID, newsletter); err != nil {
		return false, fmt.Errorf("remove %s: %w", a.Normal, err)
	}
	moved, err := l.leave(ctx, person.ID, newsletter, Event{Actor: Operator, How: "removed", Evidence: evidence})
	if err != nil {
		return false, fmt.Errorf("remove %s: %w", a.Normal, err)
	}
	return moved, nil
}

// Unsubscribe ends the subscription that a token stands for. It succeeds
// without changing anything where there is nothing left to end: the person has
// left, was erased, or the token is inert. A token that does not verify is a
// digest.ErrRefused. Errors name neither the token nor the person.
func (l *List) Unsubscribe(ctx context.Context, token, evidence string) error {
	subscriber, newsletter, err := l.keys.Open(PurposeUnsubscribe, token)
	if err != nil {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return l.leaveByLink(ctx, subscriber, newsletter, Event{How: "unsubscribe link", Evidence: evidence})
}

func (l *List) leaveByLink(ctx context.Context, subscriber, newsletter string, e Event) error {
	if subscriber == Nobody {
		return nil
	}
	e.Actor = Reader
	// Looked at first: nobody limits how often a link is used, and a transaction that
	// changes nothing would keep the one that sends waiting.
	c, err := l.store.Consent(ctx, subscriber, newsletter)
	if err == nil && slices.Contains(From(Unsubscribed, Reader), c.State) {
		_, err = l.leave(ctx, subscriber, newsletter, e)
	}
	if err != nil && !errors.Is(err, digest.ErrNotFound) {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return nil
}

func (l *List) leave(ctx context.Context, subscriber, newsletter string, e Event) (bool, error) {
	e.At, e.To = l.now(), Unsubscribed
	return l.store.Move(ctx, subscriber, newsletter, From(Unsubscribed, e.Actor), e)
}

// Newsletter returns the id of the newsletter that an unsubscribe token stands
// for, or a digest.ErrRefused. It asks no database.
func (l *List) Newsletter(token string) (string, error) {
	_, newsletter, err := l.keys.Open(PurposeUnsubscribe, token)
	return newsletter, err
}
