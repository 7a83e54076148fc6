package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// rotating is an app with a database that has been used with its first key.
func rotating(t *testing.T, secret string) (*app, *store.Store) {
	t.Helper()
	a := keeper(t)
	a.out, a.config.Secret = io.Discard, secret
	s, err := store.Open(t.Context(), a.config.Database, store.Options{Mode: store.ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	loaded(t, a, s)
	if _, _, err := s.RegisterNewsletter(t.Context(), "weekly", "0 9 * * SUN", "Europe/London", time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	return a, s
}

func loaded(t *testing.T, a *app, s *store.Store) *subscribers.Keys {
	t.Helper()
	k, err := a.keys(t.Context(), s, false)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func opens(k *subscribers.Keys, token string) bool {
	_, _, err := k.Open(subscribers.PurposeUnsubscribe, token)
	return err == nil
}

func TestRotate(t *testing.T) {
	for name, secret := range map[string]string{"file": "", "setting": "0123456789abcdef0123456789abcdef"} {
		t.Run(name, func(t *testing.T) {
			a, s := rotating(t, secret)
			var tokens []string
			first := loaded(t, a, s)
			for range 4 {
				k := loaded(t, a, s)
				tokens = append(tokens, token(t, k))
				for i, old := range tokens {
					if !opens(k, old) {
						t.Errorf("after %d rotations the link of key %d is refused", len(tokens)-1, i+1)
					}
				}
				if k.AddressHash("a@x.example") != first.AddressHash("a@x.example") {
					t.Error("suppressed addresses are not recognised any more")
				}
				if err := a.rotate(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			for i := range tokens {
				if i > 0 && tokens[i] == tokens[i-1] {
					t.Errorf("rotation %d changed nothing", i)
				}
			}
			// A process that runs since before the first rotations.
			if want := secret != ""; opens(first, tokens[1]) != want || opens(first, tokens[2]) != want {
				t.Errorf("it knows the next links: %v, %v", opens(first, tokens[1]), opens(first, tokens[2]))
			}
		})
	}
}

func TestRotateIsTakenUpAfterACrash(t *testing.T) {
	a, s := rotating(t, "")
	values, err := readKeys(a.keyFile())
	if err != nil {
		t.Fatal(err)
	}
	values, err = addKey(a.keyFile(), values) // and the database was not told
	if err != nil {
		t.Fatal(err)
	}
	before := token(t, loaded(t, a, s))
	if err := a.rotate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	after := loaded(t, a, s)
	if got, err := readKeys(a.keyFile()); err != nil || len(got) != 2 || !bytes.Equal(got[1], values[1]) {
		t.Errorf("the file: %d keys, %v", len(got), err)
	}
	if token(t, after) == before || !opens(after, before) {
		t.Error("the key that was left was not taken up")
	}
	if info, err := os.Stat(a.keyFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

func TestOlderKeyFileIsRefused(t *testing.T) {
	a, s := rotating(t, "")
	old, err := os.ReadFile(a.keyFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.rotate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	newer, err := os.ReadFile(a.keyFile())
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"older": old, "cut": newer[:len(newer)-1], "cut more": newer[:len(newer)-9], "a line less": newer[:len(ringHeader)+65],
		"header only": []byte(ringHeader), "not hex": append(bytes.Clone(newer[:len(newer)-2]), "x\n"...),
		"short": []byte(ringHeader + "00\n00\n"), "empty": nil,
	} {
		if err := os.WriteFile(a.keyFile(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.keys(t.Context(), s, true); !errors.Is(err, digest.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
		if err := a.rotate(t.Context(), s); err == nil {
			t.Errorf("%s: rotated", name)
		}
	}
}
