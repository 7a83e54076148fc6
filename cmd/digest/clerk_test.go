package main

import (
	"errors"
	"testing"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/templates"
)

// Whose newsletter is in the configuration no more still holds its mails, whose
// links offer their data and erasure. To subscribe to it is another matter.
func TestLettersToReadersOfARetiredNewsletter(t *testing.T) {
	composer, err := compose.New(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	newsletter := func(id, title string) publish.Newsletter {
		return publish.Newsletter{
			Newsletter: digest.Newsletter{
				ID: id, Name: id, Title: title, From: title + " <" + id + "@harbour.example>", Language: "en",
				EnvelopeFrom: id + "@harbour.example",
			},
		}
	}
	w := letterWriter{composer, []publish.Newsletter{newsletter("11111111", "Herons"), newsletter("22222222", "Tides")}}
	for _, c := range []struct {
		kind     digest.LetterKind
		id, from string // empty: no letter
	}{
		{digest.LetterErase, "0a1b2c3d", "11111111@harbour.example"},
		{digest.LetterData, "0a1b2c3d", "11111111@harbour.example"},
		{digest.LetterConfirm, "0a1b2c3d", ""},
		{digest.LetterErase, "22222222", "22222222@harbour.example"},
		{digest.LetterConfirm, "22222222", "22222222@harbour.example"},
	} {
		from, data, err := w.Compose(c.kind, c.id, "", "ann@example.org", "https://example.org/e/x", time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		if c.from == "" {
			if !errors.Is(err, digest.ErrNotFound) {
				t.Errorf("%s of %s: %v", c.kind, c.id, err)
			}
			continue
		}
		if err != nil || from != c.from || len(data) == 0 {
			t.Errorf("%s of %s: %d bytes from %q, %v", c.kind, c.id, len(data), from, err)
		}
	}
}
