package preflight_test

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/preflight"
)

const (
	site  = "https://news.harbour.test"
	leave = site + "/u/abc"
)

const goodHTML = `<!DOCTYPE html><html lang="en"><head><title>The Harbour Weekly</title><style>a{color:red}</style></head>
<body><h1>Herons</h1><p>Seen at the <a href="https://blog.harbour.test/herons">pier</a>.</p><img src="https://news.harbour.test/logo.png" alt="">
<p><a href="https://news.harbour.test/u/abc">Unsubscribe</a></p><p>12 Harbour&nbsp;Street,
 Port</p></body></html>`

const goodText = "Herons\n\nUnsubscribe:\nhttps://news.harbour.test/u/abc\n\n12 Harbour\nStreet, Port\n"

// good is a mail with which nothing is wrong, and its facts.
func good() (preflight.Mail, preflight.Facts) {
	m := preflight.Mail{
		Subject: "Herons at the pier", HTML: goodHTML, Text: goodText,
		Header: netmail.Header{
			"From": {"The Harbour Weekly <digest@harbour.test>"}, "Reply-To": {"editor@harbour.test"},
			"List-Unsubscribe": {"<" + leave + ">, <mailto:off@harbour.test>"}, "List-Unsubscribe-Post": {"List-Unsubscribe=One-Click"},
			"List-Archive": {"<" + site + "/archive/weekly/>"},
		},
	}
	return m, preflight.Facts{
		PublicURL: site, Unsubscribe: leave, PostalAddress: "12 Harbour Street, Port", EnvelopeFrom: "bounces@harbour.test",
		Recipients: 100, Last: preflight.Last{Subject: "Gulls", Recipients: 100},
	}
}

// swap replaces a text that must be there.
func swap(t *testing.T, s *string, old, with string) {
	t.Helper()
	if !strings.Contains(*s, old) {
		t.Fatalf("there is no %q to replace", old)
	}
	*s = strings.ReplaceAll(*s, old, with)
}

// told are findings in short, such as "blocks no-unsubscribe".
func told(all []preflight.Finding) []string {
	out := []string{}
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s %s", f.Level, f.Code))
	}
	return out
}

func TestCheck(t *testing.T) {
	type mail = *preflight.Mail
	type facts = *preflight.Facts
	for _, c := range []struct {
		name  string
		spoil func(mail, facts)
		want  string // findings, or nothing
		why   string // in the first of them
	}{
		{"nothing", func(mail, facts) {}, "", ""},

		{"no link in the HTML", func(m mail, _ facts) { swap(t, &m.HTML, `href="`+leave, `href="`+site) }, "blocks no-unsubscribe", "in the HTML"},
		{"a link that is only a text", func(m mail, _ facts) {
			swap(t, &m.HTML, `<a href="`+leave+`">Unsubscribe</a>`, leave)
		}, "blocks no-unsubscribe", "in the HTML"},
		{"a link in a comment", func(m mail, _ facts) {
			swap(t, &m.HTML, `<a href="`+leave+`">Unsubscribe</a>`, `<!-- <a href="`+leave+`">Unsubscribe</a> -->`)
		}, "blocks no-unsubscribe", "in the HTML"},
		{"no link in the text", func(m mail, _ facts) { swap(t, &m.Text, leave, leave+"d") }, "blocks no-unsubscribe", "in the plain text"},
		{"a link in brackets", func(m mail, _ facts) { swap(t, &m.Text, leave, "<"+leave+">.") }, "", ""},
		{"no link in the header", func(m mail, _ facts) { m.Header["List-Unsubscribe"] = []string{"<mailto:off@harbour.test>"} }, "blocks no-unsubscribe", "in the header"},
		{"no one-click", func(m mail, _ facts) { delete(m.Header, "List-Unsubscribe-Post") }, "blocks no-unsubscribe", "in the header"},
		{"no link known", func(_ mail, f facts) { f.Unsubscribe = "" }, "blocks no-unsubscribe", "in the HTML and the plain text and the header"},

		{"no address configured", func(_ mail, f facts) { f.PostalAddress = " ." }, "blocks no-postal-address", "configured"},
		{"no address in the HTML", func(m mail, _ facts) { swap(t, &m.HTML, "12 Harbour", "") }, "blocks no-postal-address", "in the HTML"},
		{"an address in a style", func(m mail, _ facts) {
			swap(t, &m.HTML, "12 Harbour", "")
			swap(t, &m.HTML, "a{color:red}", "/* 12 Harbour Street, Port */")
		}, "blocks no-postal-address", "in the HTML"},
		{"no address in the text", func(m mail, _ facts) { swap(t, &m.Text, "Street", "") }, "blocks no-postal-address", "in the plain text"},

		{"nearly full", func(m mail, _ facts) { m.HTML = sized(m.HTML, 72_000) }, "warns too-large", "72000 bytes"},
		{"not nearly full", func(m mail, _ facts) { m.HTML = sized(m.HTML, 71_999) }, "", ""},
		{"cut to fit", func(m mail, f facts) { m.HTML, f.Trimmed = sized(m.HTML, 80_000), true }, "", ""},
		{"too large", func(m mail, f facts) { m.HTML, f.Trimmed = sized(m.HTML, 80_001), true }, "blocks too-large", "80001 bytes"},

		{"no text", func(m mail, _ facts) { m.Text = "\n--\n" }, "blocks empty-text blocks no-postal-address blocks no-unsubscribe", ""},
		{"no subject", func(m mail, _ facts) { m.Subject = " (!)" }, "blocks missing-subject", ""},
		{"no title", func(m mail, _ facts) { swap(t, &m.HTML, "<title>The Harbour Weekly</title>", "") }, "warns missing-title", ""},
		{"a title in the body", func(m mail, _ facts) {
			swap(t, &m.HTML, "<title>The Harbour Weekly</title>", "<title> </title>")
		}, "warns missing-title", ""},

		{"a stranger's http", func(m mail, _ facts) { swap(t, &m.HTML, "https://blog", "http://blog") }, "warns insecure-link", `"http://blog.harbour.test/herons"`},
		{"ours", func(m mail, _ facts) { swap(t, &m.HTML, "<h1>", `<a href="http://news.harbour.test/x">x</a><h1>`) }, "blocks insecure-link", "/x"},
		{"our front page", func(m mail, _ facts) { swap(t, &m.HTML, "<h1>", `<a href="http://news.harbour.test">x</a><h1>`) }, "blocks insecure-link", ""},
		{"a host of a like name", func(m mail, _ facts) {
			swap(t, &m.HTML, "<h1>", `<a href="http://news.harbour.test.evil.test/x">x</a><h1>`)
		}, "warns insecure-link", "/x"},
		{"a script", func(m mail, _ facts) { swap(t, &m.HTML, "<h1>", `<a href="javascript:alert(1)">x</a><h1>`) }, "warns insecure-link", "javascript"},
		{"a link to nowhere in particular", func(m mail, _ facts) { swap(t, &m.HTML, "<h1>", `<a href="/about">x</a><h1>`) }, "warns insecure-link", "/about"},
		{"mail, telephone and a place within", func(m mail, _ facts) {
			swap(t, &m.HTML, "<h1>", `<a href="mailto:a@harbour.test">x</a><a href="tel:+44">x</a><a href="#top">x</a><h1>`)
		}, "", ""},
		{"all of ours", func(m mail, f facts) { insecure(t, m, f, "http://news.harbour.test") }, "blocks insecure-link", "2 links"},
		{"a trial", func(m mail, f facts) { insecure(t, m, f, "http://127.0.0.1:8080") }, "warns insecure-link", "a trial"},
		{"a trial by name", func(m mail, f facts) { insecure(t, m, f, "http://localhost") }, "warns insecure-link", "a trial"},
		{"the archive's field", func(m mail, _ facts) { m.Header["List-Archive"] = []string{"<http://news.harbour.test/archive/>"} }, "blocks insecure-link", "archive"},

		{"no alt", func(m mail, _ facts) { swap(t, &m.HTML, ` alt=""`, "") }, "warns missing-alt", "1 image"},

		{"a template's code", func(m mail, _ facts) { swap(t, &m.HTML, "Herons", "{{.Title}}") }, "blocks placeholder-left", "{{.Title}}"},
		{"in an address", func(m mail, _ facts) { swap(t, &m.HTML, "/herons", "/*|UNSUB|*") }, "blocks placeholder-left", "UNSUB"},
		{"in the text", func(m mail, _ facts) { swap(t, &m.Text, "Herons", "%!s(MISSING)") }, "blocks placeholder-left", "MISSING"},
		{"not there", func(m mail, _ facts) { swap(t, &m.Text, "Herons", "<no value>") }, "blocks placeholder-left", "no value"},
		{"unsafe", func(m mail, _ facts) { swap(t, &m.HTML, `lang="en"`, `lang="ZgotmplZ"`) }, "blocks placeholder-left", "Zgotmpl"},
		{"in the subject", func(m mail, _ facts) { m.Subject = "CHANGE THIS now" }, "blocks placeholder-left", "CHANGE THIS"},
		{"in the note", func(_ mail, f facts) { f.Note = "Lorem ipsum dolor" }, "blocks placeholder-left", "Lorem"},
		{"init's address", func(m mail, f facts) {
			f.PostalAddress = "Your name, street and town"
			m.Text += f.PostalAddress
			swap(t, &m.HTML, "12 Harbour&nbsp;Street", f.PostalAddress)
		}, "blocks placeholder-left", "Your name"},
		{"an article on templates", func(m mail, f facts) {
			swap(t, &m.HTML, "Herons", "Why {{.Title}} says %!d(string=x)")
			f.Strangers = "<p>Why {{.Title}} says %!d(string=x)</p>"
		}, "", ""},
		{"percent", func(m mail, _ facts) { swap(t, &m.Text, "Herons", "100%! And 50%!(really) no, 5 %") }, "blocks placeholder-left", "really"},
		{"an exclamation", func(m mail, _ facts) { swap(t, &m.Text, "Herons", "100%! And change this.") }, "", ""},

		{"an example sends", func(m mail, _ facts) { m.Header["From"] = []string{"Weekly <digest@example.org>"} }, "blocks placeholder-left", `From "digest@example.org"`},
		{"an example is answered", func(m mail, _ facts) { m.Header["Reply-To"] = []string{"editor@mail.example.com"} }, "blocks placeholder-left", "Reply-To"},
		{"an example gets bounces", func(_ mail, f facts) { f.EnvelopeFrom = "b@harbour.invalid" }, "blocks placeholder-left", "bounces"},
		{"an example that is none", func(m mail, _ facts) { m.Header["From"] = []string{"digest@notexample.org"} }, "", ""},
		{"our example", func(m mail, f facts) { insecure(t, m, f, "https://digest.example.org") }, "blocks placeholder-left", "our pages"},
		{"a stranger's example", func(m mail, _ facts) { swap(t, &m.HTML, "blog.harbour.test", "www.example.org") }, "", ""},
		{"an example on trial", func(m mail, f facts) {
			insecure(t, m, f, "https://[::1]:8080")
			m.Header["From"] = []string{"Weekly <digest@example.org>"}
		}, "warns placeholder-left", "a trial"},

		{"the same subject", func(m mail, f facts) { f.Last.Subject = " herons at the PIER " }, "warns same-subject", ""},
		{"no issue before", func(_ mail, f facts) { f.Last = preflight.Last{} }, "", ""},

		{"a quarter left", func(_ mail, f facts) { f.Recipients = 75 }, "", ""},
		{"more than that", func(_ mail, f facts) { f.Recipients = 74 }, "blocks list-shrank", "74 recipients, 100 at the last issue"},
		{"everybody left", func(_ mail, f facts) { f.Recipients = 0 }, "blocks list-shrank", "0 recipients"},
		{"a quarter came", func(_ mail, f facts) { f.Recipients = 125 }, "", ""},
		{"more came", func(_ mail, f facts) { f.Recipients = 126 }, "warns list-grew", "126 recipients"},
		{"a small list doubled", func(_ mail, f facts) { f.Recipients, f.Last.Recipients = 38, 19 }, "", ""},
		{"a small list halved", func(_ mail, f facts) { f.Recipients, f.Last.Recipients = 9, 19 }, "", ""},
		{"the smallest that counts", func(_ mail, f facts) { f.Recipients, f.Last.Recipients = 14, 20 }, "blocks list-shrank", ""},
		{"nobody", func(_ mail, f facts) { f.Recipients, f.Last.Recipients = 0, 19 }, "warns no-recipients", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, f := good()
			c.spoil(&m, &f)
			all := preflight.Check(m, f)
			got := told(all)
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Fatalf("%+v, want %q", all, c.want)
			}
			if c.why != "" && !strings.Contains(all[0].Why, c.why) && !strings.Contains(all[0].Why, strings.ReplaceAll(c.why, `"`, `\"`)) {
				t.Errorf("why: %q, want %q in it", all[0].Why, c.why)
			}
		})
	}
}

// sized fills a page up to so many bytes, the reader's own link not counted.
func sized(html string, bytes int) string {
	fill := bytes - (len(html) - len(leave))
	return strings.Replace(html, "<h1>", strings.Repeat("x", fill)+"<h1>", 1)
}

// insecure moves all our pages to another address.
func insecure(t *testing.T, m *preflight.Mail, f *preflight.Facts, to string) {
	t.Helper()
	swap(t, &m.HTML, `<img src="https://news.harbour.test/logo.png" alt="">`, "")
	swap(t, &m.HTML, site, to)
	swap(t, &m.Text, site, to)
	swap(t, &f.PublicURL, site, to)
	swap(t, &f.Unsubscribe, site, to)
	for _, field := range []string{"List-Unsubscribe", "List-Archive"} {
		swap(t, &m.Header[field][0], site, to)
	}
}

func TestWhatBlocksComesFirst(t *testing.T) {
	m, f := good()
	f.Recipients, f.Last.Subject = 1, m.Subject
	swap(t, &m.HTML, ` alt=""`, "")
	want := []string{"blocks list-shrank", "warns missing-alt", "warns same-subject"}
	if diff := cmp.Diff(want, told(preflight.Check(m, f))); diff != "" {
		t.Error(diff)
	}
}

func TestForce(t *testing.T) {
	all := []preflight.Finding{
		preflight.New(preflight.ListShrank, preflight.Blocks, "a"),
		preflight.New(preflight.DeadLink, preflight.Blocks, "b"),
		preflight.New(preflight.DeadLink, preflight.Warns, "c"),
	}
	if got := told(preflight.Blocking(all)); !slices.Equal(got, []string{"blocks list-shrank", "blocks dead-link"}) {
		t.Errorf("without force: %v", got)
	}
	forced := preflight.Force(all, []string{preflight.DeadLink})
	if got := told(preflight.Blocking(forced)); !slices.Equal(got, []string{"blocks list-shrank"}) {
		t.Errorf("with force: %v", got)
	}
	if forced[0].Forced || !forced[1].Forced || !forced[2].Forced || all[1].Forced {
		t.Errorf("forced %+v of %+v", forced, all)
	}
}

// What a stranger writes may reach a terminal and a log: it is on one line, in
// printable ASCII, and short.
func TestHostileWords(t *testing.T) {
	m, f := good()
	swap(t, &m.HTML, "https://blog.harbour.test/herons", "http://b/\x1b[2J\u202e&#10;"+strings.Repeat("ü", 10_000))
	m.Subject = "{{\x1b[2J\n\u202e"
	for _, found := range preflight.Check(m, f) {
		if len(found.Why) > 1500 || strings.ContainsFunc(found.Why, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", found.Why)
		}
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range preflight.Kinds {
		switch {
		case seen[k.Code]:
			t.Errorf("%s stands there twice", k.Code)
		case k.Level == "" || k.What == "" || k.Remedy == "":
			t.Errorf("%s is not explained", k.Code)
		case strings.Trim(k.Code, "abcdefghijklmnopqrstuvwxyz-") != "":
			t.Errorf("%s is not in kebab case", k.Code)
		}
		seen[k.Code] = true
	}
	if len(preflight.Codes()) != len(seen) {
		t.Error("codes are missing")
	}
	defer func() {
		if recover() == nil {
			t.Error("a code that no manual lists was taken")
		}
	}()
	preflight.New("nonsense", preflight.Warns, "")
}

func TestReservedHost(t *testing.T) {
	for host, want := range map[string]bool{
		"example.org": true, "mail.EXAMPLE.com.": true, "a.invalid": true, "x.example": true,
		"harbour.test": false, "notexample.org": false, "example.org.uk": false, "": false,
	} {
		if got := preflight.ReservedHost(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
