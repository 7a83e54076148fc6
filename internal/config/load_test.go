package config

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"digest.example/internal/digest"
)

func TestDefaultsHoldWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	got, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Error(diff)
	}
	if _, err := Load("config.yaml", nil); !errors.Is(err, digest.ErrConfig) {
		t.Errorf("a file that was named and is missing: got %v", err)
	}
}

func TestEmptyFilesAreTheDefault(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "smtp:\nweb: {}\n"} {
		got, err := loadText(t, text, nil)
		if err != nil || !cmp.Equal(got, Default()) {
			t.Errorf("%q: %v %s", text, err, cmp.Diff(Default(), got))
		}
	}
}

func TestShippedFileIsTheDefault(t *testing.T) {
	got, err := Load("../../config.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// TestShippedFileNamesEveryKey holds the annotated file to be complete: each
// key of Config stands in it, below a comment.
func TestShippedFileNamesEveryKey(t *testing.T) {
	lines := strings.Split(readText(t, "../../config.yaml"), "\n")
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for f := range typ.Fields() {
			key := f.Tag.Get("mapstructure")
			if !commented(lines, key) {
				t.Errorf("%s is missing or has no comment", key)
			}
			switch f.Type.Kind() {
			case reflect.Struct:
				walk(f.Type)
			case reflect.Slice:
				if f.Type.Elem().Kind() == reflect.Struct {
					walk(f.Type.Elem())
				}
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func commented(lines []string, key string) bool {
	for i, line := range lines {
		// A list that is empty by itself shows its keys in its comment.
		line = strings.TrimLeft(line, " #")
		line = strings.TrimPrefix(line, "- ")
		if !strings.HasPrefix(line, key+":") {
			continue
		}
		// The keys of a group are explained one by one.
		if strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") || line == key+":" {
			return true
		}
	}
	return false
}

const small = `
newsletters:
  - name: small
    title: Small
    from: a@example.org
    postal_address: 1 Street
    articles: {max: 3}
    sources:
      - {name: one, kind: sample}
      - {name: two, kind: sample, required: false}
  - name: other
    title: Other
    from: b@example.org
    postal_address: 1 Street
    timezone: Asia/Tehran
    comments: {per_article: 0, min_age: 90m}
    catch_up: 0s
    sources: [{name: one, kind: sample}]
`

func TestEntriesOfListsTakeTheirOwnDefaults(t *testing.T) {
	got, err := loadText(t, small, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := newsletterDefault()
	first.Name, first.Title, first.From, first.PostalAddress = "small", "Small", "a@example.org", "1 Street"
	first.Articles.Max = 3
	first.Sources = []Source{{Name: "one", Kind: KindSample, Required: true}, {Name: "two", Kind: KindSample}}
	second := newsletterDefault()
	second.Name, second.Title, second.From, second.PostalAddress = "other", "Other", "b@example.org", "1 Street"
	second.Timezone = "Asia/Tehran"
	second.Comments = Comments{PerArticle: 0, MinAge: Duration(90 * time.Minute)}
	second.CatchUp = 0
	second.Sources = first.Sources[:1]
	if diff := cmp.Diff([]Newsletter{first, second}, got.Newsletters); diff != "" {
		t.Error(diff)
	}
}

func TestTextIsTakenAsItStands(t *testing.T) {
	got, err := loadText(t, "smtp: {username: 2026-01-01, password: 0123}\nweb: {public_url: 'https://a.example/news//'}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.SMTP.Password != "0123" || got.SMTP.Username != "2026-01-01" {
		t.Errorf("got %q and %q", got.SMTP.Username, got.SMTP.Password)
	}
	if got.Web.PublicURL != "https://a.example/news" {
		t.Errorf("got %q", got.Web.PublicURL)
	}
}

func TestSecretsInAFileThatOthersRead(t *testing.T) {
	for _, tc := range []struct {
		text string
		mode os.FileMode
		want string
	}{
		{"smtp: {username: a, password: geheim}", 0o604, "config.yaml: smtp.password: a secret in a file that others may read (mode 0604): chmod 600 config.yaml"},
		{"secret: 0123456789abcdef0123456789abcdef", 0o640, "config.yaml: secret: a secret in a file that others may read (mode 0640): chmod 600 config.yaml"},
		{"database: postgres://u:p@host/db", 0o644, "config.yaml: database: a secret in a file that others may read (mode 0644): chmod 600 config.yaml"},
		{"database: postgres://u@host/db?password=p", 0o644, "config.yaml: database: a secret in a file that others may read (mode 0644): chmod 600 config.yaml"},
		{"database: postgres://u@host/db", 0o644, ""},
		{"alert: {webhook: 'https://hooks.example.org/geheim'}", 0o644, "config.yaml: alert.webhook: a secret in a file that others may read (mode 0644): chmod 600 config.yaml"},
		{"smtp: {username: a, password: ''}", 0o644, ""},
		{"smtp: {username: a, password: geheim}", 0o600, ""},
		{"smtp: {username: a, password: geheim}", 0o400, ""},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("config.yaml", []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod("config.yaml", tc.mode); err != nil {
			t.Fatal(err)
		}
		var environ []string
		if strings.HasPrefix(tc.text, "database: postgres:") {
			environ = []string{"DIGEST_SECRET=0123456789abcdef0123456789abcdef"} // which it needs
		}
		_, err := Load("", environ)
		if got := text(err); got != tc.want {
			t.Errorf("%s %04o: got %q, want %q", tc.text, tc.mode, got, tc.want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestFilesThatAreNoConfiguration(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir, nil); text(err) != dir+": cannot be read: is a directory" {
		t.Errorf("folder: %v", err)
	}
	_, err := loadText(t, strings.Repeat("# padding\n", 1<<20), nil)
	if text(err) != "config.yaml: larger than 1 MiB: is this the right file?" {
		t.Errorf("10 MiB: %v", err)
	}
	for name, content := range map[string]string{
		"deep":   strings.Repeat("[", 1<<19),
		"binary": "\x7fELF\x00\x01\xff",
		"utf-16": "\xff\xfed\x00",
	} {
		if _, err := loadText(t, content, nil); !errors.Is(err, digest.ErrConfig) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
