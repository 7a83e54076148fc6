package publish

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

func TestParseNote(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     note
	}{
		{"nothing", "", note{}},
		{"plain", "\nHello,\n\nall.\n", note{Text: "Hello,\n\nall."}},
		{"a rule further down is Markdown", "Hello\n---\nall", note{Text: "Hello\n---\nall"}},
		{
			"lists", "---\npin:\n  - https://a.example/x\n  - https://a.example/y#c1\ndrop: [https://a.example/z]\n---\n\nHello",
			note{Text: "Hello", Pins: []string{"https://a.example/x", "https://a.example/y#c1"}, Drops: []string{"https://a.example/z"}},
		},
		{"one address", "---\npin: https://a.example/x\n---\nHello", note{Text: "Hello", Pins: []string{"https://a.example/x"}}},
		{"no text", "---\npin: https://a.example/x\n---", note{Pins: []string{"https://a.example/x"}}},
		{"empty matter", "---\n---\nHello", note{Text: "Hello"}},
		{"line ends of another system", "---\r\ndrop: https://a.example/x\r\n---\r\nHello\r\n", note{Text: "Hello", Drops: []string{"https://a.example/x"}}},
	} {
		got, err := parseNote(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestBadFrontMatterIsAConfigurationError(t *testing.T) {
	for name, in := range map[string]string{
		"never ended":   "---\npin: x\nHello",
		"unknown key":   "---\npins: [x]\n---\n",
		"not a mapping": "---\n- x\n---\n",
		"nested":        "---\npin: {a: b}\n---\n",
		"not YAML":      "---\npin: [\n---\n",
		"aliases":       "---\npin: &a [x]\ndrop: *b\n---\n",
	} {
		if n, err := parseNote(in); !errors.Is(err, digest.ErrConfig) {
			t.Errorf("%s: %+v, %v", name, n, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %v", name, err)
		}
	}
}

// FuzzParseNote: a note either parses or is a configuration error; text without
// a fence passes unchanged but for blanks around it.
func FuzzParseNote(f *testing.F) {
	f.Add("---\npin: a\n---\nx")
	f.Add("---\n&a [*a]\n---")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseNote(s)
		if err != nil {
			if !errors.Is(err, digest.ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		if !strings.HasPrefix(s, fence) && n.Text != strings.TrimSpace(s) {
			t.Fatalf("%q became %q", s, n.Text)
		}
		if !strings.Contains(s, n.Text) {
			t.Fatalf("%q is not in %q", n.Text, s)
		}
	})
}
