package subscribers

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"

	"digest.example/internal/digest"
)

// Purpose is what a token allows. A token made for one purpose is refused for
// every other, because each has a key of its own.
type Purpose string

// PurposeUnsubscribe lets whoever holds the token end one subscription. Such
// tokens never expire: the mail that carries them does not either.
const PurposeUnsubscribe Purpose = "unsubscribe"

// PurposePreferences lets whoever holds the token choose for one subscription:
// pause, plain text, language, and ask for letters to its address.
const PurposePreferences Purpose = "preferences"

// TokenLength is the number of characters of a token. It is short so that a
// List-Unsubscribe line of a usual public address stays within 78.
const TokenLength = 42

const (
	subscriberBytes = 10
	newsletterBytes = 4
	macBytes        = 16
	macStart        = 1 + subscriberBytes + newsletterBytes
	tokenBytes      = macStart + macBytes
)

// tokenEncoding is strict so that each token has one spelling only: without
// it, four bits of the last character would be free.
var tokenEncoding = base64.RawURLEncoding.Strict()

// Token makes the token that lets its holder act for a subscriber (16
// characters of base32, or Nobody) of a newsletter (8 hex digits). The same
// input gives the same token, so a resent mail has the same bytes.
func (k *Keys) Token(p Purpose, subscriber, newsletter string) (string, error) {
	key, ok := k.versions[k.current].tokens[p]
	if !ok {
		return "", fmt.Errorf("token: unknown purpose %q", p)
	}
	b, err := appendID(append(make([]byte, 0, macStart+sha256.Size), byte(k.current+1)), subscriber)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if b, err = appendNewsletter(b, newsletter); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	var text [TokenLength]byte
	tokenEncoding.Encode(text[:], key.append(b))
	return string(text[:]), nil
}

// Open verifies a token and returns whom and what it stands for. Whatever was
// not made by Token for this purpose is a digest.ErrRefused, whose text does
// not repeat the token: it may end in a log.
func (k *Keys) Open(p Purpose, token string) (subscriber, newsletter string, err error) {
	b, ok := k.verify(p, token)
	if !ok {
		return "", "", fmt.Errorf("%w: not a valid %s token", digest.ErrRefused, p)
	}
	id, list := b[1:1+subscriberBytes], b[1+subscriberBytes:macStart]
	return idEncoding.EncodeToString(id), hex.EncodeToString(list), nil
}

func (k *Keys) verify(p Purpose, token string) ([]byte, bool) {
	// The decoder skips line breaks, so the length is checked on both sides.
	if len(token) != TokenLength {
		return nil, false
	}
	b, err := tokenEncoding.DecodeString(token)
	if err != nil || len(b) != tokenBytes {
		return nil, false
	}
	key := k.verifier(p, b[0])
	if key == nil {
		return nil, false
	}
	return b, subtle.ConstantTimeCompare(b, key.append(b[:macStart:macStart])) == 1
}

// mac is HMAC-SHA256 cut to 128 bits (RFC 2104, section 5).
func mac(key, message []byte) []byte { return newMACKey(key).append(message)[len(message):] }

// macKey keeps hashes that have taken the key in, which is half of the work of
// each mac: an issue's messages carry two tokens each. It is safe for concurrent use.
type macKey struct{ idle sync.Pool }

func newMACKey(key []byte) *macKey {
	return &macKey{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// append appends its mac to a message.
func (k *macKey) append(message []byte) []byte {
	h := k.idle.Get().(hash.Hash)
	defer k.idle.Put(h)
	h.Reset()
	h.Write(message)
	return h.Sum(message)[:len(message)+macBytes]
}
