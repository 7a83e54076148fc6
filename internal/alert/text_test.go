package alert

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	long := strings.Repeat("é", 1<<20)
	for in, want := range map[string]string{
		"weekly/3 is held":               "weekly/3 is held",
		"two\nlines\n":                   "two\nlines",
		"a\tb\r\nc\x00\x1b[31md\x7f":     "a b\nc[31md",
		"\u202egnol\u2066 \u200f":        "gnol",
		"a\u2028b\u0085c":                "a\nb c",
		"broken \xff\xfe":                "broken \ufffd",
		"קיבלתי 👩‍👩‍👧 ٣":                 "קיבלתי 👩‍👩‍👧 ٣",
		"":                               "",
		strings.Repeat("\xffa", maxText): strings.Repeat("\ufffda", maxText/4-1) + "…",
		strings.Repeat("a", maxText):     strings.Repeat("a", maxText),
		strings.Repeat("a", maxText+1):   strings.Repeat("a", maxText-3) + "…",
		long:                             long[:maxText-4] + "…",
	} {
		if got := clean(in); got != want {
			t.Errorf("%.40q becomes %.40q (%d bytes), want %.40q", in, got, len(got), want)
		}
	}
	if got := oneLine(clean("Subject\r\nBcc: x@y.test\n\n z")); got != "Subject Bcc: x@y.test z" {
		t.Errorf("one line: %q", got)
	}
}

// Whatever comes in, what goes out is bounded text without control, and clean.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\xff\x00", "\u202e", strings.Repeat("é", maxText), strings.Repeat("\xffa", maxText)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if len(got) > maxText || !utf8.ValidString(got) || clean(got) != got {
			t.Fatalf("%q becomes %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' {
				t.Fatalf("%q becomes %q", s, got)
			}
		}
		if one := oneLine(got); strings.ContainsAny(one, "\n\r") || len(clip(got)) > 204 {
			t.Fatalf("%q becomes the line %q", s, one)
		}
	})
}
