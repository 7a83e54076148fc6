package subscribers

import (
	"context"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

// blind is a store that can take requests down, and panics when asked anything.
type blind struct {
	Store
	requests []Request
}

func (b *blind) TakeDown(_ context.Context, r Request) error {
	b.requests = append(b.requests, r)
	return nil
}

// Whatever is known of an address, the page's answer cannot depend on it.
func TestSignUpLooksNothingUp(t *testing.T) {
	l, _, k := testList(t)
	b := &blind{}
	l.store = b
	s := SignUp{
		Newsletter: weekly, Address: "Ann Bell <Ann+News@Example.org>", Language: "pt-BR", Wording: "words", Evidence: "form", At: noon,
	}
	if err := l.SignUp(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	got := b.requests[0]
	if len(got.ID) != 32 {
		t.Errorf("id %q", got.ID)
	}
	got.ID = ""
	want := Request{
		Kind: digest.LetterConfirm, Newsletter: weekly,
		Address: Address{Mailbox: "Ann+News@example.org", Normal: "ann+news@example.org"},
		Hash:    k.AddressHash("ann+news@example.org"), Mailbox: k.AddressHash("ann@example.org"),
		Language: "pt-BR", Wording: "words", Evidence: "form", At: noon,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := l.SignUp(t.Context(), s); err != nil || b.requests[0].ID == b.requests[1].ID {
		t.Errorf("two requests with one id: %v", err)
	}
}

func TestSignUpRefuses(t *testing.T) {
	l, m, _ := testList(t)
	for _, address := range []string{"", "ann", "ann@localhost", "ann@example.org\r\nBcc: bob@example.org", "a@x.org,b@x.org"} {
		if err := l.SignUp(t.Context(), SignUp{Newsletter: weekly, Address: address}); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if len(m.requests) != 0 {
		t.Errorf("taken down: %+v", m.requests)
	}
	m.fail = errors.New("disk full")
	if err := l.SignUp(t.Context(), SignUp{Address: "ann@example.org"}); !errors.Is(err, m.fail) || errors.Is(err, ErrAddress) {
		t.Errorf("disk full: %v", err)
	}
	l.random = iotest.ErrReader(errors.New("no randomness"))
	if err := l.SignUp(t.Context(), SignUp{Address: "ann@example.org"}); err == nil {
		t.Error("no randomness, and no error")
	}
}

func TestWhatCountsAsOneMailbox(t *testing.T) {
	for normal, want := range map[string]string{
		"ann@example.org":            "ann@example.org",
		"ann+x@example.org":          "ann@example.org",
		"ann+x+y@example.org":        "ann@example.org",
		"+ann@example.org":           "+ann@example.org",
		"a.n.n@example.org":          "a.n.n@example.org",
		"a.n.n+x@gmail.com":          "ann@gmail.com",
		"ann@googlemail.com":         "ann@gmail.com",
		"ann@gmail.com.evil.example": "ann@gmail.com.evil.example",
		"a.n-n_b+x@proton.me":        "annb@proton.me",
		"annb@protonmail.com":        "annb@proton.me",
		"ann.b@pm.me":                "annb@proton.me",
		"a-n@mail.proton.me":         "a-n@mail.proton.me",
		"a-n_n@gmail.com":            "a-n_n@gmail.com",
		"ann@me.com":                 "ann@icloud.com",
		"a.nn+x@mac.com":             "a.nn@icloud.com",
		"ann-b@ya.ru":                "ann.b@yandex.ru",
		"ann.b+x@yandex.com":         "ann.b@yandex.ru",
		"annb@yandex.ru":             "annb@yandex.ru",
		"news@ann.fastmail.com":      "ann@fastmail.com",
		"a+b@more.ann.fastmail.fm":   "ann@fastmail.com",
		"ann+x@fastmail.fm":          "ann@fastmail.com",
		"ann@notfastmail.com":        "ann@notfastmail.com",
	} {
		if got := mailbox(normal); got != want {
			t.Errorf("%s counts as %s, want %s", normal, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	for tag, want := range map[string]string{
		"": "", "de": "de", "zh-Hant-TW": "zh-Hant-TW", "de\r\n": "", "<b>": "", "x y": "",
		"abcdefgh-abcdefgh-abcdefgh-abcdefgh": "abcdefgh-abcdefgh-abcdefgh-abcdefgh", "abcdefgh-abcdefgh-abcdefgh-abcdefghi": "",
	} {
		if got := language(tag); got != want {
			t.Errorf("%q becomes %q", tag, got)
		}
	}
}
