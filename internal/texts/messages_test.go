package texts

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"digest.example/templates"
)

// languages are those that the program ships.
var languages = []string{"ar", "de", "en", "es", "fr", "ja", "pt"}

func newCatalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// messages are those of a language by key.
func messages(t *testing.T, tag string) map[string]*i18n.Message {
	t.Helper()
	data, err := files.ReadFile(folder + "/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := i18n.ParseMessageFileBytes(data, tag+".json", nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*i18n.Message{}
	for _, m := range file.Messages {
		out[m.ID] = m
	}
	return out
}

// forms are the message's texts by the name of their plural form.
func forms(m *i18n.Message) map[string]string {
	out := map[string]string{}
	for name, text := range map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other} {
		if text != "" {
			out[name] = text
		}
	}
	return out
}

// cldr are the plural forms that whole numbers take in a language, by asking
// x/text, whose rules are older than go-i18n's: it knows no "many" for millions
// in French, Portuguese and Spanish.
func cldr(tag string) []string {
	names := map[plural.Form]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	found := map[string]bool{"other": true}
	for n := range 1000 {
		found[names[plural.Cardinal.MatchPlural(language.Make(tag), n, 0, 0, 0, 0)]] = true
	}
	if tag == "fr" || tag == "pt" || tag == "es" {
		found["many"] = true
	}
	var out []string
	for name := range found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func keysOf[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	entries, err := files.ReadDir(folder)
	if err != nil || len(entries) != len(languages) {
		t.Fatalf("%d message files, %v", len(entries), err)
	}
	english := messages(t, "en")
	for _, tag := range languages {
		all := messages(t, tag)
		for key := range english {
			if all[key] == nil {
				t.Errorf("%s lacks %q", tag, key)
			}
		}
		for key := range all {
			if english[key] == nil {
				t.Errorf("%s has %q, which English has not", tag, key)
			}
		}
	}
}

func TestEveryLanguageHasItsPluralForms(t *testing.T) {
	english := messages(t, "en")
	for _, tag := range languages {
		for key, m := range messages(t, tag) {
			want := []string{"other"}
			if english[key] != nil && english[key].One != "" {
				want = cldr(tag)
			}
			if got := keysOf(forms(m)); !slices.Equal(got, want) {
				t.Errorf("%s: %q has the forms %q, want %q", tag, key, got, want)
			}
		}
	}
}

// The forms for exactly none, one and two may say so in words.
func TestEveryPlaceholderIsFilledInEveryForm(t *testing.T) {
	english := messages(t, "en")
	for _, tag := range languages {
		for key, m := range messages(t, tag) {
			want := placeholders(english[key].Other)
			slices.Sort(want)
			for form, text := range forms(m) {
				got := placeholders(text)
				slices.Sort(got)
				worded := tag == "ar" && (form == "zero" || form == "one" || form == "two")
				if worded && !slices.Contains(got, "N") && slices.Contains(want, "N") {
					got = append(got, "N")
					slices.Sort(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %q, %s: the placeholders are %q, want %q", tag, key, form, got, want)
				}
				if strings.Count(text, "{{") != len(placeholders(text)) {
					t.Errorf("%s: %q, %s: %q holds what is no placeholder", tag, key, form, text)
				}
			}
		}
	}
}

func TestMessagesAreClean(t *testing.T) {
	for _, tag := range languages {
		for key, m := range messages(t, tag) {
			for form, text := range forms(m) {
				if strings.TrimSpace(text) != text || strings.ContainsAny(text, "<>&\"'\n\t\x00\u200b\u200e\u200f\u202f") || strings.Contains(text, "  ") {
					t.Errorf("%s: %q, %s: %q", tag, key, form, text)
				}
			}
		}
	}
}

// quotes are the marks that a language puts around a title.
var quotes = map[string]string{"ar": "«»", "de": "„“", "en": "“”", "es": "«»", "fr": "«»", "ja": "「」", "pt": "“”"}

func TestTitlesStandInTheLanguagesQuotationMarks(t *testing.T) {
	for _, tag := range languages {
		marks := []rune(quotes[tag])
		for key, m := range messages(t, tag) {
			for form, text := range forms(m) {
				for _, r := range text {
					if strings.ContainsRune("«»„“”「」‹›‚‘\"", r) && !slices.Contains(marks, r) {
						t.Errorf("%s: %q, %s: %q does not belong there", tag, key, form, r)
					}
				}
				if key == "all_comments" && (strings.Count(text, string(marks[0])) != 1 || strings.Count(text, string(marks[1])) != 1) {
					t.Errorf("%s: %s: the title is not quoted in %q", tag, form, text)
				}
			}
		}
	}
}

// The visible words of a link must begin what is read out for it, in every
// language (WCAG 2.5.3).
func TestWhatIsReadOutBeginsWithWhatIsSeen(t *testing.T) {
	for _, tag := range languages {
		if m := messages(t, tag)["comment_link"]; !strings.HasPrefix(m.Other, "{{.Words}}") {
			t.Errorf("%s: %q", tag, m.Other)
		}
	}
}

// A key that stands twice in a file would silently be the second.
func TestNoKeyStandsTwice(t *testing.T) {
	for _, tag := range languages {
		data, err := files.ReadFile(folder + "/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(data)))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			name, _ := key.(string)
			if seen[name] {
				t.Errorf("%s: %q stands there twice", tag, name)
			}
			seen[name] = true
			var value any
			if err := d.Decode(&value); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var (
	inTemplate = regexp.MustCompile(`\btext "([^"]*)"`)
	inSource   = regexp.MustCompile(`\b(?:Say|say)\("([^"]*)"`)
)

// mentioned are the keys that templates and packages name.
func mentioned(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	note := func(pattern *regexp.Regexp, text []byte) {
		for _, m := range pattern.FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
	}
	err := fs.WalkDir(templates.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.Files, name)
		note(inTemplate, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*.go", "../compose/*.go", "../web/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			note(inSource, text)
		}
	}
	return out
}

func TestEveryTextIsKnownAndUsed(t *testing.T) {
	english, used := messages(t, "en"), mentioned(t)
	for key := range used {
		if english[key] == nil {
			t.Errorf("%q is used and not there", key)
		}
	}
	dates := regexp.MustCompile(`^(short_)?(month|day)\b`)
	for key := range english {
		if !used[key] && !dates.MatchString(key) && key != "day_year" {
			t.Errorf("%q is not used", key)
		}
	}
}
