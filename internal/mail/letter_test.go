package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// note is a letter that every test may change.
func note() Letter {
	return Letter{
		From: "The Example Weekly <digest@example.org>", ReplyTo: "editor@example.org", To: "ann@example.net",
		Subject: "Please confirm", Text: "Confirm:\nhttps://digest.example.org/c/AAAA\n.\n..\n", HTML: "<p>Grüße</p>\r.<b>x</b>",
		MessageID: "8f3a@example.org", Boundary: "b-0123456789abcdef", Date: time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("", 3600)),
	}
}

func TestALetterComesBack(t *testing.T) {
	l := note()
	data, err := l.Data()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkLines(data, maxLine); err != nil || bytes.HasSuffix(data, []byte("\n")) {
		t.Errorf("%v: ends with %q", err, data[len(data)-2:])
	}
	head, bodies := decode(t, append(bytes.ReplaceAll(data, []byte("\r\n.."), []byte("\r\n.")), "\r\n"...))
	for name, want := range map[string]string{
		"From": `"The Example Weekly" <digest@example.org>`, "Reply-To": "editor@example.org", "To": "ann@example.net", "Subject": "Please confirm",
		"Message-Id": "<8f3a@example.org>", "Date": "Sun, 22 Nov 2026 09:00:00 +0100", "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "All", "List-Unsubscribe": "", "Precedence": "",
	} {
		if got := strings.ReplaceAll(head.Get(name), `"`, ""); got != strings.ReplaceAll(want, `"`, "") || len(head[name]) > 1 {
			t.Errorf("%s is %q", name, head[name])
		}
	}
	if len(bodies) != 2 || bodies[0] != crlf.Replace(l.Text) || bodies[1] != crlf.Replace(l.HTML) {
		t.Errorf("%q", bodies)
	}
	again, err := l.Data()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("other bytes at the second time, %v", err)
	}
}

func TestLettersThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Letter){
		"no text":       func(l *Letter) { l.Text = "" },
		"no HTML":       func(l *Letter) { l.HTML = "" },
		"no date":       func(l *Letter) { l.Date = time.Time{} },
		"no boundary":   func(l *Letter) { l.Boundary = "" },
		"no sender":     func(l *Letter) { l.From = "" },
		"no recipient":  func(l *Letter) { l.To = "" },
		"two of them":   func(l *Letter) { l.To = "a@example.net, b@example.net" },
		"a header":      func(l *Letter) { l.To = "a@example.net\r\nBcc: b@example.net" },
		"a name":        func(l *Letter) { l.To = "Ann <ann@example.net>" },
		"no id":         func(l *Letter) { l.MessageID = "" },
		"id with angle": func(l *Letter) { l.MessageID = "<a@example.org>" },
		"bad reply-to":  func(l *Letter) { l.ReplyTo = "nobody" },
	} {
		l := note()
		change(&l)
		if data, err := l.Data(); err == nil {
			t.Errorf("%s: %s", name, data)
		}
	}
}

func TestALetterToAnInternationalAddress(t *testing.T) {
	l := note()
	l.To = "jürgen@xn--bcher-kva.example"
	data, err := l.Data()
	if err != nil || !bytes.Contains(data, []byte("\r\nTo: jürgen@xn--bcher-kva.example\r\n")) {
		t.Errorf("%v\n%s", err, data)
	}
}

// FuzzLetter: whatever stands in it, SMTP can carry it and its subject is one
// line.
func FuzzLetter(f *testing.F) {
	f.Add("Please\r\nBcc: x@example.net", "\n.\n", "\r.\r")
	f.Fuzz(func(t *testing.T, subject, text, html string) {
		l := note()
		l.Subject, l.Text, l.HTML = subject, text+"x", html+"x"
		data, err := l.Data()
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		if err := checkLines(data, maxLine); err != nil || bytes.Contains(head, []byte("\r\nBcc:")) {
			t.Errorf("%v\n%q", err, data)
		}
	})
}
