package compose

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

const letterLink = "https://digest.example.org/c/0123456789abcdefghijklmnopqrstuv"

var letterKinds = []digest.LetterKind{digest.LetterConfirm, digest.LetterData, digest.LetterErase}

func letterTo(t *testing.T, kind digest.LetterKind, nl digest.Newsletter, language string) []byte {
	t.Helper()
	data, err := newComposer(t).Letter(kind, nl, language, "reader@example.org", letterLink, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// opened is a letter as a receiver sees it.
type opened struct {
	netmail.Header
	subject, text, html string
}

func open(t *testing.T, data []byte) opened {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(bytes.ReplaceAll(data, []byte("\r\n.."), []byte("\r\n."))))
	if err != nil {
		t.Fatal(err)
	}
	o := opened{Header: m.Header}
	if o.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, to := range []*string{&o.text, &o.html} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		*to = string(b)
	}
	return o
}

// TestGoldenLetters compares whole letters with those that were last looked at.
func TestGoldenLetters(t *testing.T) {
	arabic := weekly()
	arabic.Title, arabic.Language = "رسالة الميناء", "ar"
	for name, data := range map[string][]byte{
		"letter-confirm": letterTo(t, digest.LetterConfirm, weekly(), ""),
		"letter-erase":   letterTo(t, digest.LetterErase, arabic, ""),
	} {
		file := "testdata/" + name + ".eml"
		got := bytes.ReplaceAll(append(bytes.ReplaceAll(data, []byte("\r\n.."), []byte("\r\n.")), "\r\n"...), []byte("\r\n"), []byte("\n"))
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: the letter has changed (-want +got); if rightly so, run with -update:\n%s", name, diff)
		}
	}
}

func TestLettersInEveryLanguage(t *testing.T) {
	nl := weekly()
	seen := map[string]bool{}
	for _, tag := range newComposer(t).catalog.Tags() {
		lang := newComposer(t).catalog.For(tag)
		for _, kind := range letterKinds {
			o := open(t, letterTo(t, kind, nl, tag))
			if seen[o.subject+o.text] || strings.Contains(o.text, "letter_") || strings.Contains(o.html, "letter_") {
				t.Errorf("%s %s: %s", tag, kind, o.text)
			}
			seen[o.subject+o.text] = true
			if !strings.Contains(o.html, `<html lang="`+tag+`" dir="`+lang.Dir+`"`) {
				t.Errorf("%s %s: not marked as such", tag, kind)
			}
			for part, body := range map[string]string{"text": o.text, "html": o.html} {
				for _, want := range []string{letterLink, "digest.example.org", nl.PostalAddress} {
					if !strings.Contains(body, want) {
						t.Errorf("%s %s: the %s lacks %q", tag, kind, part, want)
					}
				}
			}
			if strings.Count(o.html, "<a ") != 1 || strings.Count(o.html, "<h1") != 1 {
				t.Errorf("%s %s: more than one link or heading", tag, kind)
			}
			if kind == digest.LetterConfirm && !strings.Contains(o.subject, nl.Title) {
				t.Errorf("%s: the subject %q does not say of what", tag, o.subject)
			}
		}
	}
}

func TestLetterHeaders(t *testing.T) {
	o := open(t, letterTo(t, digest.LetterConfirm, weekly(), ""))
	for name, want := range map[string]string{
		"To": "reader@example.org", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
		"List-Unsubscribe": "", "List-Id": "", "Precedence": "",
	} {
		if got := o.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	id := o.Get("Message-Id")
	if !strings.HasSuffix(id, "@"+senderDomain(weekly().From)+">") || strings.Contains(id, "0123456789abcdef") {
		t.Errorf("Message-ID %s", id)
	}
	again := open(t, letterTo(t, digest.LetterConfirm, weekly(), ""))
	other, err := newComposer(t).Letter(digest.LetterConfirm, weekly(), "", "reader@example.org", letterLink+"x", trialDate)
	if err != nil {
		t.Fatal(err)
	}
	if again.Get("Message-Id") != id || open(t, other).Get("Message-Id") == id {
		t.Error("the Message-ID is not that of the link")
	}
}

// A letter reads its reader's language, and its newsletter's where there is none
// or nothing is said in it.
func TestWhatALetterSpeaks(t *testing.T) {
	nl := weekly()
	nl.Language = "de-AT"
	for language, want := range map[string]string{"": "Bitte", "fr": "Veuillez", "he": "Please", "de": "Bitte"} {
		if o := open(t, letterTo(t, digest.LetterConfirm, nl, language)); !strings.Contains(o.text, want) {
			t.Errorf("%q: %s", language, o.text)
		}
	}
}

func TestLettersThatCannotBe(t *testing.T) {
	c := newComposer(t)
	for name, to := range map[string]string{"none": "", "two": "a@example.org, b@example.org", "a header": "a@example.org\r\nBcc: b@example.org"} {
		if data, err := c.Letter(digest.LetterConfirm, weekly(), "", to, letterLink, trialDate); err == nil {
			t.Errorf("%s: %s", name, data)
		}
	}
	nl := weekly()
	nl.Title = strings.Repeat("<b>\r\n.\r\n\u202e", 300)
	o := open(t, letterTo(t, digest.LetterConfirm, nl, ""))
	if strings.Contains(o.html, "<b>") || strings.ContainsAny(o.subject, "\r\n\u202e") {
		t.Errorf("a hostile title: %q", o.subject)
	}
}

// Who has written letters before, in whatever languages and at the same time,
// writes the same ones.
func TestLettersOneAfterAnother(t *testing.T) {
	languages := []string{"de", "ar", "ja", "en", "fr-CA"}
	for i := range 60 { // more than are kept
		languages = append(languages, "en-x-h"+strconv.Itoa(i))
	}
	c := newComposer(t)
	var all sync.WaitGroup
	for i, language := range slices.Concat(languages, languages) {
		kind := letterKinds[i%len(letterKinds)]
		all.Go(func() {
			data, err := c.Letter(kind, trialNewsletter(), language, "reader@example.org", letterLink, trialDate)
			if err != nil {
				t.Error(err)
				return
			}
			if o := open(t, data); !strings.Contains(o.html, `lang="`+language+`"`) {
				t.Errorf("a letter in %s is not", language)
			}
		})
	}
	all.Wait()
	for _, language := range languages[:5] {
		got, err := c.Letter(letterKinds[0], trialNewsletter(), language, "reader@example.org", letterLink, trialDate)
		if err != nil {
			t.Fatal(err)
		}
		want, err := newComposer(t).Letter(letterKinds[0], trialNewsletter(), language, "reader@example.org", letterLink, trialDate)
		if d := cmp.Diff(string(want), string(got)); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", language, err, d)
		}
	}
	if n := len(c.letters); n > 50 {
		t.Errorf("templates of %d languages are kept", n)
	}
}
