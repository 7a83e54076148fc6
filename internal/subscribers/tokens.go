package subscribers

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"

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

	// firstKey names the key of the first secret; a rotated one gets another.
	firstKey = 1

	minSecret = 32
)

// tokenEncoding is strict so that each token has one spelling only: without
// it, four bits of the last character would be free.
var tokenEncoding = base64.RawURLEncoding.Strict()

// Keys makes and opens tokens and hashes addresses. It holds one key for each
// purpose, derived from the installation's secret (HKDF, RFC 5869), and is safe
// for concurrent use.
type Keys struct {
	tokens      map[Purpose][]byte
	address     []byte
	fingerprint []byte
}

// NewKeys derives the keys from a secret of at least 32 bytes; a shorter one is
// a digest.ErrConfig.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("%w: the secret has %d bytes and needs at least %d", digest.ErrConfig, len(secret), minSecret)
	}
	k := &Keys{tokens: map[Purpose][]byte{}}
	for _, p := range []Purpose{PurposeUnsubscribe, PurposePreferences} {
		key, err := derive(secret, "token "+string(p))
		if err != nil {
			return nil, err
		}
		k.tokens[p] = key
	}
	address, err := derive(secret, "address hash")
	if err != nil {
		return nil, err
	}
	k.address = address
	if k.fingerprint, err = derive(secret, "fingerprint"); err != nil {
		return nil, err
	}
	return k, nil
}

// Fingerprint tells one secret from another, in hex, and tells nothing else of
// it: an installation that was given a wrong secret can notice.
func (k *Keys) Fingerprint() string { return hex.EncodeToString(k.fingerprint[:16]) }

func derive(secret []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "digest "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key for %s: %w", purpose, err)
	}
	return key, nil
}

// Token makes the token that lets its holder act for a subscriber (16
// characters of base32, or Nobody) of a newsletter (8 hex digits). The same
// input gives the same token, so a resent mail has the same bytes.
func (k *Keys) Token(p Purpose, subscriber, newsletter string) (string, error) {
	key, ok := k.tokens[p]
	if !ok {
		return "", fmt.Errorf("token: unknown purpose %q", p)
	}
	id, err := decodeID(subscriber)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	list, err := decodeNewsletter(newsletter)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	b := make([]byte, 0, tokenBytes)
	b = append(b, firstKey)
	b = append(b, id...)
	b = append(b, list...)
	b = append(b, mac(key, b)...)
	return tokenEncoding.EncodeToString(b), nil
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
	key, ok := k.tokens[p]
	// The decoder skips line breaks, so the length is checked on both sides.
	if !ok || len(token) != TokenLength {
		return nil, false
	}
	b, err := tokenEncoding.DecodeString(token)
	if err != nil || len(b) != tokenBytes || b[0] != firstKey {
		return nil, false
	}
	return b, subtle.ConstantTimeCompare(b[macStart:], mac(key, b[:macStart])) == 1
}

// mac is HMAC-SHA256 cut to 128 bits (RFC 2104, section 5).
func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)[:macBytes]
}

// AddressHash is the keyed hash, in hex, under which a normal address is
// suppressed after the address itself was erased. Its key never rotates: a
// hash that nobody can compute any more would protect nobody.
func (k *Keys) AddressHash(normal string) string {
	h := hmac.New(sha256.New, k.address)
	h.Write([]byte(normal))
	return hex.EncodeToString(h.Sum(nil))
}
