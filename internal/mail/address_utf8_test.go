package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestCheckRecipient(t *testing.T) {
	for _, addr := range []string{
		"ann@example.net", `"a b"@example.net`,
		"jörg@example.net", "δοκιμή@example.net", "用户@example.net", "अजय@example.net", "j.ö+x@xn--bcher-kva.example",
		`"jörg ä"@example.net`, strings.Repeat("ö", 32) + "@example.net",
	} {
		if err := CheckRecipient(addr); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
		if NeedsUTF8(addr) != (CheckAddress(addr) != nil) {
			t.Errorf("%q: needs UTF-8: %v", addr, NeedsUTF8(addr))
		}
	}
	for name, addr := range map[string]string{
		"decomposed": "jo\u0308rg@example.net", "no UTF-8": "j\xf6rg@example.net", "replaced": "j\ufffdrg@example.net",
		"domain in UTF-8": "ann@bücher.example", "both": "jörg@bücher.example", "no domain": "jörg", "no local part": "@example.net",
		"C1 control": "j\u0085örg@example.net", "line separator": "jö\u2028@example.net", "no-break space": "jö\u00a0@example.net",
		"direction": "jö\u202e@example.net", "joiner": "jö\u200d@example.net", "private": "jö\ue000@example.net",
		"line end": "jö\r\n@example.net", "angle": "jö>@example.net", "two dots": "j..ö@example.net", "space": "j ö@example.net",
		"33 letters": strings.Repeat("ö", 33) + "@example.net",
		"too long":   strings.Repeat("ö", 32) + "@" + strings.Repeat("a.", 95) + "example",
	} {
		if err := CheckRecipient(addr); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !errors.Is(ErrUTF8, ErrAddress) {
		t.Error("ErrUTF8 is no ErrAddress")
	}
}

// TestToInUTF8 holds that the field carries the address as it is (RFC 6532),
// and that nothing else of the message does.
func TestToInUTF8(t *testing.T) {
	p := person()
	p.To, p.Name = "jörg@example.net", "Jörg"
	raw, err := mustStencil(t, template()).Message(p)
	if err != nil {
		t.Fatal(err)
	}
	header, _ := decode(t, raw)
	if got := header.Get("To"); got != "=?utf-8?q?J=C3=B6rg?= <jörg@example.net>" {
		t.Errorf("To: %q", got)
	}
	a, err := netmail.ParseAddress(header.Get("To"))
	if err != nil || a.Address != p.To || a.Name != p.Name {
		t.Errorf("%+v, %v", a, err)
	}
	if rest := strings.ReplaceAll(string(raw), p.To, ""); NeedsUTF8(rest) {
		t.Error("other bytes that are not ASCII")
	}
}

// FuzzCheckRecipient: what passes is one line of valid UTF-8 that can stand in a
// command and in a field, and an ASCII address is judged as by CheckAddress.
func FuzzCheckRecipient(f *testing.F) {
	for _, s := range []string{"ann@example.net", "jörg@example.net", "jo\u0308rg@example.net", "\"ö\\\"\"@[::1]", "ö@ö"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		err := CheckRecipient(addr)
		if !NeedsUTF8(addr) && (err == nil) != (CheckAddress(addr) == nil) {
			t.Errorf("%q: %v", addr, err)
		}
		if err != nil {
			return
		}
		if !utf8.ValidString(addr) || !norm.NFC.IsNormalString(addr) || strings.ContainsAny(addr, "\r\n\x00") {
			t.Errorf("passed: %q", addr)
		}
		if clean(addr) != addr && !strings.HasPrefix(addr, `"`) {
			t.Errorf("not one printable line: %q", addr)
		}
		if domain := addr[strings.LastIndexByte(addr, '@'):]; NeedsUTF8(domain) {
			t.Errorf("domain: %q", addr)
		}
	})
}
