package compose

import (
	"strings"
	"testing"

	"digest.example/internal/digest"
	"golang.org/x/net/html"
)

// only renders one article and gives both parts.
func only(t *testing.T, p digest.Pick) (*html.Node, string) {
	t.Helper()
	r := mustRender(t, digest.Issue{Newsletter: "weekly", Number: 1, Slot: digest.Slot{At: sunday}, Lead: []digest.Pick{p}}, weekly())
	return parseHTML(t, r.HTML), r.Text
}

// linkTo is the words of the link to that address; "" where there is none.
func linkTo(doc *html.Node, address string) string {
	for _, a := range elements(doc, "a") {
		if attribute(a, "href") == address {
			return words(a)
		}
	}
	return ""
}

func TestMetaLinePrintsWhatIsKnown(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*digest.Article)
		want string
	}{
		{"all", func(*digest.Article) {}, "Maren O. · 21 November · 5 comments"},
		{"no author", func(a *digest.Article) { a.Author.Name = " \u200b" }, "21 November · 5 comments"},
		{"no date", func(a *digest.Article) { a.Published = a.Updated }, "Maren O. · 5 comments"},
		{"no comments", func(a *digest.Article) { a.CommentCount = 0 }, "Maren O. · 21 November"},
		{"one comment", func(a *digest.Article) { a.CommentCount = 1 }, "Maren O. · 21 November · 1 comment"},
		{"last year's", func(a *digest.Article) { a.Published = sunday.AddDate(-1, 0, 0) }, "Maren O. · 22 November 2025 · 5 comments"},
		{"only comments", func(a *digest.Article) { a.Author.Name, a.Published = "", a.Updated }, "5 comments"},
	} {
		p := pick(0, 1)
		p.Comments = nil
		c.edit(&p.Article)
		doc, text := only(t, p)
		if !strings.Contains(text, "\n"+c.want+"\n") {
			t.Errorf("%s: the text lacks the line %q", c.name, c.want)
		}
		if seen := words(elements(doc, "h2")[0].Parent); !strings.Contains(seen, "(1) "+c.want+" Nobody") {
			t.Errorf("%s: the HTML reads %.200q", c.name, seen)
		}
	}
}

func TestLinkToTheThread(t *testing.T) {
	for _, c := range []struct {
		name       string
		edit       func(*digest.Article)
		to, wanted string
	}{
		{"its own address", func(*digest.Article) {}, "https://blog.harbour.test/0/comments", "All 5 comments on “The ferry that learned to wait for the…”"},
		{"one", func(a *digest.Article) { a.CommentCount = 1 }, "https://blog.harbour.test/0/comments", "The 1 comment on “The ferry that learned to wait for the…”"},
		{"none", func(a *digest.Article) { a.CommentCount = 0 }, "https://blog.harbour.test/0/comments", ""},
		{"not an address", func(a *digest.Article) { a.CommentsURL, a.URL = "javascript:x", "https://blog.harbour.test/9" }, "https://blog.harbour.test/9", "The ferry that learned to wait for the bakers (1)"},
	} {
		p := pick(0, 1)
		c.edit(&p.Article)
		doc, _ := only(t, p)
		if got := linkTo(doc, c.to); got != c.wanted {
			t.Errorf("%s: got %q, want %q", c.name, got, c.wanted)
		}
	}
}

func TestOriginalArticle(t *testing.T) {
	for original, want := range map[string]string{
		"https://www.elsewhere.test/a": "Original article at elsewhere.test",
		"/relative":                    "",
		"":                             "",
	} {
		p := pick(0, 0)
		p.Article.Original = original
		doc, text := only(t, p)
		if got := linkTo(doc, original); got != want || want != "" && !strings.Contains(text, want+":\n"+original) {
			t.Errorf("%q: got %q, want %q", original, got, want)
		}
	}
	p := pick(0, 0)
	p.Article.Original = p.Article.URL
	if _, text := only(t, p); strings.Contains(text, "Original") {
		t.Error("an article is named as its own original")
	}
}

func TestLongCommentLinksToItsRest(t *testing.T) {
	long := "<p>" + prose(0, 30) + "</p>"
	for _, c := range []struct{ name, url, to string }{
		{"to the comment", "https://blog.harbour.test/0#c7", "https://blog.harbour.test/0#c7"},
		{"to the thread", "", "https://blog.harbour.test/0/comments"},
	} {
		p := pick(0, 1)
		p.Comments[0].Comment.HTML, p.Comments[0].Comment.URL = long, c.url
		doc, text := only(t, p)
		found := false
		for _, a := range elements(doc, "a") {
			found = found || attribute(a, "href") == c.to && words(a) == "The rest of the comment by Maren O."
		}
		if !found || !strings.Contains(text, "> The rest of the comment by Maren O.:\n> "+c.to) {
			t.Errorf("%s: no such link in\n%s", c.name, text)
		}
		for _, td := range elements(doc, "td") {
			if n := len(words(td)); strings.HasPrefix(attribute(td, "class"), "q") && n > longCut+100 {
				t.Errorf("%s: %d characters of the comment are printed", c.name, n)
			}
		}
	}
}

func TestCommentHead(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*digest.CommentPick)
		want string
	}{
		{"all", func(c *digest.CommentPick) { c.Answers, c.Comment.ByArticleAuthor = "Aoife", true }, "> Maren O. (the article’s author, in answer to Aoife, 31 votes, 21\n> November):\n"},
		{"no votes", func(c *digest.CommentPick) { c.Comment.Votes = nil }, "> Maren O. (21 November):\n"},
		{"nobody", func(c *digest.CommentPick) { c.Comment.Author.Name = "\u202e" }, "> Anonymous (31 votes, 21 November):\n"},
		{"no address", func(c *digest.CommentPick) { c.Comment.URL = "" }, "> Maren O. (31 votes):\n"},
		{"a long name", func(c *digest.CommentPick) { c.Comment.Author.Name = strings.Repeat("N", 500) }, "> " + strings.Repeat("N", maxName-1) + "… (31\n> votes, 21 November):\n"},
	} {
		p := pick(0, 1)
		c.edit(&p.Comments[0])
		if _, text := only(t, p); !strings.Contains(text, "\n"+c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, text)
		}
	}
}

func TestBoldNameComesFirst(t *testing.T) {
	doc := parseHTML(t, mustRender(t, variety(), weekly()).HTML)
	bars := 0
	for _, td := range elements(doc, "td") {
		if !strings.HasPrefix(attribute(td, "class"), "q ") {
			continue
		}
		bars++
		strong := elements(td, "strong")
		if len(strong) == 0 || !strings.HasPrefix(words(td), words(strong[0])) {
			t.Errorf("%.60q does not begin with a bold name", words(td))
		}
	}
	if bars != 11 {
		t.Errorf("%d comments have a bar", bars)
	}
}

func TestRelativeLinksOfACommentLeadToItsSite(t *testing.T) {
	p := pick(0, 1)
	p.Comments[0].Comment.HTML = `<p>As in <a href="/1931/minutes">the minutes</a>.</p>`
	doc, text := only(t, p)
	const to = "https://blog.harbour.test/1931/minutes"
	if linkTo(doc, to) != "the minutes" || !strings.Contains(text, "> As in the minutes.\n> "+to+"\n") {
		t.Errorf("%q in\n%s", linkTo(doc, to), text)
	}
}

func TestNote(t *testing.T) {
	for _, c := range []struct{ name, markdown, html, text string }{
		{"nothing", " \n", "", ""},
		{"marks", "A *b* **c** `d`", "A <em>b</em> <strong>c</strong> <code", "A b c d"},
		{"list", "- a\n- b", "<li", "- a\n- b"},
		{"heading is no heading", "# Big", "<strong>Big</strong>", "Big"},
		{"link", "[here](/u)", `href="https://digest.harbour.test/u"`, "here\n\nhttps://digest.harbour.test/u"},
		{"address", "see https://x.test/a", `href="https://x.test/a"`, "see https://x.test/a\n\nhttps://x.test/a"},
		{"raw HTML", "<img src=x onerror=y> <script>z</script>", "", ""},
		{"picture", "![alt](https://x.test/p.png)", "", ""},
	} {
		html, text, err := viewsOf(t, titled("x")).note(c.markdown)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(html), c.html) || strings.Contains(string(html), "<h") || strings.Contains(string(html), "<img") || strings.Contains(string(html), "<script") {
			t.Errorf("%s: HTML %s", c.name, html)
		}
		if c.text != "" && text != c.text {
			t.Errorf("%s: text %q, want %q", c.name, text, c.text)
		}
	}
}

func TestFeedbackID(t *testing.T) {
	for from, want := range map[string]string{
		"The Weekly <digest@example.org>":               "7:weekly:digest:exampleorg",
		"digest@mail.a-long-department.example.ac.test": "7:weekly:digest:tmentexampleactest",
	} {
		nl := weekly()
		nl.From = from
		got := feedbackID(nl, digest.Issue{Number: 7})
		sender := got[strings.LastIndexByte(got, ':')+1:]
		if len(sender) > 15 || len(sender) < 5 || !strings.HasSuffix(want, sender) {
			t.Errorf("%s: got %q", from, got)
		}
	}
}

func TestCounts(t *testing.T) {
	issue := issueOf(1, 0)
	if got := viewsOf(t, issue).counts(issue); got != "1 article" {
		t.Errorf("got %q", got)
	}
	issue.More = []digest.Pick{pick(1, 2)}
	issue.Lead[0].Article.CommentCount = -3
	if got := viewsOf(t, issue).counts(issue); got != "2 articles, 10 comments" {
		t.Errorf("got %q", got)
	}
}
