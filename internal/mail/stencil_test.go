package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
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
		Text:               "Hello,\n\nUnsubscribe:\n" + hole + "\n\nPreferences:\n" + HolePreferences(hole) + "\n",
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
		Preferences: "https://digest.example.org/p/EEEEffffGGGGhhhh",
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

// filled is what a body must decode to.
func filled(content string, p Personal) string {
	content = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(content)
	return strings.NewReplacer(hole, p.Unsubscribe, HolePreferences(hole), p.Preferences).Replace(strings.ToValidUTF8(content, "\uFFFD"))
}

// checkMessage checks what holds for every message: the bodies decode to their
// input, the data on the wire is the file dot-stuffed, and lines are short.
func checkMessage(t testing.TB, tm Template, p Personal) netmail.Header {
	t.Helper()
	s := mustStencil(t, tm)
	file, err := s.Message(p)
	if err != nil {
		t.Fatal(err)
	}
	header, parts := decode(t, file)
	if len(parts) != 2 || parts[0] != filled(tm.Text, p) || parts[1] != filled(tm.HTML, p) {
		t.Fatalf("bodies\n got %q\nwant %q\n     %q", parts, filled(tm.Text, p), filled(tm.HTML, p))
	}
	data, err := s.AppendData(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	unstuffed, err := io.ReadAll(textproto.NewReader(bufio.NewReader(bytes.NewReader(append(data, "\r\n.\r\n"...)))).DotReader())
	if err != nil || string(unstuffed) != strings.ReplaceAll(string(file), "\r\n", "\n") {
		t.Fatalf("unstuffed data differs from the file (%v)\n%q\n%q", err, unstuffed, file)
	}
	if err := checkLines(data, maxLine); err != nil {
		t.Fatalf("data: %v", err)
	}
	_, body, _ := bytes.Cut(file, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > 76 {
			t.Errorf("body line of %d bytes: %q", len(line), line)
		}
	}
	return header
}

func TestBodyDecodesToItsInput(t *testing.T) {
	long := strings.Repeat("long words and ", 40)
	for name, text := range map[string]string{
		"no hole":           "plain\n",
		"only a hole":       hole,
		"hole at start":     hole + " rest",
		"hole at line end":  "see " + hole + "\nnext",
		"hole on its line":  "see\n" + hole + "\nnext",
		"hole at the end":   "see " + hole,
		"adjacent holes":    hole + hole,
		"holes over lines":  hole + "\n" + hole + "\n\n" + hole,
		"hole amid a line":  long + hole + long,
		"blank around hole": "a \t" + hole + " \t\nb",
		"dots":              ".\n..\n.a\n\n.\r\n.",
		"dot after hole":    hole + ".\n." + hole + "\n.",
		"trailing blanks":   "a \nb\t\n \n",
		"no final newline":  "end",
		"many newlines":     "a\n\n\n",
		"mixed line ends":   "a\rb\nc\r\nd\n\re\r\r\n",
		"CR before hole":    "a\r" + hole + "\nb",
		"equals signs":      "a=b==\n=\n=3D=\r\n=",
		"75 and 76":         strings.Repeat("x", 75) + hole + "\n" + strings.Repeat("y", 76) + hole,
		"74 and a blank":    strings.Repeat("x", 74) + " " + hole + "\n" + strings.Repeat("y", 75) + "\t\n",
		"UTF-8":             "Grüße 日本語 \u202eevil\u202c 🎉 " + strings.Repeat("é", 60),
		"not UTF-8":         "a\xff\xfeb",
		"controls":          "a\x00b\x0bc\x7f",
		"smuggling":         "x\n.\nMAIL FROM:<a@example.net>\r\n.\r\nQUIT",
		"half a hole":       hole[:40] + "\n" + hole[20:],
		"mark in content":   "HOLE0123456789abcdef\n",
	} {
		t.Run(name, func(t *testing.T) {
			tm := template()
			tm.Text, tm.HTML = text, "<p>"+text+"</p>"
			for _, url := range []string{
				person().Unsubscribe,
				"https://d.example/u/" + strings.Repeat("a", 300),
				"https://d.example/u/" + strings.Repeat("a", holeLine-20),
				"https://d.example/u/" + strings.Repeat("a", holeLine-16),
				"https://d.example/u?t=" + strings.Repeat("=", 70) + "." + strings.Repeat("..x", 40),
				"https://d.example/ua?t=" + strings.Repeat("=", 70),
				"https://d.example/uab?t=" + strings.Repeat("=", 70),
			} {
				p := person()
				p.Unsubscribe = url
				checkMessage(t, tm, p)
			}
		})
	}
}

func TestSameInputSameBytes(t *testing.T) {
	first, err := mustStencil(t, template()).Message(person())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := mustStencil(t, template()).Message(person())
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("differs (%v):\n%s\n%s", err, first, again)
		}
	}
}

// Each hole gets its own address, in whatever order they stand.
func TestTwoKindsOfHoles(t *testing.T) {
	u, p := person().Unsubscribe, person().Preferences
	other := HolePreferences(hole)
	for in, want := range map[string]string{
		hole + " " + other:                        u + " " + p,
		other + hole + hole + other + other:       p + u + u + p + p,
		"a" + other + "\n" + hole + "\nb" + other: "a" + p + "\r\n" + u + "\r\nb" + p,
		hole:  u,
		other: p,
	} {
		tm := template()
		tm.Text, tm.HTML = in+"\n", "<p>"+hole+"</p>"
		raw, err := mustStencil(t, tm).Message(person())
		if err != nil {
			t.Fatal(err)
		}
		if _, parts := decode(t, raw); strings.TrimRight(parts[0], "\r\n") != want {
			t.Errorf("%q became %q", in, parts[0])
		}
	}
	stranger := person()
	for _, bad := range []string{"", "https://example.org/\"><script>"} {
		stranger.Preferences = bad
		if _, err := mustStencil(t, template()).Message(stranger); err == nil {
			t.Errorf("took %q as the address of the preferences", bad)
		}
	}
	tm := template()
	tm.Text = hole
	stranger.Preferences = "\r.\n"
	if _, err := mustStencil(t, tm).Message(stranger); err != nil {
		t.Errorf("asks for preferences that nobody prints: %v", err)
	}
}

func TestNewStencilRefuses(t *testing.T) {
	for name, change := range map[string]func(*Template){
		"no hole":             func(tm *Template) { tm.Hole = "" },
		"guessable hole":      func(tm *Template) { tm.Hole = "UNSUBSCRIBE" },
		"hole with capitals":  func(tm *Template) { tm.Hole = strings.ToUpper(tm.Hole) },
		"no text":             func(tm *Template) { tm.Text = "" },
		"no HTML":             func(tm *Template) { tm.HTML = "" },
		"no date":             func(tm *Template) { tm.Date = time.Time{} },
		"no boundary":         func(tm *Template) { tm.Boundary = "" },
		"long boundary":       func(tm *Template) { tm.Boundary = strings.Repeat("b", 71) },
		"boundary with quote": func(tm *Template) { tm.Boundary = `a"b` },
		"boundary in content": func(tm *Template) { tm.Text += "\n--" + tm.Boundary + "--\n" },
		"mark in content":     func(tm *Template) { tm.Text += "\n" + marksOf(tm.Hole).unsubscribe + "\n" },
		"other mark":          func(tm *Template) { tm.Text += "\n" + marksOf(tm.Hole).preferences + "\n" },
		"no from":             func(tm *Template) { tm.From = "" },
		"bad from":            func(tm *Template) { tm.From = "Weekly <digest>" },
		"two from":            func(tm *Template) { tm.From = "a@example.org, b@example.org" },
		"non-ASCII from":      func(tm *Template) { tm.From = "digest@bücher.example" },
		"bad reply-to":        func(tm *Template) { tm.ReplyTo = "nobody" },
		"no list id":          func(tm *Template) { tm.ListID = "" },
		"bad list id":         func(tm *Template) { tm.ListID = "Weekly <we ekly>" },
		"bad mailbox":         func(tm *Template) { tm.UnsubscribeMailbox = "leave@example.org\r\nBcc: x@example.net" },
		"mailbox with query":  func(tm *Template) { tm.UnsubscribeMailbox = "a?bcc=b@example.org" },
		"header twice":        func(tm *Template) { tm.Headers = append(tm.Headers, Header{"feedback-id", "x"}) },
		"header of ours":      func(tm *Template) { tm.Headers = []Header{{"subject", "x"}} },
		"bcc":                 func(tm *Template) { tm.Headers = []Header{{"Bcc", "x@example.net"}} },
		"header name":         func(tm *Template) { tm.Headers = []Header{{"X-A: b\r\nBcc", "x"}} },
		"dotted header name":  func(tm *Template) { tm.Headers = []Header{{".X", "x"}} },
		"empty header":        func(tm *Template) { tm.Headers = []Header{{"X-A", " \r\n"}} },
		"endless header":      func(tm *Template) { tm.Headers = []Header{{"X-A", strings.Repeat("x", 1000)}} },
	} {
		t.Run(name, func(t *testing.T) {
			tm := template()
			change(&tm)
			if _, err := NewStencil(tm); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAppendDataRefusesBadRecipients(t *testing.T) {
	s := mustStencil(t, template())
	for name, change := range map[string]func(*Personal){
		"no address":        func(p *Personal) { p.To = "" },
		"injection":         func(p *Personal) { p.To = "ann@example.net\r\nBcc: eve@example.net" },
		"two addresses":     func(p *Personal) { p.To = "ann@example.net, eve@example.net" },
		"angle brackets":    func(p *Personal) { p.To = "<ann@example.net>" },
		"non-ASCII":         func(p *Personal) { p.To = "ann@exämple.net" },
		"NUL":               func(p *Personal) { p.To = "ann\x00@example.net" },
		"no message id":     func(p *Personal) { p.MessageID = "" },
		"message id breaks": func(p *Personal) { p.MessageID = "a@b>\r\nX: y" },
		"no URL":            func(p *Personal) { p.Unsubscribe = "" },
		"script URL":        func(p *Personal) { p.Unsubscribe = "javascript:alert(1)" },
		"URL breaks header": func(p *Personal) { p.Unsubscribe = "https://a/>\r\nX: y" },
		"URL breaks HTML":   func(p *Personal) { p.Unsubscribe = `https://a/"onclick` },
		"URL too long":      func(p *Personal) { p.Unsubscribe = "https://a/" + strings.Repeat("x", 500) },
	} {
		t.Run(name, func(t *testing.T) {
			p := person()
			change(&p)
			if data, err := s.AppendData(nil, p); !errors.Is(err, ErrAddress) || len(data) != 0 {
				t.Errorf("got %d bytes, error %v", len(data), err)
			}
		})
	}
}

func TestAppendDataAppends(t *testing.T) {
	s := mustStencil(t, template())
	want, err := s.AppendData(nil, person())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasSuffix(want, []byte("\n")) {
		t.Error("data ends with a line end")
	}
	got, err := s.AppendData([]byte("before"), person())
	if err != nil || string(got) != "before"+string(want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	s := mustStencil(t, template())
	p, d := person(), Data{}
	if n := testing.AllocsPerRun(100, func() { _ = s.Fill(&d, p) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFill(b *testing.B) {
	tm := template()
	tm.HTML = strings.Repeat("<p>A paragraph of an article.</p>\n", 900) + tm.HTML
	s := mustStencil(b, tm)
	p, d := person(), Data{}
	p.Name = "Ann of Harbour Street"
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Fill(&d, p); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzStencil(f *testing.F) {
	f.Add("Hello @\n.\nend", "<p>@</p>@@", "Subject", "Ann", "x=.y")
	f.Add("a\r@\nb \r", "\t@\t", "=?utf-8?q?x?=\r\nBcc: e", "\"\\é\n", "....")
	f.Fuzz(func(t *testing.T, text, html, subject, name, token string) {
		tm, p := template(), person()
		tm.Text = strings.ReplaceAll(text, "@", hole) + "."
		tm.HTML = strings.ReplaceAll(html, "@", hole) + "."
		tm.Subject, p.Name = subject, name
		if u := p.Unsubscribe + token; checkURL(u) == nil {
			p.Unsubscribe = u
		}
		header := checkMessage(t, tm, p)
		if to, err := netmail.ParseAddress(header.Get("To")); err != nil || to.Address != p.To {
			t.Fatalf("To %q: %v", header.Get("To"), err)
		}
		checkFields(t, header)
	})
}
