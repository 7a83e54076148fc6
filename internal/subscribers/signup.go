package subscribers

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"digest.example/internal/digest"
)

// ErrAddress says that a text is not an address that can be subscribed.
var ErrAddress = errors.New("not an address")

// SignUp is what somebody entered on a subscribe form. Whether they may act for
// the address is not known yet.
type SignUp struct {
	Newsletter string // id
	Address    string // as typed
	Language   string // BCP 47, of the page; empty: the newsletter's
	Wording    string // what the page said they would agree to
	Evidence   string // where the request came from
	At         time.Time
}

// Request is what was asked for on a page and is answered by a letter: a
// sign-up, or a link to one's data or to being erased.
type Request struct {
	ID         string // 32 hex digits, random; the letter gets it too
	Kind       digest.LetterKind
	Newsletter string
	Subscriber string // id; empty while a sign-up is not settled
	Address    Address
	Hash       string // of the normal address
	Mailbox    string // keyed hash of what counts as the same mailbox
	Language   string
	Wording    string
	Evidence   string
	At         time.Time
}

// SignUp takes a sign-up down, durably. What it does is the same for every
// address, whatever is known of it: rules and letters come after the answer. It
// fails with ErrAddress for what cannot be an address.
func (l *List) SignUp(ctx context.Context, s SignUp) error {
	a, err := ParseAddress(s.Address)
	if err != nil {
		return fmt.Errorf("sign up: %w: %w", ErrAddress, err)
	}
	a.Name = "" // whoever typed it may write to a stranger with it
	return l.take(ctx, Request{
		Kind: digest.LetterConfirm, Newsletter: s.Newsletter,
		Address: a, Hash: l.keys.AddressHash(a.Normal), Mailbox: l.keys.AddressHash(mailbox(a.Normal)),
		Language: language(s.Language), Wording: s.Wording, Evidence: s.Evidence, At: s.At,
	})
}

func (l *List) take(ctx context.Context, r Request) error {
	id, err := requestID(l.random)
	if err != nil {
		return err
	}
	r.ID = id
	if err := l.store.TakeDown(ctx, r); err != nil {
		return fmt.Errorf("take a request down: %w", err)
	}
	return nil
}

func requestID(random io.Reader) (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("new request id: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// maxLanguage is the length of the longest tag that a page could have, with
// script, region and variant.
const maxLanguage = 35

// language is a tag as it is stored, or empty for what cannot be one.
func language(tag string) string {
	for _, r := range tag {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return ""
		}
	}
	if len(tag) > maxLanguage {
		return ""
	}
	return tag
}
