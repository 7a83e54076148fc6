package preview

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"digest.example/internal/digest"
)

func TestInScheme(t *testing.T) {
	const mail = `<meta name="color-scheme" content="light dark">
<style media="screen">:root{color-scheme:light dark}
@media screen and ( Prefers-Color-Scheme : DARK ){.a{color:#fff}}
@media (prefers-color-scheme:light){.b{color:#000}} .light dark{}</style>
<p>Write @media (prefers-color-scheme:dark) for light dark things.</p>`
	const text = "<p>Write @media (prefers-color-scheme:dark) for light dark things.</p>"
	for s, want := range map[Scheme][]string{
		Dark: {
			`content="dark"`, "color-scheme:dark}", "screen and (min-width:0){.a", "@media (max-width:0){.b", text,
		},
		Light: {
			`content="light"`, "color-scheme:light}", "screen and (max-width:0){.a", "@media (min-width:0){.b", text,
		},
	} {
		got := InScheme(mail, s)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %q:\n%s", s, part, got)
			}
		}
		if strings.Count(strings.ToLower(got), "prefers-color-scheme") != 1 {
			t.Errorf("%s still asks:\n%s", s, got)
		}
	}
}

// FuzzInScheme: a mail without style and meta elements stays as it is, and no
// style sheet asks for the browser's preference any more.
func FuzzInScheme(f *testing.F) {
	f.Add("<style>@media (prefers-color-scheme:dark){}</style><p>a")
	f.Add(`<STYLE></style ><meta name="color-scheme" content="light dark">light dark`)
	f.Fuzz(func(t *testing.T, mail string) {
		dark := InScheme(mail, Dark)
		if !strings.Contains(strings.ToLower(mail), "<style") && !strings.Contains(strings.ToLower(mail), "<meta") && dark != mail {
			t.Fatalf("%q became %q", mail, dark)
		}
		for _, style := range styles.FindAllString(dark, -1) {
			if asks.MatchString(style) {
				t.Fatalf("%q became %q, which still asks", mail, dark)
			}
		}
	})
}

func TestHeaders(t *testing.T) {
	const message = "Subject: =?UTF-8?q?Tide_mills_=C3=BC?=\r\n =?UTF-8?q?ber?= all\r\nX-Bad: =?nowhere?q?a?=\r\n" +
		"List-Unsubscribe: <https://a.test/u/1>,\r\n\t<mailto:b@a.test>\r\nno colon\r\n\r\nSubject: not this one\r\n"
	want := []Header{
		{"Subject", "Tide mills über all"},
		{"X-Bad", "=?nowhere?q?a?="},
		{"List-Unsubscribe", "<https://a.test/u/1>,\t<mailto:b@a.test>"},
	}
	if diff := cmp.Diff(want, Headers([]byte(message))); diff != "" {
		t.Error(diff)
	}
	if got := Headers([]byte(" folded from nothing")); got != nil {
		t.Errorf("%v", got)
	}
}

func item(section digest.Section, article, comment string) digest.Item {
	return digest.Item{Section: section, Source: "blog", Article: article, Comment: comment}
}

func TestCompare(t *testing.T) {
	before := Edition{Name: "weekly/1", Subject: "Old", Recipients: 9, Items: []digest.Item{item("", "1", ""), item("", "1", "a"), item("", "2", "")}}
	now := Edition{Name: "weekly/2", Subject: "New", Recipients: 7, Items: []digest.Item{
		item(digest.SectionLead, "3", ""), item(digest.SectionLead, "3", "a"), item(digest.SectionDiscussed, "1", ""),
		item(digest.SectionDiscussed, "1", "b"), item(digest.SectionDiscussed, "1", "a"),
	}}
	c := Compare(before, now)
	if c.Articles != [2]int{2, 2} || c.Comments != [2]int{1, 3} || c.NewArticles != 1 || c.NewComments != 2 {
		t.Errorf("%+v", c)
	}
	if !c.Again(now.Items[2]) || !c.Again(now.Items[4]) || c.Again(now.Items[0]) || c.Again(now.Items[1]) || c.Again(now.Items[3]) {
		t.Errorf("again: %v", c.again)
	}
	var none *Change
	if none.Again(now.Items[0]) {
		t.Error("a first issue repeats something")
	}
}

func TestItems(t *testing.T) {
	pick := func(id string, comments ...string) digest.Pick {
		p := digest.Pick{Article: digest.Article{Source: "blog", ID: id}}
		for _, c := range comments {
			p.Comments = append(p.Comments, digest.CommentPick{Comment: digest.Comment{ID: c}})
		}
		return p
	}
	got := Items(digest.Issue{Lead: []digest.Pick{pick("1", "a")}, More: []digest.Pick{pick("2")}, Discussed: []digest.Pick{pick("3")}})
	want := []digest.Item{item("", "1", ""), item("", "1", "a"), item("", "2", ""), item("", "3", "")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// hostile is text that would be markup where it was not escaped.
const hostile = `"><script>alert(1)</script><div id="live"></div>`

func fullPage() Page {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	one := Item{
		Item: item(digest.SectionLead, "1", "a"), Title: hostile, Author: hostile, URL: "javascript:alert(1)",
		Why: []string{hostile, "12 likes"}, Again: true,
	}
	return Page{
		Title: hostile, Issue: "weekly/47", At: at, Since: at.AddDate(0, 0, -7), Subject: hostile, Preheader: hostile,
		Bytes: 4711, Headers: []Header{{hostile, hostile}}, Text: hostile,
		Remarks: []Remarks{{Title: "Grave", Grave: true, Lines: []string{hostile}}},
		Printed: []Item{one}, Left: []Item{one}, People: 3,
		Domains: []Group{{Name: hostile, People: 3, Addresses: []string{hostile}}},
		LeftOut: []Group{{Name: "unsubscribed", People: 1}},
		Change:  Compare(Edition{Name: "weekly/46", Subject: hostile, Recipients: 5}, Edition{Name: "weekly/47", Subject: "Now", Recipients: 3}),
		Files:   []string{"sample.eml"},
	}
}

// nodes are the elements of a page by name.
func nodes(t *testing.T, page []byte) map[string][]*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(string(page)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]*html.Node{}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all[n.Data] = append(all[n.Data], n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestPageShowsTheMailFromAllSides(t *testing.T) {
	page, err := fullPage().Render()
	if err != nil {
		t.Fatal(err)
	}
	found := nodes(t, page)
	var frames []string
	for _, f := range found["iframe"] {
		frames = append(frames, attribute(f, "src")+" "+attribute(f, "width"))
		if s := attribute(f, "sandbox"); s == "" || strings.Contains(s, "script") || strings.Contains(s, "same-origin") {
			t.Errorf("a frame may do too much: %q", s)
		}
	}
	want := []string{
		"issue-light.html 375", "issue-light.html 640", "issue-light.html 1000",
		"issue-dark.html 375", "issue-dark.html 640", "issue-dark.html 1000",
	}
	if diff := cmp.Diff(want, frames); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"4711 bytes", "weekly/46", "12 likes", "Recipients: 3", "unsubscribed", "also in the last issue", `href="sample.eml"`} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func TestPageEscapesWhatStrangersWrote(t *testing.T) {
	page, err := fullPage().Render()
	if err != nil {
		t.Fatal(err)
	}
	found := nodes(t, page)
	if len(found["script"]) > 0 || strings.Count(string(page), slot) != 1 {
		t.Errorf("%d scripts, %d slots", len(found["script"]), strings.Count(string(page), slot))
	}
	for _, a := range found["a"] {
		if strings.HasPrefix(attribute(a, "href"), "javascript:") {
			t.Error("a link runs a script")
		}
	}
	for _, name := range []string{"link", "img", "object", "embed"} {
		if len(found[name]) > 0 {
			t.Errorf("the page loads something with <%s>", name)
		}
	}
	if strings.Contains(string(page), "url(") || strings.Contains(string(page), "@import") {
		t.Error("the page's style loads something")
	}
}

func TestPageOfNothing(t *testing.T) {
	page, err := Page{Title: "Weekly", Issue: "weekly/1", Empty: true}.Render()
	if err != nil {
		t.Fatal(err)
	}
	if found := nodes(t, page); len(found["iframe"]) > 0 || !strings.Contains(string(page), "no mail would go out") {
		t.Errorf("%s", page)
	}
}

func TestOverview(t *testing.T) {
	page, err := Overview([]string{"daily", "weekly"})
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for _, a := range nodes(t, page)["a"] {
		links = append(links, attribute(a, "href"))
	}
	if diff := cmp.Diff([]string{"daily/index.html", "weekly/index.html"}, links); diff != "" || !strings.Contains(string(page), slot) {
		t.Error(diff)
	}
}
