package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// used is a database that was, or was not yet, used with a secret.
type used bool

func (u used) Pinned(context.Context) (bool, error) { return bool(u), nil }

// PinSecret takes every secret but the one of a stranger.
func (u used) PinSecret(_ context.Context, fingerprint string) (bool, error) {
	return fingerprint != strangersFingerprint, nil
}

func (u used) Rotations(context.Context) ([]time.Time, error) { return nil, nil }

const strangersSecret = "a secret that some other database was used with"

var strangersFingerprint = func() string {
	k, err := subscribers.NewKeys([]byte(strangersSecret))
	if err != nil {
		panic(err)
	}
	return k.Fingerprint()
}()

func TestAnotherSecretIsRefused(t *testing.T) {
	a := keeper(t)
	a.config.Secret = strangersSecret
	if _, err := a.keys(t.Context(), used(true), false); !errors.Is(err, digest.ErrConfig) {
		t.Errorf("got %v", err)
	}
}

func keeper(t *testing.T) *app {
	t.Helper()
	return &app{now: time.Now, config: config.Config{Database: filepath.Join(t.TempDir(), "digest.db")}}
}

func token(t *testing.T, k *subscribers.Keys) string {
	t.Helper()
	text, err := k.Token(subscribers.PurposeUnsubscribe, subscribers.Nobody, "00000000")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRacingMakersGetOneKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "digest.db.key")
	secrets := make([][]byte, 16)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range secrets {
		all.Go(func() {
			<-start
			var err error
			if secrets[i], err = makeKey(file); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	for _, s := range secrets {
		if len(s) != secretBytes || !bytes.Equal(s, secrets[0]) {
			t.Fatalf("makers got %x and %x", s, secrets[0])
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if names, _ := os.ReadDir(filepath.Dir(file)); len(names) != 1 {
		t.Errorf("makers left %v behind", names)
	}
}

func TestKeysStay(t *testing.T) {
	a := keeper(t)
	first, err := a.keys(t.Context(), used(false), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		again, err := a.keys(t.Context(), used(true), readOnly)
		if err != nil || token(t, again) != token(t, first) {
			t.Errorf("the second start has other keys: %v", err)
		}
	}
}

func TestReadingMakesNoKey(t *testing.T) {
	a := keeper(t)
	if _, err := a.keys(t.Context(), used(false), true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(a.keyFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
}

func TestBadKeysAreConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*app) error
		known    used
		database string
	}{
		"gone":       {func(a *app) error { return os.Remove(a.keyFile()) }, used(true), ""},
		"world":      {func(a *app) error { return os.Chmod(a.keyFile(), 0o604) }, used(false), ""},
		"group":      {func(a *app) error { return os.Chmod(a.keyFile(), 0o640) }, used(false), ""},
		"cut":        {func(a *app) error { return os.Truncate(a.keyFile(), 5) }, used(false), ""},
		"short":      {func(a *app) error { a.config.Secret = "0123456789"; return nil }, used(false), ""},
		"postgres":   {func(*app) error { return nil }, used(false), "postgres://user@host/db"},
		"postgresql": {func(*app) error { return nil }, used(false), "postgresql://user@host/db"},
	} {
		a := keeper(t)
		if _, err := a.keys(t.Context(), used(false), false); err != nil {
			t.Fatal(err)
		}
		if err := c.spoil(a); err != nil {
			t.Fatal(err)
		}
		if c.database != "" {
			a.config.Database = c.database
		}
		for _, readOnly := range []bool{false, true} {
			if _, err := a.keys(t.Context(), c.known, readOnly); !errors.Is(err, digest.ErrConfig) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSettingBeatsFile(t *testing.T) {
	a := keeper(t)
	a.config.Secret = "0123456789abcdef0123456789abcdef"
	if _, err := a.keys(t.Context(), used(true), false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(a.keyFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
}

// rotatedDB is a database in which the key was replaced so many times.
type rotatedDB struct {
	used
	n int
}

func (r rotatedDB) Rotations(context.Context) (all []time.Time, err error) {
	for n := range r.n {
		all = append(all, time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC))
	}
	return all, nil
}

// A process that runs on while others are started again must let the readers of
// their mails leave.
func TestAProcessKnowsAllLaterKeys(t *testing.T) {
	a := keeper(t)
	a.config.Secret = "a secret of at least thirty-two bytes, really"
	old, err := a.keys(t.Context(), rotatedDB{}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 3, 6, subscribers.MaxKeys - 1} {
		k, err := a.keys(t.Context(), rotatedDB{n: n}, false)
		if err != nil {
			t.Fatal(err)
		}
		if !opens(old, token(t, k)) {
			t.Errorf("a link from after %d rotations is refused", n)
		}
	}
}
