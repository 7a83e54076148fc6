package compose

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/texts"
	"digest.example/templates"
)

var (
	sunday  = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	testIDs = IDs{Boundary: "b0f3a91c04bd5e6f7", Date: sunday}
)

func newComposer(t testing.TB) *Composer {
	t.Helper()
	c, err := New(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// speaking is a language of the catalog.
func speaking(t testing.TB, tag string) *texts.Language {
	t.Helper()
	c, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	return c.For(tag)
}

func weekly() digest.Newsletter {
	return digest.Newsletter{
		ID: "0a1b2c3d", Name: "weekly", Title: "The Harbour Weekly", From: "The Harbour Weekly <digest@harbour.test>",
		ReplyTo: "editor@harbour.test", UnsubscribeMailbox: "leave@harbour.test",
		PostalAddress: "Harbour Press, 12 Harbour Street, Bristol", Language: "en",
		PublicURL: "https://digest.harbour.test", Location: time.UTC, MaxArticles: 10, PerArticle: 2,
	}
}

var titles = []string{
	"The ferry that learned to wait for the bakers",
	"Why the lighthouse library lends umbrellas",
	"Counting herons with a borrowed radar",
	"A bridge toll paid in jokes, and who keeps the ledger",
	"The town that moved its clock to the cellar",
	"Notes from a winter of repairing accordions",
	"What the salt marsh remembers of the railway",
}

var people = []string{"Maren O.", "pontoon", "J. Quist", "Aoife", "Kestrel", "lastseat", "M. Dray"}

// prose is n sentences, different for each seed.
func prose(seed, n int) string {
	openings := []string{"Nobody planned it", "The harbour master disagreed", "It began with a leaking roof", "Every Tuesday the tide is late", "Somebody kept the receipts"}
	ends := []string{"and the bakers were the first to notice.", "which is why the ledger smells of tar.", "so the council bought a second kettle.", "until the fog came in and settled the matter.", "although the herons had said so for years."}
	out := make([]string, n)
	for i := range out {
		out[i] = openings[(seed+i)%5] + ", " + ends[(seed*3+i*2)%5]
	}
	return strings.Join(out, " ")
}

// pick is article n with the given number of comments, all harmless.
func pick(n, comments int) digest.Pick {
	id := fmt.Sprint(n)
	url := "https://blog.harbour.test/" + id
	p := digest.Pick{Read: comments * 5, Article: digest.Article{
		Source: "blog", ID: id, URL: url, Title: fmt.Sprintf("%s (%d)", titles[n%len(titles)], n+1),
		Author: digest.Author{Name: people[n%len(people)]}, Published: sunday.AddDate(0, 0, -n%7-1),
		HTML: "<p>" + prose(n, 4) + "</p><p>" + prose(n+1, 6) + "</p>", CommentCount: comments * 5, CommentsURL: url + "/comments",
	}}
	for i := range comments {
		p.Comments = append(p.Comments, digest.CommentPick{Comment: digest.Comment{
			Source: "blog", Article: id, ID: fmt.Sprintf("%d-%d", n, i), URL: fmt.Sprintf("%s#c%d", url, i),
			Author: digest.Author{Name: people[(n+i)%len(people)]}, Published: sunday.AddDate(0, 0, -1),
			HTML: "<p>" + prose(n+i, 3) + "</p>", Votes: &digest.Votes{Up: 31 - i, Down: -1},
		}})
	}
	return p
}

// issueOf has articles in full with that many comments each.
func issueOf(articles, comments int) digest.Issue {
	out := digest.Issue{Newsletter: "weekly", Edition: digest.EditionScheduled, Number: 47, Slot: digest.Slot{At: sunday, Zone: "UTC"}}
	for n := range articles {
		out.Lead = append(out.Lead, pick(n, comments))
	}
	return out
}

// variety is an issue with one of everything.
func variety() digest.Issue {
	out := issueOf(5, 2)
	out.Note = "Hello from the *harbour*. This week the [ferry](https://ferry.test/times) was late, and nobody minded.\n\nWrite back: we read everything."
	out.Lead[1].Article.Original = "https://elsewhere.test/umbrellas"
	out.Lead[1].Comments[0].Answers = "pontoon"
	out.Lead[1].Comments[1].Comment.ByArticleAuthor = true
	out.Lead[1].Comments[1].Comment.HTML = "<p>You can see it in <code>ledger.go</code>:</p><pre>if tide.Late() {\n    wait()\n}</pre><blockquote>who keeps the ledger?</blockquote><ul><li>the toll keeper</li><li>see <a href=\"https://ledger.test/a/long/path\">https://ledger.test/a/long/path</a></li></ul>"
	out.Lead[2].Article.Title = "خريطة قديمة تكشف عن طريق الملح بين القريتين"
	out.Lead[2].Comments[0].Comment.Author.Name = "ن. العلي"
	out.Lead[2].Comments[0].Comment.HTML = "<p>كنا نلعب عند البئر السابعة ونحن صغار، ولم نعرف لماذا كانت هناك.</p>"
	out.Lead[3].Comments, out.Lead[3].Article.CommentsClosed = nil, true
	out.Lead[4].Comments[0].Comment.HTML = "<p>" + prose(3, 20) + "</p>"
	out.Lead[4].Comments[1].Comment.Author.Name = ""
	out.Lead[4].Comments[1].Comment.Votes = nil
	out.More = []digest.Pick{pick(5, 1), pick(6, 0)}
	out.Discussed = []digest.Pick{pick(10, 1), pick(11, 2)}
	return out
}
