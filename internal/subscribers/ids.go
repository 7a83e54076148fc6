package subscribers

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Nobody is the subscriber id of inert tokens: those in previews and trial
// copies, which verify and change nothing. NewID never returns it.
const Nobody = "aaaaaaaaaaaaaaaa"

// idLength is the number of characters of an id.
const idLength = len(Nobody)

// idEncoding has lower-case letters, since ids are read aloud and typed.
var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID makes a subscriber's id of 80 random bits. Ids are random instead of
// counted so that an erased person's id, and with it their tokens, can never
// come to stand for somebody else.
func NewID(random io.Reader) (string, error) {
	b := make([]byte, subscriberBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("new subscriber id: %w", err)
	}
	id := idEncoding.EncodeToString(b)
	if id == Nobody {
		return "", fmt.Errorf("new subscriber id: the random source gives zeros")
	}
	return id, nil
}

// sharedBytes is how much the ids of one batch have in common.
const sharedBytes = 2

// newIDs makes ids that lie close together: they begin with the same 16 random
// bits, and have 64 of their own. A database that takes in a million people
// thus writes to a few pages of each index at a time, instead of to all.
func newIDs(random io.Reader, n int) ([]string, error) {
	const own = subscriberBytes - sharedBytes
	raw := make([]byte, sharedBytes+n*own)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("new subscriber ids: %w", err)
	}
	ids, b := make([]string, n), make([]byte, subscriberBytes)
	copy(b, raw)
	for i := range ids {
		copy(b[sharedBytes:], raw[sharedBytes+i*own:])
		if ids[i] = idEncoding.EncodeToString(b); ids[i] == Nobody {
			return nil, fmt.Errorf("new subscriber ids: the random source gives zeros")
		}
	}
	return ids, nil
}

// appendID appends the bytes of a subscriber's id. The decoder skips line breaks,
// so the length is checked on both sides.
func appendID(dst []byte, id string) ([]byte, error) {
	b, err := idEncoding.AppendDecode(dst, []byte(id))
	if err != nil || len(id) != idLength || len(b) != len(dst)+subscriberBytes {
		return nil, fmt.Errorf("%q is not a subscriber id", id)
	}
	return b, nil
}

// appendNewsletter appends the bytes of a newsletter's id.
func appendNewsletter(dst []byte, id string) ([]byte, error) {
	b, err := hex.AppendDecode(dst, []byte(id))
	if err != nil || len(b) != len(dst)+newsletterBytes || strings.ToLower(id) != id {
		return nil, fmt.Errorf("%q is not a newsletter id", id)
	}
	return b, nil
}
