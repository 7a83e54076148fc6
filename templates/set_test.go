package templates

import (
	"errors"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOwnFilesComeBeforeTheShipped(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"email/title.html": "mine", "README.txt": "about", "email/.title.html.swp": "", "email/title.txt~": "", ".git/config": "",
	})
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "email/title.html"); got != "mine" {
		t.Errorf("title.html is %q", got)
	}
	if got, want := read(t, s, "email/title.txt"), read(t, Files, "email/title.txt"); got != want {
		t.Errorf("title.txt is %q", got)
	}
	names, err := fs.Glob(s, "email/*.html")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := fs.Glob(Files, "email/*.html")
	if err != nil || !cmp.Equal(names, shipped) {
		t.Errorf("templates %v, %v", names, err)
	}
	web, err := fs.Sub(s, "web")
	if err != nil || read(t, web, "style.css") != read(t, Files, "web/style.css") {
		t.Errorf("the pages' style is not the shipped one: %v", err)
	}
}

func TestWithoutAFolderAllAreShipped(t *testing.T) {
	s, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if read(t, s, name) != read(t, Files, name) {
			t.Errorf("%s is another", name)
		}
	}
}

func TestWhatIsNoTemplateIsAMistake(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"email/artcle.html": "", "letters/issue.html": "", "issue.html": "", "email/issue.html": "", "emai": "",
	})
	_, err := Open(dir)
	var found Mistakes
	if !errors.As(err, &found) || !errors.Is(err, digest.ErrConfig) {
		t.Fatalf("no mistakes: %v", err)
	}
	var files []string
	for _, m := range found {
		name, _ := filepath.Rel(dir, m.File)
		files = append(files, filepath.ToSlash(name))
	}
	if diff := cmp.Diff([]string{"emai", "email/artcle.html", "issue.html", "letters"}, files); diff != "" {
		t.Error(diff)
	}
}

func TestAFolderThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), map[string]string{"file": ""})
	for _, dir := range []string{file, filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := Open(dir); !errors.Is(err, digest.ErrConfig) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestLocate parses and runs templates that are wrong in several ways.
func TestLocate(t *testing.T) {
	for _, c := range []struct {
		name, content string
		line          int
		text          string
	}{
		{"syntax", "one\n{{if}}", 2, "missing value for if"},
		{"never ended", "{{if .}}\n\n", 3, "unexpected EOF"},
		{"no such function", "\n\n{{lok}}", 3, `function "lok" not defined`},
		{"no such field", "\n{{.Nothing}}", 2, "can't evaluate field Nothing"},
		{"no such template", "\n{{template \"other\"}}", 2, "other"},
		{"no HTML", "<a href='{{if .}}'{{end}}>", 1, "different contexts"},
	} {
		dir := t.TempDir()
		write(t, dir, map[string]string{"email/title.html": c.content})
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := template.New("email").ParseFS(s, "email/title.html")
		if err == nil {
			err = parsed.ExecuteTemplate(&strings.Builder{}, "title.html", struct{ A int }{})
		}
		var found Mistakes
		if err = s.Locate("email", err); !errors.As(err, &found) {
			t.Fatalf("%s: %v", c.name, err)
		}
		want := filepath.Join(dir, "email", "title.html")
		if m := found[0]; m.File != want || m.Line != c.line || !strings.Contains(m.Text, c.text) || strings.Contains(m.Text, "title.html:") {
			t.Errorf("%s: %+v", c.name, m)
		}
		if !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("%s: the error does not begin with the place: %v", c.name, err)
		}
	}
}

func TestLocateWithoutAPlace(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Locate("web", nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
	for text, want := range map[string]string{
		"no unsubscribe link":            dir + "/web: no unsubscribe link",
		"template: page.html:3:5: oops":  "web/page.html (shipped):3: oops",
		"template: story.html:3: a":      "email/story.html (shipped):3: a",
		"try:\ntemplate: page.html:3: a": "web/page.html (shipped):3: a",
	} {
		if got := s.Locate("web", errors.New(text)).Error(); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestDump(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine", "templates")
	names, err := Dump(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if read(t, os.DirFS(dir), name) != read(t, Files, name) {
			t.Errorf("%s was not written as it is", name)
		}
	}
	if len(names) != len(Names())+1 || read(t, os.DirFS(dir), Readme) != readme {
		t.Errorf("wrote %v", names)
	}
	if _, err := Open(dir); err != nil {
		t.Errorf("what was dumped is not taken: %v", err)
	}
}

func TestDumpOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"web/style.css": "mine"})
	if _, err := Dump(dir, false); !errors.Is(err, digest.ErrUsage) || !strings.Contains(err.Error(), "style.css") {
		t.Errorf("dumped over a file: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("some files were written before the refusal: %v, %v", entries, err)
	}
	if _, err := Dump(dir, true); err != nil {
		t.Error(err)
	}
	if got := read(t, os.DirFS(dir), "web/style.css"); got != read(t, Files, "web/style.css") {
		t.Errorf("not overwritten with force: %q", got)
	}
}

// TestReadmeNamesEveryTemplate: a part may be named without its ending, where it
// is there in both.
func TestReadmeNamesEveryTemplate(t *testing.T) {
	for _, name := range Names() {
		folder, base, _ := strings.Cut(name, "/")
		if folder == "email" {
			base = strings.TrimSuffix(strings.TrimSuffix(base, ".html"), ".txt")
		}
		if !strings.Contains(readme, "\n  "+base+" ") {
			t.Errorf("%s does not describe %s", Readme, name)
		}
	}
}
