package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"
)

var hole = HoleUnsubscribe("issue 0123456789abcdef")

// template is a template that every test may change.
func template() Template {
	return Template{
		From:               "The Example Weekly <digest@example.org>",
		ReplyTo:            "editor@example.org",
		Subject:            "Tide mills, and four more from the harbour",
		Text:               "Hello,\n\nUnsubscribe:\n" + hole + "\n",
		HTML:               `<p>Hello</p><a href="` + hole + `">Unsubscribe</a>`,
		Hole:               hole,
		Date:               time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("", 3600)),
		Boundary:           "b-0123456789abcdef",
		ListID:             "The Example Weekly <weekly.digest.example.org>",
		UnsubscribeMailbox: "leave@example.org",
		Headers: []Header{
			{"Feedback-ID", "47:weekly:digest:example"},
			{"List-Archive", "<https://digest.example.org/weekly/>"},
		},
	}
}

// person is a recipient that every test may change.
func person() Personal {
	return Personal{
		To:          "ann@example.net",
		MessageID:   "47.weekly.8f3a@digest.example.org",
		Unsubscribe: "https://digest.example.org/u/AAAAbbbbCCCCdddd",
	}
}

func mustStencil(t testing.TB, tm Template) *Stencil {
	t.Helper()
	s, err := NewStencil(tm)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// decode reads a message by another path than the one that wrote it.
func decode(t testing.TB, raw []byte) (netmail.Header, []string) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read message: %v\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q: %v", kind, err)
	}
	mr := multipart.NewReader(msg.Body, params["boundary"])
	var parts []string
	for {
		part, err := mr.NextRawPart()
		if err == io.EOF {
			return msg.Header, parts
		}
		if err != nil {
			t.Fatalf("next part: %v\n%s", err, raw)
		}
		if got := part.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
			t.Errorf("transfer encoding %q", got)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatalf("decode part: %v\n%s", err, raw)
		}
		parts = append(parts, string(body))
	}
}

func TestSmoke(t *testing.T) {
	s := mustStencil(t, template())
	m, err := s.Message(person())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(strings.ReplaceAll(string(m), "\r", "\\r"))
	decode(t, m)
}
