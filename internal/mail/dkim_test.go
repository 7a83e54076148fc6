package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// keyPair are the keys of a test run. Making an RSA key takes long.
type keyPair struct{ rsa, ed25519 Key }

var testKeys = func() func(testing.TB) keyPair {
	var once sync.Once
	var pair keyPair
	return func(t testing.TB) keyPair {
		once.Do(func() {
			rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			_, edKey, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			pair = keyPair{Key{"s2026", pkcs8(t, rsaKey)}, Key{"s2026e", pkcs8(t, edKey)}}
		})
		return pair
	}
}()

func pkcs8(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

var signTime = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func mustSigner(t testing.TB, keys ...Key) *Signer {
	t.Helper()
	s, err := NewSigner(SignerOptions{Domain: "example.org", Keys: keys, Now: func() time.Time { return signTime }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verify has another implementation judge a message as its receiver gets it.
func verify(t testing.TB, s *Signer, message []byte) []*dkim.Verification {
	t.Helper()
	zone := map[string]string{}
	for _, r := range s.Records() {
		zone[r.Name] = r.Value
	}
	all, err := dkim.VerifyWithOptions(bytes.NewReader(message), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			if zone[name] == "" {
				return nil, fmt.Errorf("no record at %s", name)
			}
			return []string{zone[name]}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// received undoes what SMTP does to data (RFC 5321, 4.5.2).
func received(data []byte) []byte {
	return append(bytes.ReplaceAll(data, []byte("\r\n.."), []byte("\r\n.")), "\r\n"...)
}

func mustSign(t testing.TB, s *Signer, data []byte) []byte {
	t.Helper()
	signed, err := s.AppendSigned(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func mustData(t testing.TB, tm Template, p Personal) []byte {
	t.Helper()
	data, err := mustStencil(t, tm).AppendData(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func allVerify(t testing.TB, s *Signer, data []byte) {
	t.Helper()
	all := verify(t, s, received(data))
	if len(all) != len(s.Records()) {
		t.Errorf("%d signatures", len(all))
	}
	for _, v := range all {
		if v.Err != nil || v.Domain != s.Domain() || !v.Time.Equal(signTime) || !v.Expiration.IsZero() {
			t.Errorf("%+v\n%s", v, data)
		}
	}
}

func TestSignedMessagesVerify(t *testing.T) {
	pair := testKeys(t)
	for name, keys := range map[string][]Key{
		"RSA": {pair.rsa}, "Ed25519": {pair.ed25519}, "both": {pair.rsa, pair.ed25519},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustSigner(t, keys...)
			data := mustSign(t, s, mustData(t, template(), person()))
			allVerify(t, s, data)
			if err := errors.Join(checkLines(data, maxLine), checkBytes(data)); err != nil {
				t.Error(err)
			}
			head, _, _ := bytes.Cut(data, []byte("From:"))
			if n := bytes.Count(head, []byte("DKIM-Signature: ")); n != len(keys) {
				t.Errorf("%d fields in front: %s", n, head)
			}
			for line := range strings.SplitSeq(string(head), "\r\n") {
				if len(line) > 78 {
					t.Errorf("%d characters: %s", len(line), line)
				}
			}
		})
	}
}

// TestEveryFieldIsSigned holds h= to name all that a message has, and those that
// nobody may add once more.
func TestEveryFieldIsSigned(t *testing.T) {
	s := mustSigner(t, testKeys(t).ed25519)
	v := verify(t, s, received(mustSign(t, s, mustData(t, template(), person()))))[0]
	times := map[string]int{}
	for _, name := range v.HeaderKeys {
		times[name]++
	}
	for _, name := range allFields {
		want := 1
		switch name {
		case "From", "Reply-To", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type":
			want = 2
		}
		if got := times[strings.ToLower(name)]; got != want {
			t.Errorf("%s stands %d times in h=, want %d", name, got, want)
		}
		delete(times, strings.ToLower(name))
	}
	if len(times) > 0 {
		t.Errorf("also in h=: %v", times)
	}
}

// TestNothingCanBeAdded: a field that mail programs show cannot be put in front,
// not even one that the message lacks.
func TestNothingCanBeAdded(t *testing.T) {
	tm := template()
	tm.ReplyTo = ""
	s := mustSigner(t, testKeys(t).rsa)
	message := received(mustSign(t, s, mustData(t, tm, person())))
	for _, name := range []string{"From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"} {
		forged := append([]byte(name+": eve@example.net\r\n"), message...)
		if v := verify(t, s, forged); len(v) != 1 || v[0].Err == nil {
			t.Errorf("%s was added", name)
		}
	}
	added := append([]byte("Received: from relay.example\r\n"), message...)
	if v := verify(t, s, added); v[0].Err != nil {
		t.Errorf("Received: %v", v[0].Err)
	}
}

// TestHostileValuesVerify signs messages whose every value tries something.
func TestHostileValuesVerify(t *testing.T) {
	s := mustSigner(t, testKeys(t).ed25519)
	long := strings.Repeat("Heron  watch ", 40)
	values := append([]string{long, strings.Repeat("Möwe", 60), " a\t b ", ". .. .", "x" + strings.Repeat(" ", 70) + "y", ""}, hostileValues...)
	for _, value := range values {
		tm, p := template(), person()
		tm.Subject, p.Name = "Tide "+value, value
		tm.Headers = append(tm.Headers, Header{"X-Auto-Response-Note", "note " + clip(value)})
		tm.ListID = "List <weekly.digest.example.org>"
		tm.Text = value + "\n.\n..\n \t\n" + hole + "\n" + value + "  \t \n\n\n"
		tm.HTML = "<p>" + value + "</p>  \n.\t<a href=\"" + hole + "\">x</a>" + value + "\n\n"
		p.Unsubscribe = "https://digest.example.org/u/" + strings.Repeat("A.=b", 60)
		allVerify(t, s, mustSign(t, s, mustData(t, tm, p)))
	}
	p := person()
	p.To, p.Name = "jörg.用户@example.net", "Jörg"
	allVerify(t, s, mustSign(t, s, mustData(t, template(), p)))
}

// TestAnyFlippedBitIsSeen wherever it is, but in the folds of the signature's own
// field, where one kind of blank is as good as another.
func TestAnyFlippedBitIsSeen(t *testing.T) {
	s := mustSigner(t, testKeys(t).ed25519)
	message := received(mustSign(t, s, mustData(t, template(), person())))
	own := bytes.Index(message, []byte("From:"))
	for i := range message {
		if i < own && (message[i] == '\r' || message[i] == '\n') {
			continue
		}
		bad := bytes.Clone(message)
		bad[i] ^= 1
		for _, v := range verify(t, s, bad) {
			if v.Err == nil {
				t.Errorf("byte %d: %q became %q", i, message[max(0, i-10):i+1], bad[i])
			}
		}
	}
}

// TestSigningAgain changes nothing but t= and b=, and nothing at all in the same second.
func TestSigningAgain(t *testing.T) {
	now := signTime
	pair := testKeys(t)
	s, err := NewSigner(SignerOptions{Domain: "example.org", Keys: []Key{pair.rsa, pair.ed25519}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	data := mustData(t, template(), person())
	first := mustSign(t, s, data)
	if !bytes.Equal(mustSign(t, s, data), first) {
		t.Error("not the same in the same second")
	}
	now = now.Add(time.Hour)
	again := mustSign(t, s, data)
	if !bytes.Equal(unstamped(again), unstamped(first)) || bytes.Equal(again, first) {
		t.Errorf("%s\n%s", unstamped(again), unstamped(first))
	}
}

// unstamped is a message without the values of t= and b=.
func unstamped(data []byte) []byte {
	var out []byte
	for _, field := range splitFields(data) {
		if !hasName(field, "dkim-signature") {
			out = append(out, field...)
			continue
		}
		before, after, _ := bytes.Cut(field, []byte(" t="))
		_, after, _ = bytes.Cut(after, []byte(";"))
		after, _, _ = bytes.Cut(after, []byte(" b="))
		out = append(append(out, before...), after...)
	}
	return out
}

func TestSignerIsConcurrent(t *testing.T) {
	s := mustSigner(t, testKeys(t).rsa, testKeys(t).ed25519)
	stencil := mustStencil(t, template())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			p := person()
			p.To = fmt.Sprintf("reader%d@example.net", i)
			var data, signed []byte
			for range 4 {
				var err error
				if data, err = stencil.AppendData(data[:0], p); err != nil {
					t.Error(err)
				}
				if signed, err = s.AppendSigned(signed[:0], data); err != nil {
					t.Error(err)
				}
				allVerify(t, s, signed)
			}
		})
	}
	wg.Wait()
}

func TestAppendSignedKeepsWhatStands(t *testing.T) {
	s := mustSigner(t, testKeys(t).ed25519)
	data := mustData(t, template(), person())
	got, err := s.AppendSigned([]byte("before"), data)
	if err != nil || !bytes.HasPrefix(got, []byte("beforeDKIM-Signature: v=1;")) || !bytes.HasSuffix(got, data) {
		t.Errorf("%v\n%s", err, got)
	}
	for _, bad := range []string{"", "Subject: x\r\n\r\nFrom: a@example.org", "no field"} {
		if got, err := s.AppendSigned([]byte("before"), []byte(bad)); !errors.Is(err, errNotMessage) || string(got) != "before" {
			t.Errorf("%q: %v, %q", bad, err, got)
		}
	}
}

func TestBodiesVerify(t *testing.T) {
	s := mustSigner(t, testKeys(t).ed25519)
	for _, body := range []string{
		"\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n", "\r\n\r\na", "\r\n\r\n..", "\r\n\r\n..\r\n..", "\r\n\r\n...a\r\n.. ", "\r\n\r\n \t",
		"\r\n\r\na \t\r\n\r\n \r\n", "\r\n\r\n  a  b\tc", "\r\n\r\na \r\nb\t\r\nc", "\r\n\r\na \tb\t c \t d\r\ne", "\r\n\r\n\r\n\r\na\r\n\r\n", "\r\n\r\n\u00a0ä\v\f \v",
	} {
		allVerify(t, s, mustSign(t, s, []byte("From: a@example.org\r\nX: y"+body)))
	}
}

// FuzzAppendSigned: whatever stands in a well-formed message, another
// implementation verifies it.
func FuzzAppendSigned(f *testing.F) {
	s := mustSigner(f, testKeys(f).ed25519)
	f.Add("a@example.org", "  x \t y", "body \t\r\n\r\n..\r\n")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, from, subject, body string) {
		data := []byte("FROM : " + from + "\r\n\tx\r\nSubject:" + subject + "\r\nsubject: 2\r\n\r\n" + body)
		head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		if checkLines(data, maxLine) != nil || !bytes.Equal(head, []byte(strings.ToValidUTF8(string(head), ""))) {
			return
		}
		allVerify(t, s, mustSign(t, s, data))
	})
}
