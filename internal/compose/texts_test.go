package compose

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"digest.example/templates"
)

// sources is the text of this package and of the templates.
func sources(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f, "_test.go") {
			out.Write(data)
		}
	}
	err = fs.WalkDir(templates.Files, "email", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(templates.Files, path)
		out.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryTextIsKnownAndUsed(t *testing.T) {
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:say\(|text )"(\w+)"`).FindAllStringSubmatch(sources(t), -1) {
		used[m[1]] = true
		if _, err := text(m[1]); err != nil {
			t.Error(err)
		}
	}
	for name := range english {
		if !used[name] {
			t.Errorf("the text %q is not used", name)
		}
	}
}

func TestEveryLookIsUsed(t *testing.T) {
	all := sources(t)
	for name := range looks {
		if !strings.Contains(all, `look "`+name+`"`) && !strings.HasPrefix(name, "bar-") {
			t.Errorf("the look %q is not used", name)
		}
	}
}

func TestTextCounts(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"comments", 0, "0 comments"},
		{"comments", 1, "1 comment"},
		{"comments", 2, "2 comments"},
		{"quiet", 1, "No comment stood out this week (1 read)."},
		{"quiet", 14, "No comment stood out this week (14 read)."},
	} {
		if got, err := text(c.name, c.n); err != nil || got != c.want {
			t.Errorf("%s %d: got %q, %v", c.name, c.n, got, err)
		}
	}
}
