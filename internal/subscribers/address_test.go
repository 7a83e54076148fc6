package subscribers

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func TestParseAddress(t *testing.T) {
	label := strings.Repeat("b", 60)
	for in, want := range map[string]Address{
		"ann@example.org":                        {"ann@example.org", "ann@example.org", ""},
		"\t  ann@example.org ":                   {"ann@example.org", "ann@example.org", ""},
		"Ann.Bell+news@Example.ORG":              {"Ann.Bell+news@example.org", "ann.bell+news@example.org", ""},
		"Ann Bell <ann@example.org>":             {"ann@example.org", "ann@example.org", "Ann Bell"},
		"<ann@example.org>":                      {"ann@example.org", "ann@example.org", ""},
		`"Bell, \"Ann\" \\" <ann@example.org>`:   {"ann@example.org", "ann@example.org", `Bell, "Ann" \`},
		"Jürgen 小林 <j@example.org>":              {"j@example.org", "j@example.org", "Jürgen 小林"},
		"user@münchen.example":                   {"user@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"User@MÜNCHEN.example":                   {"User@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"user@XN--MNCHEN-3YA.example":            {"user@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example", ""},
		"user@例え。テスト":                            {"user@xn--r8jz45g.xn--zckzah", "user@xn--r8jz45g.xn--zckzah", ""},
		"Dörte@Sörensen.example.com":             {"Dörte@xn--srensen-90a.example.com", "dörte@xn--srensen-90a.example.com", ""},
		"Do\u0308rte@example.org":                {"Dörte@example.org", "dörte@example.org", ""},
		"अजय@डाटा.भारत":                          {"अजय@xn--c2bd1gb.xn--h2brj9c", "अजय@xn--c2bd1gb.xn--h2brj9c", ""},
		"θσερ@εχαμπλε.ψομ":                       {"θσερ@xn--mxahbxey0c.xn--xxaf0a", "θσερ@xn--mxahbxey0c.xn--xxaf0a", ""},
		"ΘΣΕΡ@example.org":                       {"ΘΣΕΡ@example.org", "θσερ@example.org", ""},
		"Straße@example.org":                     {"Straße@example.org", "straße@example.org", ""},
		"İvan@example.org":                       {"İvan@example.org", "İvan@example.org", ""},
		"\u212aate@example.org":                  {"Kate@example.org", "kate@example.org", ""},
		strings.Repeat("o\u0308", 32) + "@x.org": {strings.Repeat("ö", 32) + "@x.org", strings.Repeat("ö", 32) + "@x.org", ""},
		"o'brien@example.com":                    {"o'brien@example.com", "o'brien@example.com", ""},
		"=?utf-8?q?x?=@example.com":              {"=?utf-8?q?x?=@example.com", "=?utf-8?q?x?=@example.com", ""},
		"!#$%&'*+-/=?^_`{|}~@example.com":        {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", ""},
		strings.Repeat("a", 64) + "@x." + label:  {strings.Repeat("a", 64) + "@x." + label, strings.Repeat("a", 64) + "@x." + label, ""},
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
		"ann@example.org\r\n":                     "invisible",
		"\nann@example.org":                       `'\n'`,
		"":                                        "@",
		"ann":                                     "@",
		"@example.org":                            "before",
		"ann@":                                    "after",
		"ann@example@org":                         "before",
		"ann@localhost":                           "dot",
		"ann@example.org.":                        "domain",
		"ann@example..org":                        "domain",
		"ann@-bad.example":                        "domain",
		"ann@bad-.example":                        "domain",
		"ann@exa_mple.org":                        "domain",
		"ann@exa mple.org":                        "invisible",
		"ann@example.org, bob@example.org":        "before",
		"ann@[192.0.2.1]":                         "brackets",
		"ann@[IPv6:::1]":                          "brackets",
		`"ann b"@example.org`:                     "quoted",
		"(x)ann@example.org":                      "'('",
		"ann(x)@example.org":                      "'('",
		".ann@example.org":                        "dot",
		"ann.@example.org":                        "dot",
		"an..n@example.org":                       "dot",
		"an n@example.org":                        "' '",
		"an\x00n@example.org":                     `'\x00'`,
		"ann\r\nBcc: x@example.org":               `'\r'`,
		"ann@exa\u200bmple.org":                   "invisible",
		"ann@exa\u00admple.org":                   "invisible",
		"ann@exa\u202emple.org":                   "invisible",
		"ann@exa\ufe0fmple.org":                   "invisible",
		"ann@\xff.org":                            "invisible",
		"an\u202en@example.org":                   `'\u202e'`,
		"an\u200dn@example.org":                   `'\u200d'`,
		"an\u00adn@example.org":                   `'\u00ad'`,
		"an\ufe0fn@example.org":                   "cannot stand",
		"an\u115fn@example.org":                   "cannot stand",
		"a\u00a0n@example.org":                    `'\u00a0'`,
		"☃@example.org":                           `'☃'`,
		"ａｎｎ@example.org":                         "special form",
		"ﬁn@example.org":                          "special form",
		"\u0301ann@example.org":                   "accent",
		"ann.\u0301@example.org":                  "accent",
		"an\xffn@example.org":                     "not text",
		strings.Repeat("ö", 33) + "@x.org":        "64",
		strings.Repeat("Ⱥ", 32) + "@x.org":        "64",
		strings.Repeat("o\u0308", 500) + "@x.org": "64",
		strings.Repeat("a", 65) + "@x.org":        "64",
		"a@" + strings.Repeat("b", 64) + ".org":   "domain",
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

// Properties: the normal form is one, is its own normal form, keeps to RFC 5321's
// limits, and cannot break a header or a command.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"ann@example.org", "Ann Bell <Ann@Example.org>", "user@例え。テスト", "user@xn--mnchen-3ya.example",
		`"a@b"@example.org`, "ann\r\n@example.org", "a@ß.example", "a@İ.example", "a@xn--a.example", "K@\u212a.org", "DÖRTE@example.org", "θσΣς@example.org", "o\u0308\u0323@example.org",
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
		if lower(a.Mailbox) != a.Normal || len(a.Mailbox) > 254 || len(a.Normal) > 254 {
			t.Errorf("%q: mailbox %q, normal form %q", s, a.Mailbox, a.Normal)
		}
		for _, c := range a.Mailbox {
			if c <= ' ' || c == 0x7f || c >= 0x80 && !unicode.In(c, unicode.L, unicode.M, unicode.N) || strings.ContainsRune(`<>,;:"()[]\`, c) {
				t.Errorf("%q: %q in the mailbox %q", s, c, a.Mailbox)
			}
		}
		if !norm.NFC.IsNormalString(a.Mailbox) || !norm.NFC.IsNormalString(a.Normal) {
			t.Errorf("%q: mailbox %q, normal form %q are not in NFC", s, a.Mailbox, a.Normal)
		}
		if _, domain, _ := strings.Cut(a.Mailbox, "@"); strings.ContainsFunc(domain, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%q: the domain of %q is not in its ASCII form", s, a.Mailbox)
		}
		if strings.ContainsAny(a.Name, "\r\n\x00") {
			t.Errorf("%q: the name %q breaks a header", s, a.Name)
		}
	})
}
