package compose

import (
	"os"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/templates"
	"golang.org/x/net/html"
)

func newArchive(t testing.TB) *Archive {
	t.Helper()
	a, err := NewArchive(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// pageOf is the parsed page of an issue.
func pageOf(t *testing.T, issue digest.Issue, nl digest.Newsletter) (ArchivedIssue, *html.Node) {
	t.Helper()
	a := newArchive(t)
	out, err := a.Render(issue, nl)
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.IssuePage(out, Place{Address: viewURL(nl, issue.Number), Older: "46", Newer: "48"})
	if err != nil {
		t.Fatal(err)
	}
	return out, parseHTML(t, string(page))
}

// having are the elements of a class.
func having(doc *html.Node, class string) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(strings.Fields(attribute(n, "class")), class) {
			out = append(out, n)
		}
	}
	return out
}

// all are the words of each.
func all(nodes []*html.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, words(n))
	}
	return out
}

// What the mail printed, the page prints: titles, and comments to the word.
func TestArchiveHoldsWhatTheMailPrinted(t *testing.T) {
	for name, c := range everyIssue() {
		if name == "hostile" {
			continue // the mail alone must not print what looks like its hole
		}
		t.Run(name, func(t *testing.T) {
			mail := parseHTML(t, mustRender(t, c.issue, c.nl).HTML)
			_, page := pageOf(t, c.issue, c.nl)
			shown := words(page)
			for _, title := range slices.Concat(all(elements(mail, "h3")), all(elements(mail, "h2"))) {
				if title != "More articles" && !strings.Contains(shown, title) {
					t.Errorf("the page lacks the title %q", title)
				}
			}
			said := strings.Join(all(having(page, "said")), "\n")
			for _, td := range elements(mail, "td") {
				if class := attribute(td, "class"); !strings.HasPrefix(class, "q ") {
					continue
				}
				// What is numbered, or begins another line, is not compared: with
				// more comments on the page, other links have the same words.
				comment, _, _ := strings.Cut(words(td), "The rest of the comment by")
				if !strings.Contains(said, strings.TrimSpace(comment)) {
					t.Errorf("the page lacks the comment %.80q", comment)
				}
			}
		})
	}
}

func TestArchiveIsNotTrimmed(t *testing.T) {
	issue := issueOf(100, 10)
	issue.More = issueOf(300, 0).Lead
	_, page := pageOf(t, issue, weekly())
	if articles, comments, titles := len(elements(page, "article")), len(having(page, "said")), len(having(page, "item")); articles != 100 || comments != 1000 || titles != 300 {
		t.Errorf("%d articles, %d comments, %d titles", articles, comments, titles)
	}
}

func TestArchiveRules(t *testing.T) {
	known := strings.Fields("html head meta title link style body main header nav article section div h1 h2 h3 p a bdi strong em code span br ul ol li blockquote")
	for name, c := range everyIssue() {
		t.Run(name, func(t *testing.T) {
			out, page := pageOf(t, c.issue, c.nl)
			for n := range page.Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				if !slices.Contains(known, n.Data) {
					t.Errorf("<%s> does not belong on the page", n.Data)
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "id" {
						t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
					}
					if a.Key == "href" && !slices.Contains([]string{"./", "46", "48", "feed.atom"}, a.Val) && !strings.HasPrefix(a.Val, "https://") {
						t.Errorf("link to %q", a.Val)
					}
				}
			}
			checkHeadings(t, page)
			for _, secret := range []string{c.nl.UnsubscribeMailbox, "/u/", "nsubscribe_"} {
				if strings.Contains(string(out.Body), secret) {
					t.Errorf("the page holds %q", secret)
				}
			}
			if want := speaking(t, c.nl.Language); out.Lang != want.Tag || out.Dir != want.Dir || attribute(elements(page, "html")[0], "dir") != want.Dir {
				t.Errorf("the page is %s, %s", out.Lang, out.Dir)
			}
		})
	}
}

func TestArchiveLinksOfStrangersEarnThemNothing(t *testing.T) {
	issue := issueOf(1, 1)
	issue.Lead[0].Comments[0].Comment.HTML = `<p>See <a href="https://spam.test/">this shop</a>.</p>`
	_, page := pageOf(t, issue, weekly())
	for _, a := range elements(page, "a") {
		if got, want := attribute(a, "rel") == "nofollow ugc", attribute(a, "href") == "https://spam.test/"; got != want {
			t.Errorf("%s: rel=%q", attribute(a, "href"), attribute(a, "rel"))
		}
	}
}

func TestArchiveOfWhatWasRedacted(t *testing.T) {
	issue := variety()
	gone := &issue.Lead[0]
	*gone = digest.Pick{Article: digest.Article{Source: "blog", ID: gone.Article.ID, Redacted: true}}
	out, page := pageOf(t, issue, weekly())
	if got := strings.Count(words(page), "An article was removed from this issue."); got != 1 {
		t.Errorf("it says %d times that something was removed", got)
	}
	if strings.Contains(words(page), titles[0]) || strings.Contains(out.Subject, "Untitled") || !strings.HasPrefix(out.Subject, "Why the lighthouse") {
		t.Errorf("subject %q", out.Subject)
	}
	issue = digest.Issue{Newsletter: "weekly", Number: 3, Slot: digest.Slot{At: sunday}, More: []digest.Pick{*gone}}
	if out, _ = pageOf(t, issue, weekly()); out.Subject != "22 November 2026" {
		t.Errorf("subject of nothing: %q", out.Subject)
	}
}

func TestArchiveIndex(t *testing.T) {
	a := newArchive(t)
	var issues []ArchivedIssue
	for _, n := range []int{12, 11} {
		issue := hostile()
		issue.Number = n
		out, err := a.Render(issue, weekly())
		if err != nil {
			t.Fatal(err)
		}
		issues = append(issues, out)
	}
	b, err := a.IndexPage(issues, Place{Address: ArchiveURL(weekly()), Older: "?before=11"})
	if err != nil {
		t.Fatal(err)
	}
	page := parseHTML(t, string(b))
	checkHeadings(t, page)
	for href, want := range map[string]string{"12": issues[0].Subject, "11": issues[1].Subject, "feed.atom": "Follow by feed", "?before=11": "Older issues"} {
		if got := linkTo(page, href); got != want {
			t.Errorf("%s reads %q, want %q", href, got, want)
		}
	}
}

func TestNewArchiveRefusesBrokenTemplates(t *testing.T) {
	for name, text := range map[string]string{
		"web/archive.html":  `{{define "archive_body"}}{{.Nothing}}{{end}}`,
		"email/story.html":  `{{look "nothing"}}`,
		"email/thread.html": `{{`,
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, templates.Files); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewArchive(os.DirFS(dir)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewArchive(os.DirFS(t.TempDir())); err == nil {
		t.Error("no error without templates")
	}
}
