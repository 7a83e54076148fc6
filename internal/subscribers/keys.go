package subscribers

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"digest.example/internal/digest"
)

const (
	minSecret = 32

	// MaxKeys is how many keys there can be: a token has a byte for its key's number.
	MaxKeys = 255

	// KeyGrace is how long a key that was replaced still verifies what is not an
	// unsubscribe token.
	KeyGrace = 90 * 24 * time.Hour
)

// keyed are the purposes whose tokens are signed; the others' are looked up.
var keyed = []Purpose{PurposeUnsubscribe, PurposePreferences}

// Keys makes and opens tokens and hashes addresses. Of each of the
// installation's secrets it holds one key for each purpose (HKDF, RFC 5869).
// The last secret in use makes tokens; those before it verify unsubscribe tokens
// for ever, and others for KeyGrace after they were replaced. It is safe for
// concurrent use.
type Keys struct {
	versions    []version // key number n is at n-1
	current     int
	now         func() time.Time
	address     []byte
	fingerprint []byte
}

// version is what is derived from one secret.
type version struct {
	tokens map[Purpose]*macKey
	until  time.Time // when it ends for what is not an unsubscribe token; zero: never
}

// Secret is one of the secrets that an installation has had.
type Secret struct {
	Value []byte    // at least 32 bytes
	Since time.Time // when it replaced the one before; zero: it is the first, or has not yet
}

// NewKeys derives the keys from a secret of at least 32 bytes; a shorter one is
// a digest.ErrConfig.
func NewKeys(secret []byte) (*Keys, error) {
	return Keyring(time.Now, Secret{Value: secret})
}

// Keyring derives the keys from all secrets, in the order in which they were
// used; what follows the one in use only verifies. There is at least one. The
// first, for ever, makes the fingerprint and the hashes of addresses: a hash
// that nobody can compute any more would protect nobody.
func Keyring(now func() time.Time, secrets ...Secret) (*Keys, error) {
	if len(secrets) == 0 || len(secrets) > MaxKeys {
		return nil, fmt.Errorf("%w: %d secrets, of at least one and at most %d", digest.ErrConfig, len(secrets), MaxKeys)
	}
	k := &Keys{now: now}
	for i, s := range secrets {
		if len(s.Value) < minSecret {
			return nil, fmt.Errorf("%w: the secret has %d bytes and needs at least %d", digest.ErrConfig, len(s.Value), minSecret)
		}
		v := version{tokens: map[Purpose]*macKey{}}
		for _, p := range keyed {
			key, err := derive(s.Value, "token "+string(p))
			if err != nil {
				return nil, err
			}
			v.tokens[p] = newMACKey(key)
		}
		k.versions = append(k.versions, v)
		if i > 0 && !s.Since.IsZero() {
			k.current = i
			k.versions[i-1].until = s.Since.Add(KeyGrace)
		}
	}
	var err error
	if k.address, err = derive(secrets[0].Value, "address hash"); err != nil {
		return nil, err
	}
	k.fingerprint, err = derive(secrets[0].Value, "fingerprint")
	return k, err
}

// Successor is the nth secret where the first one is all that is kept; n counts
// from 2.
func Successor(first []byte, n int) ([]byte, error) {
	return derive(first, "secret "+strconv.Itoa(n))
}

// verifier is the key of a number, if it still verifies a purpose.
func (k *Keys) verifier(p Purpose, number byte) *macKey {
	i := int(number) - 1
	if i < 0 || i >= len(k.versions) {
		return nil
	}
	v := k.versions[i]
	if p != PurposeUnsubscribe && !v.until.IsZero() && !k.now().Before(v.until) {
		return nil
	}
	return v.tokens[p]
}

// Fingerprint tells one first secret from another, in hex, and tells nothing
// else of it: an installation that was given a wrong secret can notice.
func (k *Keys) Fingerprint() string { return hex.EncodeToString(k.fingerprint[:16]) }

func derive(secret []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "digest "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key for %s: %w", purpose, err)
	}
	return key, nil
}

// AddressHash is the keyed hash, in hex, under which a normal address is
// suppressed after the address itself was erased.
func (k *Keys) AddressHash(normal string) string {
	h := hmac.New(sha256.New, k.address)
	h.Write([]byte(normal))
	return hex.EncodeToString(h.Sum(nil))
}
