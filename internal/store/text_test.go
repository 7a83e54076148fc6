package store

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestReply(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"250 ok":                              "250 ok",
		"a\x00b\xffc":                         "ab?c",
		"\xff\xfe\xfd":                        "?",
		"пошта \u202e":                        "пошта \u202e",
		strings.Repeat("x", maxReply+1):       strings.Repeat("x", maxReply),
		strings.Repeat("x", maxReply-1) + "é": strings.Repeat("x", maxReply-1) + "?",
	} {
		if got := reply(in); got != want {
			t.Errorf("reply(%.20q) = %.20q, want %.20q", in, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, want := range []time.Time{{}, noon, noon.Add(time.Millisecond), time.UnixMilli(-5).UTC()} {
		if got := at(orNull(want)); !got.Equal(want) {
			t.Errorf("%v came back as %v", want, got)
		}
	}
	if ms(time.Time{}) != 0 || ms(noon) != noon.UnixMilli() {
		t.Errorf("ms: %d, %d", ms(time.Time{}), ms(noon))
	}
}

// Whatever a server says, what is stored is short, valid and without NUL, and
// storing it again changes nothing.
func FuzzReply(f *testing.F) {
	for _, s := range []string{"", "550 5.1.1 no\x00 \xff", strings.Repeat("é", maxReply)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := reply(s)
		if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > maxReply || reply(got) != got {
			t.Errorf("reply(%q) = %q", s, got)
		}
		if got := text(s); !utf8.ValidString(got) || strings.ContainsRune(got, 0) || text(got) != got {
			t.Errorf("text(%q) = %q", s, got)
		}
	})
}
