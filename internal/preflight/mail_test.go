package preflight_test

import (
	"strings"
	"testing"

	"digest.example/internal/preflight"
)

// lines makes a message of lines.
func lines(all ...string) []byte { return []byte(strings.Join(all, "\r\n") + "\r\n") }

func TestRead(t *testing.T) {
	m, err := preflight.Read(lines(
		"From: a@harbour.test", "Subject: =?utf-8?q?H=C3=A9rons?= at", " the pier",
		`Content-Type: multipart/alternative; boundary="b"`, "",
		"--b", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
		"H=C3=A9rons =", "fly", "south", "--b", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "",
		"PHA+SMOpcm9uczwvcD4=", "--b--"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Hérons at the pier" || m.Text != "Hérons fly\nsouth" || m.HTML != "<p>Hérons</p>" || m.Header.Get("From") != "a@harbour.test" {
		t.Errorf("%+v", m)
	}
}

// A part within a part counts, but the first of a kind only.
func TestReadNested(t *testing.T) {
	m, err := preflight.Read(lines(
		`Content-Type: multipart/mixed; boundary="o"`, "", "--o", `Content-Type: multipart/alternative; boundary="i"`, "",
		"--i", "Content-Type: text/plain", "", "one", "--i", "Content-Type: text/html", "", "<p>", "--i--",
		"--o", "Content-Type: text/plain", "", "two", "--o--"))
	if err != nil || m.Text != "one" || m.HTML != "<p>" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestReadPlain(t *testing.T) {
	m, err := preflight.Read(lines("Content-Type: text/plain", "", "one"))
	if err != nil || m.Text != "one\n" || m.HTML != "" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestReadRefuses(t *testing.T) {
	deep := []string{}
	for range 30 {
		deep = append(deep, "--b", `Content-Type: multipart/mixed; boundary="b"`, "")
	}
	for name, message := range map[string][]byte{
		"no header":      []byte("nothing"),
		"no type":        lines("Subject: x", "", "one"),
		"no end":         lines(`Content-Type: multipart/mixed; boundary="b"`, "", "--b", "Content-Type: text/plain", "", "one"),
		"a bad charset":  lines("Subject: =?nonsense?q?x?=", "Content-Type: text/plain", "", "one"),
		"a bad encoding": lines("Content-Type: text/plain", "Content-Transfer-Encoding: base64", "", "?"),
		"no boundary":    lines("Content-Type: multipart/mixed", "", "--", "", "one"),
		"many parts":     append(lines(`Content-Type: multipart/mixed; boundary="b"`, ""), lines(deep...)...),
	} {
		if m, err := preflight.Read(message); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// Whatever an operator's templates print is judged without failing, and the
// same twice; a mail without the reader's link never passes.
func FuzzCheck(f *testing.F) {
	f.Add(goodHTML, goodText, "Herons")
	f.Add("<a href='http://%zz'><img src=x>", "{{", "%!s(")
	f.Fuzz(func(t *testing.T, html, text, subject string) {
		m, facts := good()
		m.HTML, m.Text, m.Subject = html, text, subject
		facts.Unsubscribe = "https://news.harbour.test/u/never-there-" + "0123456789abcdef"
		one, two := preflight.Check(m, facts), preflight.Check(m, facts)
		if len(preflight.Blocking(one)) == 0 {
			t.Errorf("passed: %+v", one)
		}
		if len(one) != len(two) {
			t.Errorf("%+v, then %+v", one, two)
		}
		for _, found := range one {
			if strings.ContainsFunc(found.Why, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("unfit for a terminal: %q", found.Why)
			}
		}
	})
}

// Nothing that is no message is read without an error, nor stops the program.
func FuzzRead(f *testing.F) {
	f.Add(lines("Subject: =?utf-8?q?x?=", `Content-Type: multipart/mixed; boundary="b"`, "", "--b", "Content-Type: text/html", "", "x", "--b--"))
	f.Fuzz(func(t *testing.T, message []byte) {
		m, err := preflight.Read(message)
		if err == nil && m.Header == nil {
			t.Errorf("%q was read as %+v", message, m)
		}
	})
}
