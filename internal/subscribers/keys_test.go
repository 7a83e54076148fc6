package subscribers

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func TestShortSecretIsRefused(t *testing.T) {
	if _, err := NewKeys(make([]byte, 31)); !errors.Is(err, digest.ErrConfig) {
		t.Errorf("31 bytes: %v", err)
	}
}

func TestAddressHash(t *testing.T) {
	k := testKeys(t)
	a, b := k.AddressHash("ann@example.org"), k.AddressHash("bob@example.org")
	if len(a) != 64 || a == b || a != testKeys(t).AddressHash("ann@example.org") {
		t.Errorf("hashes %q, %q", a, b)
	}
	other, _ := NewKeys(bytes.Repeat([]byte{8}, 32))
	if other.AddressHash("ann@example.org") == a {
		t.Error("the hash does not depend on the key")
	}
}

func TestFingerprintTellsSecretsApart(t *testing.T) {
	one, err := NewKeys(bytes.Repeat([]byte("a"), 32))
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewKeys(bytes.Repeat([]byte("a"), 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKeys(bytes.Repeat([]byte("b"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if one.Fingerprint() != again.Fingerprint() || one.Fingerprint() == other.Fingerprint() {
		t.Errorf("fingerprints %s, %s, %s", one.Fingerprint(), again.Fingerprint(), other.Fingerprint())
	}
	if one.Fingerprint() == one.AddressHash("") || len(one.Fingerprint()) != 32 {
		t.Error("the fingerprint is not one of its own")
	}
}

// ring is the keys after some rotations, at a time.
func ring(t *testing.T, now time.Time, since ...time.Time) *Keys {
	t.Helper()
	secrets := []Secret{{Value: bytes.Repeat([]byte{7}, 32)}}
	for i, at := range since {
		secrets = append(secrets, Secret{Value: bytes.Repeat([]byte{byte(8 + i)}, 32), Since: at})
	}
	k, err := Keyring(func() time.Time { return now }, secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What tokens do after rotations: each key's, long after and just before it ends.
func TestRotation(t *testing.T) {
	second, third := noon.Add(time.Hour), noon.AddDate(0, 0, 100)
	made := []*Keys{ring(t, noon), ring(t, second, second), ring(t, third, second, third)}
	for _, c := range []struct {
		at   time.Time
		good []bool // preferences tokens of keys 1, 2, 3
	}{
		{second, []bool{true, true, true}},
		{second.Add(KeyGrace - 1), []bool{true, true, true}},
		{second.Add(KeyGrace), []bool{false, true, true}},
		{third.Add(KeyGrace - 1), []bool{false, true, true}},
		{third.Add(KeyGrace), []bool{false, false, true}},
		{third.AddDate(50, 0, 0), []bool{false, false, true}},
	} {
		k := ring(t, c.at, second, third)
		for i, maker := range made {
			for _, p := range keyed {
				token, err := maker.Token(p, someone, weekly)
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = k.Open(p, token)
				if want := p == PurposeUnsubscribe || c.good[i]; (err == nil) != want {
					t.Errorf("at %v the %s token of key %d: %v", c.at, p, i+1, err)
				}
			}
		}
	}
}

// A key that others already make tokens with verifies them; none is made with it.
func TestSpareKey(t *testing.T) {
	spare, after := ring(t, noon, time.Time{}), ring(t, noon, noon)
	if mustToken(t, spare, someone, weekly) != mustToken(t, ring(t, noon), someone, weekly) {
		t.Error("the spare key makes tokens")
	}
	if _, _, err := spare.Open(PurposeUnsubscribe, mustToken(t, after, someone, weekly)); err != nil {
		t.Errorf("a token of the spare key: %v", err)
	}
	if _, _, err := ring(t, noon).Open(PurposeUnsubscribe, mustToken(t, after, someone, weekly)); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("a token of a key that is not there: %v", err)
	}
}

func TestRotationKeepsWhatIdentifies(t *testing.T) {
	before, after := ring(t, noon), ring(t, noon, noon)
	if before.Fingerprint() != after.Fingerprint() || before.AddressHash("a@x.example") != after.AddressHash("a@x.example") {
		t.Error("a rotation changes hashes")
	}
	if mustToken(t, before, someone, weekly) == mustToken(t, after, someone, weekly) {
		t.Error("a rotation changes nothing")
	}
}

func TestKeyringIsBounded(t *testing.T) {
	secret := Secret{Value: bytes.Repeat([]byte{1}, 32)}
	for n, good := range map[int]bool{0: false, 1: true, MaxKeys: true, MaxKeys + 1: false} {
		secrets := make([]Secret, n)
		for i := range secrets {
			secrets[i] = secret
		}
		if _, err := Keyring(time.Now, secrets...); (err == nil) != good || err != nil && !errors.Is(err, digest.ErrConfig) {
			t.Errorf("%d secrets: %v", n, err)
		}
	}
}

func TestSuccessors(t *testing.T) {
	seen := map[string]bool{}
	for _, first := range []string{"a", "b"} {
		for n := 2; n < 5; n++ {
			s, err := Successor(bytes.Repeat([]byte(first), 32), n)
			if err != nil || len(s) < minSecret || seen[string(s)] {
				t.Errorf("secret %d of %s: %x, %v", n, first, s, err)
			}
			seen[string(s)] = true
		}
	}
}
