package mail

import (
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
)

// allFields are the fields of a message from template, each of which stands once.
var allFields = []string{
	"Auto-Submitted", "Content-Type", "Date", "Feedback-Id", "From", "List-Archive", "List-Id",
	"List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version", "Precedence",
	"Reply-To", "Subject", "To", "X-Auto-Response-Suppress",
}

func checkFields(t testing.TB, header netmail.Header) {
	t.Helper()
	var names []string
	for name, values := range header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("%s stands %d times", name, len(values))
		}
		for _, v := range values {
			if !isASCII(v) {
				t.Errorf("%s: not printable ASCII: %q", name, v)
			}
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, allFields) {
		t.Errorf("fields %q", names)
	}
}

func TestHeaderFields(t *testing.T) {
	header := checkMessage(t, template(), person())
	checkFields(t, header)
	for name, want := range map[string]string{
		"From":                  "The Example Weekly <digest@example.org>",
		"Reply-To":              "editor@example.org",
		"To":                    "ann@example.net",
		"Date":                  "Sun, 22 Nov 2026 09:00:00 +0100",
		"Message-Id":            "<47.weekly.8f3a@digest.example.org>",
		"List-Id":               "The Example Weekly <weekly.digest.example.org>",
		"List-Unsubscribe":      "<https://digest.example.org/u/AAAAbbbbCCCCdddd>, <mailto:leave@example.org?subject=unsubscribe>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Precedence":            "list",
		"Auto-Submitted":        "auto-generated",
		"Feedback-Id":           "47:weekly:digest:example",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestWithoutMailboxOnlyHTTPS(t *testing.T) {
	tm := template()
	tm.UnsubscribeMailbox = ""
	if got := checkMessage(t, tm, person()).Get("List-Unsubscribe"); got != "<"+person().Unsubscribe+">" {
		t.Errorf("List-Unsubscribe: %q", got)
	}
}

// hostileValues try to end a field, a phrase or an encoded word.
var hostileValues = []string{
	"x\r\nBcc: eve@example.net",
	"x\nBcc: eve@example.net",
	"x\rBcc: eve@example.net",
	"x\r\n Bcc: eve@example.net",
	"x\r\n\r\n<b>body</b>",
	"x\u2028Bcc: eve@example.net\u2029",
	"x\u0085Bcc: eve@example.net",
	"x\x00\x0b\x0cBcc: eve@example.net",
	"x\xff\xfeBcc: eve@example.net",
	"=?utf-8?q?x=0D=0ABcc:_eve@example.net?=",
	`x" <eve@example.net>, "`,
	`x\`,
	"<eve@example.net>",
	"x, eve@example.net",
	"(comment",
	"\u202eexample\u202c",
	strings.Repeat("word ", 300),
	strings.Repeat("x", 2000),
	strings.Repeat("é", 700),
	strings.Repeat("日本", 300) + "=?",
	strings.Repeat(`"`, 400),
	strings.Repeat(`"`, 60),
}

func TestHostileValuesStayValues(t *testing.T) {
	for _, v := range hostileValues {
		tm, p := template(), person()
		tm.Subject, p.Name = v, v
		tm.ListID = v + " <weekly.digest.example.org>"
		tm.Headers[0].Value = "x" + v[:min(len(v), 60)]
		header := checkMessage(t, tm, p)
		checkFields(t, header)
		to, err := netmail.ParseAddress(header.Get("To"))
		if err != nil || to.Address != p.To || to.Name != clean(v) {
			t.Errorf("To %q is %v, %v", header.Get("To"), to, err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		if err != nil || subject != clean(v) {
			t.Errorf("subject %q, want %q (%v)", subject, clean(v), err)
		}
		if id := header.Get("List-Id"); !strings.HasSuffix(id, "<weekly.digest.example.org>") {
			t.Errorf("List-Id %q", id)
		}
		checkFolding(t, tm, p)
	}
}

// checkFolding checks the raw header of a message.
func checkFolding(t *testing.T, tm Template, p Personal) {
	t.Helper()
	raw, err := mustStencil(t, tm).Message(p)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(line) > 78 {
			t.Errorf("line of %d: %q", len(line), line)
		}
		if strings.TrimSpace(line) == "" {
			t.Errorf("blank line in the header of %q", head)
		}
		for word := range strings.SplitSeq(line, " ") {
			if strings.HasPrefix(word, "=?") && len(word) > 75 {
				t.Errorf("encoded word of %d", len(word))
			}
		}
	}
}

func TestMailboxes(t *testing.T) {
	for in, want := range map[string]string{
		"digest@example.org":                  "digest@example.org",
		"<digest@example.org>":                "digest@example.org",
		"Weekly <digest@example.org>":         "Weekly <digest@example.org>",
		`"News, weekly" <digest@example.org>`: `"News, weekly" <digest@example.org>`,
		"Größe <digest@example.org>":          "=?utf-8?q?Gr=C3=B6=C3=9Fe?= <digest@example.org>",
		`"a b"@example.org`:                   `"a b"@example.org`,
	} {
		got, err := formatMailbox(in)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestListIDs(t *testing.T) {
	for in, want := range map[string]string{
		"weekly.example.org":                `<weekly.example.org>`,
		"<weekly.example.org>":              `<weekly.example.org>`,
		`"The Weekly" <weekly.example.org>`: `The Weekly <weekly.example.org>`,
		`A.B <weekly.example.org>`:          `"A.B" <weekly.example.org>`,
		"Ü <weekly.example.org>":            `=?utf-8?q?=C3=9C?= <weekly.example.org>`,
	} {
		got, err := formatListID(in)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for _, good := range []string{
		"a@example.org", "a.b+c@example.org", "a@localhost", `"a b"@example.org`, `"a\"b"@example.org`,
		"a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "o'brien@xn--bcher-kva.example", "!#$%@example.org",
		strings.Repeat("l", 64) + "@example.org",
	} {
		if err := CheckAddress(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{
		"", "a", "@example.org", "a@", ".a@example.org", "a.@example.org", "a..b@example.org",
		"a b@example.org", "a@exa mple.org", "a@-example.org", "a@example-.org", "a@.org", "a@example.org.",
		"a@b@example.org", "a@example.org\n", "a@example.org>", "<a@example.org", `"a@example.org`,
		`"a"b"@example.org`, `"a\"@example.org`, "a@[1]2]", "é@example.org", "a@exämple.org", "a\x00@example.org",
		strings.Repeat("l", 65) + "@example.org", "a@" + strings.Repeat("d.", 130) + "org",
		"a@" + strings.Repeat("d", 64) + ".org", "a(c)@example.org", "a@example.org SIZE=1",
	} {
		if CheckAddress(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestFill(t *testing.T) {
	got, err := Fill("a "+hole+" b "+hole, hole, person())
	if want := "a " + person().Unsubscribe + " b " + person().Unsubscribe; got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	p := person()
	p.Unsubscribe = `https://a/"><script>`
	if _, err := Fill(hole, hole, p); err == nil {
		t.Error("an address that breaks HTML was taken")
	}
	if _, err := Fill("text", "e", person()); err == nil {
		t.Error("a hole that is no hole was taken")
	}
}

func TestHoleDependsOnItsKey(t *testing.T) {
	if HoleUnsubscribe("issue 0123456789abcdef") != hole || HoleUnsubscribe("a") == HoleUnsubscribe("b") {
		t.Error("a hole is not a function of its key")
	}
}
