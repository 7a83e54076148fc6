package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad: whatever the file holds, Load neither panics nor hangs; what it
// accepts is valid; what it refuses, it refuses in lines that each name the file.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.yaml") {
		f.Add(readText(f, file))
	}
	path := filepath.Join(f.TempDir(), "fuzz.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(path, nil)
		if err == nil {
			err = cfg.Validate()
			if err != nil {
				t.Fatalf("accepted, but not valid: %v", err)
			}
			return
		}
		var ps Problems
		if !errors.As(err, &ps) || len(ps) == 0 {
			t.Fatalf("not Problems: %v", err)
		}
		for _, p := range ps {
			line := p.String()
			if !strings.HasPrefix(line, path) || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				t.Errorf("%q", line)
			}
		}
	})
}
