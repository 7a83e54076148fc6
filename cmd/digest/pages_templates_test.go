package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"digest.example/templates"
)

// sign tells a test, and nobody else, of which template a page was made.
const sign = `<data hidden value="NAME"></data>`

// clumsy is what an operator may write: it fails with an address of less than
// three letters, which nothing that is tried at start has.
const clumsy = `{{with .Subscribe}}{{with .Address}}{{$first := slice . 0 3}}{{end}}{{end}}`

// ownTemplates are an operator's pages: the shipped ones, each with its sign, and a
// form to subscribe that fails at times. Names are those of the pages.
func ownTemplates(t *testing.T) (folder string, names []string) {
	t.Helper()
	folder = t.TempDir()
	if _, err := templates.Dump(folder, false); err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(templates.Files, "web/*.html")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	for i, name := range names {
		file := filepath.Join(folder, filepath.FromSlash(name))
		shipped, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names[i] = filepath.Base(file)
		own := string(shipped)
		for _, place := range []string{`{{define "content"}}`, "<body>"} {
			own = strings.Replace(own, place, place+strings.Replace(sign, "NAME", names[i], 1), 1)
		}
		if own == string(shipped) {
			t.Fatalf("there is no place for a sign in %s", name)
		}
		if names[i] == "subscribe.html" {
			own = strings.Replace(own, "</data>", "</data>"+clumsy, 1)
		}
		if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, names
}

// notes which templates the page in the browser was made of.
func (w walker) notes() {
	w.Helper()
	var signs []string
	w.tab.Eval(`[...document.querySelectorAll("data")].map(d => d.value)`, &signs)
	for _, name := range signs {
		w.opened[name] = true
	}
}

// unopened are the templates of which a walker has seen nothing.
func unopened(names []string, opened map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return opened[name] })
}
