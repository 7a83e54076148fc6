package compose

import (
	"io/fs"
	"strings"
	"testing"

	"digest.example/templates"
)

func TestEveryLookIsUsed(t *testing.T) {
	var all strings.Builder
	err := fs.WalkDir(templates.Files, "email", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(templates.Files, path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range looks {
		if !strings.Contains(all.String(), `look "`+name+`"`) && !strings.HasPrefix(name, "bar-") {
			t.Errorf("the look %q is not used", name)
		}
	}
}
