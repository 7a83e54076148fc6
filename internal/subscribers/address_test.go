package subscribers

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	label := strings.Repeat("b", 60)
	for in, want := range map[string]Address{
		"ann@example.org":                       {"ann@example.org", "ann@example.org", ""},
		"\t  ann@example.org ":                  {"ann@example.org", "ann@example.org", ""},
		"Ann.Bell+news@Example.ORG":             {"Ann.Bell+news@example.org", "ann.bell+news@example.org", ""},
		"Ann Bell <ann@example.org>":            {"ann@example.org", "ann@example.org", "Ann Bell"},
		"<ann@example.org>":                     {"ann@example.org", "ann@example.org", ""},
		`"Bell, \"Ann\" \\" <ann@example.org>`:  {"ann@example.org", "ann@example.org", `Bell, "Ann" \`},
		"Jürgen 小林 <j@example.org>":             {"j@example.org", "j@example.org", "Jürgen 小林"},
		"user@münchen.example":                  {"user@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"User@MÜNCHEN.example":                  {"User@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"user@XN--MNCHEN-3YA.example":           {"user@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"user@例え。テスト":                           {"user@xn--r8jz45g.xn--zckzah", "user@xn--r8jz45g.xn--zckzah", ""},
		"o'brien@example.com":                   {"o'brien@example.com", "o'brien@example.com", ""},
		"=?utf-8?q?x?=@example.com":             {"=?utf-8?q?x?=@example.com", "=?utf-8?q?x?=@example.com", ""},
		"!#$%&'*+-/=?^_`{|}~@example.com":       {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", ""},
		strings.Repeat("a", 64) + "@x." + label: {strings.Repeat("a", 64) + "@x." + label, strings.Repeat("a", 64) + "@x." + label, ""},
	} {
		got, err := ParseAddress(in)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	long := strings.Repeat("b", 60)
	for in, word := range map[string]string{
		"ann@example.org\r\n":                   "invisible",
		"\nann@example.org":                     `'\n'`,
		"":                                      "@",
		"ann":                                   "@",
		"@example.org":                          "before",
		"ann@":                                  "after",
		"ann@example@org":                       "before",
		"ann@localhost":                         "dot",
		"ann@example.org.":                      "domain",
		"ann@example..org":                      "domain",
		"ann@-bad.example":                      "domain",
		"ann@bad-.example":                      "domain",
		"ann@exa_mple.org":                      "domain",
		"ann@exa mple.org":                      "invisible",
		"ann@example.org, bob@example.org":      "before",
		"ann@[192.0.2.1]":                       "brackets",
		"ann@[IPv6:::1]":                        "brackets",
		`"ann b"@example.org`:                   "quoted",
		"(x)ann@example.org":                    "'('",
		"ann(x)@example.org":                    "'('",
		".ann@example.org":                      "dot",
		"ann.@example.org":                      "dot",
		"an..n@example.org":                     "dot",
		"an n@example.org":                      "' '",
		"an\x00n@example.org":                   `'\x00'`,
		"ann\r\nBcc: x@example.org":             `'\r'`,
		"ann@exa\u200bmple.org":                 "invisible",
		"ann@exa\u00admple.org":                 "invisible",
		"ann@exa\u202emple.org":                 "invisible",
		"ann@exa\ufe0fmple.org":                 "invisible",
		"ann@\xff.org":                          "invisible",
		"an\u202en@example.org":                 "not supported yet",
		"dörte@example.org":                     "not supported yet",
		"an\xffn@example.org":                   "not supported yet",
		strings.Repeat("a", 65) + "@x.org":      "64",
		"a@" + strings.Repeat("b", 64) + ".org": "domain",
		strings.Repeat("a", 60) + "@" + long + "." + long + "." + long + "." + long: "254",
		"ann@example.org>":                      ">",
		"Ann\nBcc: x <ann@example.org>":         "name",
		"Ann\u202e <ann@example.org>":           "name",
		"Ann\u2028 x <ann@example.org>":         "name",
		strings.Repeat("n", 201) + " <a@b.org>": "name",
		"a <b@c.org> <>":                        "@",
	} {
		got, err := ParseAddress(in)
		if err == nil {
			t.Errorf("%q is taken as %+v", in, got)
		} else if !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %q does not speak of %q", in, err, word)
		}
	}
}

// Properties: the normal form is one, is its own normal form, is lower-case
// ASCII within RFC 5321's limits, and cannot break a header or a command.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"ann@example.org", "Ann Bell <Ann@Example.org>", "user@例え。テスト", "user@xn--mnchen-3ya.example",
		`"a@b"@example.org`, "ann\r\n@example.org", "a@ß.example", "a@İ.example", "a@xn--a.example", "K@\u212a.org",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.Normal)
		if err != nil || again.Normal != a.Normal || again.Mailbox != a.Normal {
			t.Errorf("%q: normal form %q becomes %+v, %v", s, a.Normal, again, err)
		}
		if !strings.EqualFold(a.Mailbox, a.Normal) || strings.ToLower(a.Normal) != a.Normal || len(a.Mailbox) > 254 {
			t.Errorf("%q: mailbox %q, normal form %q", s, a.Mailbox, a.Normal)
		}
		for _, c := range a.Mailbox {
			if c <= ' ' || c >= 0x7f || strings.ContainsRune(`<>,;:"()[]\`, c) {
				t.Errorf("%q: %q in the mailbox %q", s, c, a.Mailbox)
			}
		}
		if strings.ContainsAny(a.Name, "\r\n\x00") {
			t.Errorf("%q: the name %q breaks a header", s, a.Name)
		}
	})
}
