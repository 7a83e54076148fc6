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
		{
			"subject", "---\nsubject: \"Tide mills: the return\"\npreheader:  Herons and \u202ebakers  \n---\nHello",
			note{Text: "Hello", Subject: "Tide mills: the return", Preheader: "Herons and bakers"},
		},
		{"folded subject", "---\nsubject: >-\n  Tide\n  mills\n---\n", note{Subject: "Tide mills"}},
		{"empty subject", "---\nsubject:\npreheader: \"\"\n---\nHello", note{Text: "Hello"}},
		{"a number", "---\nsubject: 47\n---\n", note{Subject: "47"}},
		{"as long as may be", "---\nsubject: " + strings.Repeat("é", 100) + "\n---\n", note{Subject: strings.Repeat("é", 100)}},
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
		"never ended":          "---\npin: x\nHello",
		"long subject":         "---\nsubject: " + strings.Repeat("x", 101) + "\n---\n",
		"long preheader":       "---\npreheader: " + strings.Repeat("x", 161) + "\n---\n",
		"two lines":            "---\nsubject: |\n  one\n  two\n---\n",
		"a list for a subject": "---\nsubject: [a, b]\n---\n",
		"a colon":              "---\nsubject: Tide mills: again\n---\n",
		"unknown key":          "---\npins: [x]\n---\n",
		"not a mapping":        "---\n- x\n---\n",
		"nested":               "---\npin: {a: b}\n---\n",
		"not YAML":             "---\npin: [\n---\n",
		"aliases":              "---\npin: &a [x]\ndrop: *b\n---\n",
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
	f.Add("---\nsubject: \"a\\nb\"\npreheader: |\n  c\n---")
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
		if strings.ContainsAny(n.Subject+n.Preheader, "\r\n\x00\u202e") {
			t.Fatalf("%q made the lines %q and %q", s, n.Subject, n.Preheader)
		}
		if !strings.Contains(s, n.Text) {
			t.Fatalf("%q is not in %q", n.Text, s)
		}
	})
}

// Mistakes are told to editors, with the file's lines.
func TestSlips(t *testing.T) {
	for matter, want := range map[string]string{
		"subjct: x\n":                "line 2: there is no key subjct; ",
		"subject: a\nsubject: [a]\n": "line 3: ",
		"subject: [a]\nno: b\n":      "line 2: not what stands after this key, line 3: there is no key no; ",
		"subject: [a\n":              "line 2: did not find",
	} {
		_, err := parseNote("---\n" + matter + "---\nHello")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "struct") {
			t.Errorf("%q: %v", matter, err)
		}
	}
}
