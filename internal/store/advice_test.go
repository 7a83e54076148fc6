package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What SQLite says in a word and a number comes with what to do about it.
func TestAdvised(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(file string) error
		want  string
	}{
		"no database": {func(file string) error {
			return os.WriteFile(file, []byte(strings.Repeat("herons\n", 1000)), 0o600)
		}, "restore a backup"},
		"a folder in the log's place": {func(file string) error {
			return os.Mkdir(file+"-wal", 0o700)
		}, "belong to the user that runs digest?"},
	} {
		file := filepath.Join(t.TempDir(), "digest.db")
		s, err := Open(t.Context(), file, Options{Mode: ReadWrite})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.spoil(file); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Mode{ReadOnly, ReadWrite} {
			if _, err := Open(t.Context(), file, Options{Mode: mode}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, mode %d: %v", name, mode, err)
			}
		}
	}
}

func TestAdvisedWhereThereIsNoServer(t *testing.T) {
	_, err := Open(t.Context(), "postgres://digest@127.0.0.1:1/digest", Options{Mode: ReadWrite})
	if err == nil || !strings.Contains(err.Error(), "does the server run there") || strings.Contains(err.Error(), "\n") ||
		strings.Count(err.Error(), "refused") != 1 {
		t.Error(err)
	}
}
