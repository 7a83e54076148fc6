package config

import (
	"errors"
	"fmt"
	"testing"

	"digest.example/internal/digest"
)

func TestProblemsAreOneLineEach(t *testing.T) {
	for want, p := range map[string]Problem{
		"config.yaml:12: smtp.tls: wrong":        {"config.yaml", 12, "smtp.tls", "wrong"},
		"config.yaml: smtp.tls: wrong":           {"config.yaml", 0, "smtp.tls", "wrong"},
		"config.yaml:3: wrong":                   {"config.yaml", 3, "", "wrong"},
		"smtp.tls: wrong":                        {"", 3, "smtp.tls", "wrong"},
		"DIGEST_SMTP_TLS: smtp.tls: wrong":       {"DIGEST_SMTP_TLS", 0, "smtp.tls", "wrong"},
		"a.yaml:1: newsletters[0].sources: none": {"a.yaml", 1, "newsletters[0].sources", "none"},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	err := fmt.Errorf("check: %w", Problems{{Text: "a"}, {Text: "b"}})
	if !errors.Is(err, digest.ErrConfig) || err.Error() != "check: a\nb" {
		t.Errorf("got %v", err)
	}
	if err := Problems(nil).err(); err != nil {
		t.Error("no problems are an error")
	}
}

func TestSuggestions(t *testing.T) {
	keys := []string{"host", "port", "per_second", "public_url"}
	for name, want := range map[string]string{
		"hots":          ", did you mean host?",
		"Port":          ", did you mean port?",
		"persecond":     ", did you mean per_second?",
		"public-url":    ", did you mean public_url?",
		"public_adress": ", did you mean public_url?",
		"":              "; the keys here are host, port, per_second, public_url",
		"colour":        "; the keys here are host, port, per_second, public_url",
	} {
		if got := suggest(name, keys); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"kitten", "sitting", 3},
		{"host", "hots", 2},
		{"flaw", "lawn", 2},
	} {
		if got := editDistance(tc.a, tc.b); got != tc.want {
			t.Errorf("%q to %q: got %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

// TestPrintable: names of keys come from the file, and the messages with them
// go to a terminal.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"smtp":            "smtp",
		"a\nb\x1b[31m":    "a?b?[31m",
		"a\u202eb\u2028c": "a?b?c",
		"grün":            "grün",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	long := make([]rune, 1000)
	for i := range long {
		long[i] = 'ä'
	}
	if got := []rune(printable(string(long))); len(got) != 61 {
		t.Errorf("%d runes", len(got))
	}
}
