package compose

import (
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
)

// hostile is an issue whose authors want to break it. It knows the hole, which
// nobody outside can.
func hostile() digest.Issue {
	hole := mail.HoleUnsubscribe(testIDs.Boundary)
	key := hole[len(hole)-holeKeySize:]
	out := issueOf(4, 3)
	a := &out.Lead[0].Article
	a.Title = "Re: <b>Bold</b> & \"quoted\"\r\nBcc: all@x.test \u202egnp.exe {{.Hole}}"
	a.Author.Name = "Eve\r\nX-Evil: yes\u0000\u2066"
	a.URL = "javascript:alert(1)"
	a.HTML = `<script>alert(1)</script><p onclick="x()">Text <img src="https://track.test/p.gif"> here ` + hole + `.</p><style>*{display:none}</style>`
	a.Original = "data:text/html,<script>"
	out.Lead[1].Article.Title = hole
	out.Lead[1].Article.URL = "https://evil.test/?next=" + hole
	out.Lead[1].Article.Author.Name = key
	for i, html := range []string{
		`<a href="javascript:alert(1)">click</a> <a href="https://evil.test/?` + hole + `">here</a> <a href="https://evil.test/">bank.test</a>`,
		`HO</td></tr></table><h1>Fake</h1><a href="` + hole + `">Unsubscribe</a> ` + key[:16] + `<b></b>` + key[16:] + `</div></body></html>`,
		key[:10] + key + key[10:] + "\r\n.\r\nMAIL FROM:<x@y.test>\r\n--" + "x" + "\x00\xff\xfe",
	} {
		out.Lead[2].Comments[i].Comment.HTML = html
	}
	out.Lead[2].Comments[0].Comment.URL = "https://user:pw@evil.test/"
	out.Lead[2].Comments[0].Comment.Author.Name = "<script>\u202e\u200b"
	out.Lead[2].Comments[1].Comment.Author.Name = "\u200b\u3164"
	out.Lead[3].Article = digest.Article{Source: "blog", ID: "empty", CommentCount: -5}
	out.Note = "A note with <b onclick=alert(1)>tags</b> and [bad](javascript:alert(1)) and " + hole
	return out
}

func longWords() digest.Issue {
	out := issueOf(5, 2)
	for i := range out.Lead {
		out.Lead[i].Article.Title = strings.Repeat("Rechtsschutzversicherung", 500)
		out.Lead[i].Article.URL += "/" + strings.Repeat("abcdefgh", 60)
		out.Lead[i].Comments[0].Comment.HTML = "<p>https://x.test/" + strings.Repeat("abcdefgh", 20) + " " + strings.Repeat("W", 3000) + "</p>"
		out.Lead[i].Comments[1].Comment.HTML = "<pre>" + strings.Repeat("x=1;", 60) + "</pre>"
		out.Lead[i].Comments[1].Comment.Author.Name = strings.Repeat("N", 10_000)
	}
	return out
}

func TestNobodyCanPrintTheHole(t *testing.T) {
	r := mustRender(t, hostile(), weekly())
	key := r.Hole[len(r.Hole)-holeKeySize:]
	for what, s := range map[string]string{"HTML": r.HTML, "text": r.Text} {
		if strings.Count(s, r.Hole) != 1 || strings.Count(s, mail.HolePreferences(r.Hole)) != 1 || strings.Count(s, key) != 2 {
			t.Errorf("%s holds the hole %d times and its key %d times", what, strings.Count(s, r.Hole), strings.Count(s, key))
		}
	}
	if strings.Contains(r.Subject+r.Preheader, key) {
		t.Errorf("the hole's key stands in %q or %q", r.Subject, r.Preheader)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	r := mustRender(t, hostile(), weekly())
	doc := parseHTML(t, r.HTML)
	seen := words(elements(doc, "body")[0])
	for _, want := range []string{`<b>Bold</b> & "quoted" Bcc: all@x.test gnp.exe {{.Hole}}`, "Eve X-Evil: yes", "bank.test (evil.test)", "here (evil.test)", "<script>", "Anonymous", "Untitled article"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the HTML lacks %q", want)
		}
	}
	for _, bad := range []string{"alert(1)", "\u202e", "\u2066", "\x00", "\u200b"} {
		if strings.Contains(seen, bad) || strings.Contains(r.Text, bad) {
			t.Errorf("%q got through", bad)
		}
	}
	if strings.ContainsAny(r.Subject, "\r\n\u202e") || strings.HasPrefix(r.Subject, "Re:") {
		t.Errorf("subject %q", r.Subject)
	}
}

func TestLinkWords(t *testing.T) {
	for _, c := range []struct{ words, href, want string }{
		{"https://a.test/long/path?x=1", "https://a.test/long/path?x=1", "a.test"},
		{"www.a.test", "https://a.test/", "a.test"},
		{"bank.test", "https://evil.test/", "bank.test (evil.test)"},
		{"ledger.go", "https://code.test/x", "ledger.go (code.test)"},
		{"Here", "https://a.test", "Here (a.test)"},
		{"", "https://a.test", "(a.test)"},
		{"the minutes of 1931", "https://a.test", "the minutes of 1931"},
	} {
		if got := linkWords(c.words, c.href); got != c.want {
			t.Errorf("%q to %s reads %q, want %q", c.words, c.href, got, c.want)
		}
	}
}

func TestACommentKeepsFewLinks(t *testing.T) {
	issue := issueOf(1, 1)
	issue.Lead[0].Comments[0].Comment.HTML = strings.Repeat(`<a href="https://spam.test/x">buy</a>, `, 40)
	r := mustRender(t, issue, weekly())
	if n := strings.Count(r.HTML, `href="https://spam.test/x"`); n != maxLinks {
		t.Errorf("%d links", n)
	}
}

// FuzzRender: whatever strangers write, the mail holds only known elements and
// https links, names its hole once in each part, and keeps to its budget.
func FuzzRender(f *testing.F) {
	c := newComposer(f)
	f.Add("Title", "Name", "<p>Text</p>", "https://x.test/")
	f.Fuzz(func(t *testing.T, title, name, html, url string) {
		issue := issueOf(2, 1)
		a, comment := &issue.Lead[0].Article, &issue.Lead[0].Comments[0].Comment
		a.Title, a.Author.Name, a.HTML, a.Original = title, name, html, url
		comment.Author.Name, comment.HTML, comment.URL = name, html, url
		issue.Lead[0].Comments[0].Answers = title
		r, err := c.Render(issue, weekly(), testIDs)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(r.HTML, r.Hole) != 1 || strings.Count(r.Text, r.Hole) != 1 || len(r.HTML) > Budget {
			t.Errorf("holes %d and %d, %d bytes", strings.Count(r.HTML, r.Hole), strings.Count(r.Text, r.Hole), len(r.HTML))
		}
		doc := parseHTML(t, r.HTML)
		checkElements(t, doc)
		checkHeadings(t, doc)
		checkTables(t, doc)
	})
}
