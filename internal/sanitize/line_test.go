package sanitize

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "A title", "A title"},
		{"header injection", "Name\r\nBcc: all@x.test", "Name Bcc: all@x.test"},
		{"blanks", " \t a \u00a0\u2028 b\u2029", "a b"},
		{"controls", "a\x00b\x1bc\x7fd\u0085e", "abcd e"},
		{"bidi controls", "\u202egnp.exe\u202c \u2066x\u2069\u200f\u061c", "gnp.exe x"},
		{"zero width", "a\u200bb\u2060c\ufeffd\u00ade\u200df\u034fg", "abcdefg"},
		{"emoji of several", "👩\u200d❤\ufe0f\u200d👨 👋🏽\u200d 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "👩\u200d❤\ufe0f\u200d👨 👋🏽 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"},
		{"no letters hidden in emoji", "👩\u200d\u200d\u200b🚀 🏴\U000e0067\U000e0062 👩\u200da", "👩🚀 🏴 👩a"},
		{"a folded header", "a\r\n\tb\n c\x0b\x0cd\u2028e\u0085f", "a b c d e f"},
		{"tags nobody sees", "a\U000e0041\U000e007f", "a"},
		{"blank letters", "\u3164\u115f\u2800", ""},
		{"invalid UTF-8", "a\xffb", "a\ufffdb"},
		{"entities stay", "a &lt; b", "a &lt; b"},
		{"Arabic and marks stay", "خَريطة \u0600 é", "خَريطة \u0600 é"},
	} {
		if got := Line(c.in); got != c.want {
			t.Errorf("%s: %q gave %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestLineFromHTML(t *testing.T) {
	for in, want := range map[string]string{
		"Tom &amp; Jerry":              "Tom & Jerry",
		"Tom &amp;amp; Jerry":          "Tom & Jerry",
		"<b>Bold</b> claim<br>here":    "Bold claim here",
		"&#8238;evil":                  "evil",
		"1 &lt; 2":                     "1 < 2",
		"<script>x</script>quiet\r\nX": "quiet X",
		"&#13;&#10;Bcc: x":             "Bcc: x",
		"&amp;#13;&amp;#10;Bcc: x":     "Bcc: x",
		"👩&zwj;🚀 <img alt='🙂'>":        "👩\u200d🚀 🙂",
	} {
		if got := LineFromHTML(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

// hides says whether s holds anything invisible but parts of emoji; joiners
// says whether these may be there.
func hides(s string, joiners bool) bool {
	for _, region := range regions {
		s = strings.ReplaceAll(s, "🏴"+region, "")
	}
	runes := []rune(strings.ReplaceAll(s, "\ufe0f", ""))
	for i, r := range runes {
		ok := r == '\n' || r == joiner && joiners && i > 0 && i+1 < len(runes) && pictograph(runes[i-1]) && pictograph(runes[i+1])
		if !ok && invisible(r) {
			return true
		}
	}
	return false
}

// FuzzLine: a line is valid UTF-8 on one line, holds nothing invisible, and
// cleaning it again changes nothing.
func FuzzLine(f *testing.F) {
	f.Add("a\r\nb\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n") || hides(got, true) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q gave %q", s, got)
		}
		if again := Line(got); again != got {
			t.Errorf("%q gave %q and then %q", s, got, again)
		}
	})
}

func TestAddress(t *testing.T) {
	base := mustURL(t, "https://blog.test/a/b")
	for in, want := range map[string]string{
		"https://x.test/a?b=c#d":  "https://x.test/a?b=c#d",
		" http://x.test ":         "http://x.test",
		"../c":                    "https://blog.test/c",
		"//x.test/y":              "https://x.test/y",
		"#c1":                     "https://blog.test/a/b#c1",
		"javascript:alert(1)":     "",
		"JaVaScRiPt:alert(1)":     "",
		"mailto:a@b.test":         "",
		"data:text/html,x":        "",
		"https:x":                 "",
		"https://user@x.test/":    "",
		"https://":                "",
		"https://x.test/a b":      "https://x.test/a%20b",
		"https://x.test/é?q=é":    "https://x.test/%C3%A9?q=%C3%A9",
		"https://x.test/\u202e":   "",
		"https://x%E2%80%AE.test": "",
		"https://x.test>y":        "",
		"https://x.test%3E":       "",
		"https://[::1%25x]/":      "",
		"https://[2001:db8::1]/":  "https://[2001:db8::1]/",
		"https://a_b.test:8443/":  "https://a_b.test:8443/",
		"https://é.test":          "https://%C3%A9.test",
		"https://x.test/\r\nX: y": "",
		"https://x.test/?q='\"<>": "https://x.test/?q=%27%22%3C%3E",
		"":                        "",
		"https://x.test/" + strings.Repeat("a", MaxAddress):   "",
		"https://x.test/" + strings.Repeat("é", MaxAddress/3): "", // too long once it is encoded
	} {
		if got := Address(in, base); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
	if got := Address("/relative", nil); got != "" {
		t.Errorf("a relative address without a base gave %q", got)
	}
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{"https://www.x.test:8080/a": "x.test", "https://y.test": "y.test", "::": "", "no": ""} {
		if got := Host(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}
