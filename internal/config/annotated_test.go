package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// shippedAbout are the first lines of the repository's config.yaml.
var shippedAbout = []string{
	"The configuration of digest, with every key there is. The values below are the",
	`ones that hold where a key is left out, save where "example" is said: those`,
	"have no default inside a newsletter of your own.",
}

// TestShippedFileIsAnnotated holds config.yaml to be the default, annotated.
func TestShippedFileIsAnnotated(t *testing.T) {
	want, err := Annotated(Default(), shippedAbout, false)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../../config.yaml", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want), readText(t, "../../config.yaml")); diff != "" {
		t.Error(diff)
	}
}

// TestAnnotatedIsReadAgain: whatever is written, the same is read.
func TestAnnotatedIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	rapid.Check(t, func(t *rapid.T) {
		want := anyConfig(t)
		// What a site may call itself.
		title := rapid.StringN(1, 60, 400).Filter(func(s string) bool {
			return strings.TrimSpace(s) != "" && !hasControl(s) && strings.ToValidUTF8(s, "") == s
		}).Draw(t, "any title")
		want.Newsletters[0].Title = title
		text, err := Annotated(want, []string{"Written by a test."}, rapid.Bool().Draw(t, "unfinished"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

func TestAnnotatedMarks(t *testing.T) {
	finished, err := Annotated(Default(), []string{"A", "B"}, false)
	if err != nil || !bytes.HasPrefix(finished, []byte("# A\n# B\n#\n")) || bytes.Contains(finished, []byte("CHANGE")) {
		t.Errorf("%v\n%s", err, finished)
	}
	unfinished, err := Annotated(Default(), nil, true)
	if err != nil || bytes.Count(unfinished, []byte("# CHANGE THIS:\n")) != 4 || bytes.Contains(unfinished, []byte("Example.\n")) {
		t.Errorf("%v\n%s", err, unfinished)
	}
}

func TestPlainOrQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"digest.db": "digest.db", "": `""`, "~": `"~"`, "null": `"null"`, "true": `"true"`, "0123": `"0123"`, "1.5": `"1.5"`,
		"The Example Weekly <digest@example.org>": "The Example Weekly <digest@example.org>",
		"a: b": `"a: b"`, "a #b": `"a #b"`, "a ": `"a "`, "a:": `"a:"`, "2026-01-01": `"2026-01-01"`, `"`: `"\""`, "*a": `"*a"`,
		"Ä": `"Ä"`, "a\nb\u0085": `"a\U0000000Ab\U00000085"`, `\a`: `"\\a"`,
		"https://a.example/x?y": `"https://a.example/x?y"`, "127.0.0.1:8080": "127.0.0.1:8080", "<a>": `"<a>"`,
	} {
		if got := plainOrQuoted(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
