package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

var update = flag.Bool("update", false, "rewrite the .want files of testdata/bad")

// TestBad holds each file of testdata/bad against the lines that an operator
// is to see.
func TestBad(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(here, "testdata/bad/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := loadText(t, readText(t, file), nil)
			if !errors.Is(err, digest.ErrConfig) {
				t.Fatalf("got %v, want an ErrConfig", err)
			}
			wantFile := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(wantFile, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(readText(t, wantFile), err.Error()+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func readText(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// loadText loads text from a config.yaml that only its owner can read, in the
// working folder, so that its name in messages is the same everywhere.
func loadText(t testing.TB, text string, environ []string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load("config.yaml", environ)
}
