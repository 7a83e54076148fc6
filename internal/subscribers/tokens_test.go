package subscribers

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
)

const someone = "abcdefghijklmnop"

func mustToken(t testing.TB, k *Keys, subscriber, newsletter string) string {
	t.Helper()
	token, err := k.Token(PurposeUnsubscribe, subscriber, newsletter)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenOpensToWhatItWasMadeFor(t *testing.T) {
	k := testKeys(t)
	rapid.Check(t, func(rt *rapid.T) {
		id, err := NewID(bytes.NewReader(append(rapid.SliceOfN(rapid.Byte(), 9, 9).Draw(rt, "id"), 1)))
		if err != nil {
			rt.Fatal(err)
		}
		list := rapid.StringMatching(`[0-9a-f]{8}`).Draw(rt, "newsletter")
		token := mustToken(t, k, id, list)
		if len(token) != TokenLength {
			rt.Fatalf("token %q has %d characters", token, len(token))
		}
		gotID, gotList, err := k.Open(PurposeUnsubscribe, token)
		if err != nil || gotID != id || gotList != list {
			rt.Fatalf("opened %q %q, %v; want %q %q", gotID, gotList, err, id, list)
		}
	})
}

func TestEveryChangeOfATokenIsRefused(t *testing.T) {
	k := testKeys(t)
	token := mustToken(t, k, someone, weekly)
	try := func(what, s string) {
		t.Helper()
		_, _, err := k.Open(PurposeUnsubscribe, s)
		if !errors.Is(err, digest.ErrRefused) {
			t.Errorf("%s: %q gives %v", what, s, err)
		} else if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%s: the error repeats the token", what)
		}
	}
	if _, _, err := k.Open(PurposeUnsubscribe, token); err != nil {
		t.Fatal(err)
	}
	for i := range len(token) {
		for bit := range 8 {
			b := []byte(token)
			b[i] ^= 1 << bit
			try("bit flip in a character", string(b))
		}
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	for i := range len(raw) * 8 {
		b := bytes.Clone(raw)
		b[i/8] ^= 1 << (i % 8)
		try("bit flip in a byte", base64.RawURLEncoding.EncodeToString(b))
	}
	for _, s := range []string{
		"", "\n", token + "=", token + "\n", "\n" + token, token[:41], token[:40] + "\n\n", token + "A",
		token[:20] + "\r\n" + token[20:40], strings.ToUpper(token), " " + token, base64.StdEncoding.EncodeToString(raw),
		strings.Repeat("A", 42), strings.Repeat("A", 1<<20),
	} {
		try("malformed", s)
	}
}

// Two of the last character's six bits carry data; the others must be zero.
func TestTokenHasOneSpelling(t *testing.T) {
	k := testKeys(t)
	token := mustToken(t, k, someone, weekly)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	good := 0
	for _, c := range alphabet {
		if _, _, err := k.Open(PurposeUnsubscribe, token[:41]+string(c)); err == nil {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d last characters verify", good)
	}
}

func TestTokenIsBoundToItsKeyAndPurpose(t *testing.T) {
	k := testKeys(t)
	other, err := NewKeys(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	token := mustToken(t, k, someone, weekly)
	if _, _, err := other.Open(PurposeUnsubscribe, token); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("another secret: %v", err)
	}
	for _, p := range []Purpose{PurposePreferences, PurposeConfirm, "whatever"} {
		if _, _, err := k.Open(p, token); !errors.Is(err, digest.ErrRefused) {
			t.Errorf("as a %s token: %v", p, err)
		}
	}
	choose, err := k.Token(PurposePreferences, someone, weekly)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Open(PurposeUnsubscribe, choose); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("a preferences token unsubscribes: %v", err)
	}
	if id, list, err := k.Open(PurposePreferences, choose); err != nil || id != someone || list != weekly {
		t.Errorf("preferences: %q %q, %v", id, list, err)
	}
	if token != mustToken(t, testKeys(t), someone, weekly) {
		t.Error("the same secret gives another token after a restart")
	}
}

// Mails that are in mailboxes carry this token, so it must open for ever.
func TestOldTokenStillOpens(t *testing.T) {
	const token = "AQBEMhTHQlS2Nc8KGyw9h85AbtuGn6TlcPfSd6-NBQ"
	id, list, err := testKeys(t).Open(PurposeUnsubscribe, token)
	if err != nil || id != someone || list != weekly {
		t.Errorf("opens to %q %q, %v; a token made now is %q", id, list, err, mustToken(t, testKeys(t), someone, weekly))
	}
}

func TestTokenRefusesWhatIsNoID(t *testing.T) {
	k := testKeys(t)
	for _, c := range [][2]string{
		{"", weekly},
		{"abc", weekly},
		{strings.ToUpper(someone), weekly},
		{someone + "\n", weekly},
		{someone[:15] + "1", weekly},
		{someone, ""},
		{someone, "0a1b2c"},
		{someone, "0A1B2C3D"},
		{someone, "0a1b2c3d4e"},
		{someone, "weekly!!"},
	} {
		if _, err := k.Token(PurposeUnsubscribe, c[0], c[1]); err == nil {
			t.Errorf("a token for %q of %q", c[0], c[1])
		}
	}
	if _, err := k.Token("whatever", someone, weekly); err == nil {
		t.Error("a token for an unknown purpose")
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id, err := NewID(rand.Reader)
		if err != nil || len(id) != 16 || seen[id] || id == Nobody {
			t.Fatalf("id %q, %v", id, err)
		}
		seen[id] = true
	}
	if _, err := NewID(bytes.NewReader(make([]byte, 10))); err == nil {
		t.Error("the reserved id was handed out")
	}
	if _, err := NewID(bytes.NewReader(make([]byte, 9))); err == nil {
		t.Error("an id from too little randomness")
	}
}

// Property: whatever opens is exactly what Token makes for what it opened to.
func FuzzOpen(f *testing.F) {
	k := testKeys(f)
	f.Add(mustToken(f, k, someone, weekly))
	f.Add(mustToken(f, k, Nobody, monthly))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		id, list, err := k.Open(PurposeUnsubscribe, token)
		if err == nil && mustToken(t, k, id, list) != token {
			t.Errorf("%q opens to %s of %s, whose token is another", token, id, list)
		}
	})
}

// The same token comes of a hash that was used before, and of many at once.
func TestTokensAtOnce(t *testing.T) {
	k := testKeys(t)
	want := mustToken(t, k, someone, weekly)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if got, err := k.Token(PurposeUnsubscribe, someone, weekly); got != want || err != nil {
					t.Errorf("%q, %v; want %q", got, err, want)
				}
				if _, _, err := k.Open(PurposeUnsubscribe, want); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkToken(b *testing.B) {
	k := testKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		mustToken(b, k, someone, weekly)
	}
}
