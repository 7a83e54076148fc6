package publish_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// linked is a comment that has an address.
func linked(article string, n int, at time.Time) digest.Comment {
	c := remark(article, n, at)
	c.URL = "https://blog.harbour.test/" + article + "#" + c.ID
	return c
}

func commentsOf(p digest.Pick) []string {
	ids := []string{}
	for _, c := range p.Comments {
		ids = append(ids, c.Comment.ID)
	}
	return ids
}

func lead(issue digest.Issue) []string {
	ids := []string{}
	for _, p := range issue.Lead {
		ids = append(ids, p.Article.ID)
	}
	return ids
}

func TestPinnedArticlesComeFirst(t *testing.T) {
	in := choice(article("a", wednesday), article("b", wednesday), article("c", wednesday), article("d", wednesday))
	plain := lead(publish.Choose(in))
	var pins []string
	for _, id := range []string{"d", "c", "b", "a"} {
		if !slices.Contains(plain, id) {
			pins = append(pins, "https://blog.harbour.test/"+id)
		}
	}
	in.Pins = pins
	issue := publish.Choose(in)
	for i, pin := range pins {
		if issue.Lead[i].Article.URL != pin || issue.Lead[i].Why[0] != "pinned by the editor" {
			t.Errorf("place %d has %s: %v", i, issue.Lead[i].Article.URL, issue.Lead[i].Why)
		}
	}
	if len(issue.Warnings) != 1 {
		t.Errorf("warnings %v", issue.Warnings)
	}
}

func TestPinnedCommentsComeFirst(t *testing.T) {
	bad := linked("a", 3, wednesday)
	bad.HTML, bad.Parent = "<p>First!</p>", "a-0" // no comment that would be picked
	in := choice(article("a", wednesday, linked("a", 0, wednesday), linked("a", 1, wednesday), linked("a", 2, wednesday), bad))
	before := publish.Choose(in).Lead[0]
	in.Pins = []string{bad.URL}
	issue := publish.Choose(in)
	after := issue.Lead[0]
	if got := commentsOf(after); len(got) != 2 || got[0] != "a-3" || got[1] != commentsOf(before)[0] {
		t.Errorf("picks %v, before %v", got, commentsOf(before))
	}
	if after.Comments[0].Answers != "Ann" || after.Comments[0].Why[0] != "pinned by the editor" {
		t.Errorf("the pinned comment is %+v", after.Comments[0])
	}
	for _, o := range issue.Left {
		if o.Comment == "a-3" {
			t.Errorf("it is printed, and yet left out: %s", o.Why)
		}
	}
	seen := map[string]int{}
	for _, p := range slices.Concat(after.Comments, after.Reserves) {
		seen[p.Comment.ID]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s stands there %d times", id, n)
		}
	}
}

func TestDropped(t *testing.T) {
	in := choice(article("a", wednesday, linked("a", 0, wednesday), linked("a", 1, wednesday)), article("b", wednesday))
	first := publish.Choose(in).Lead[0].Comments[0].Comment
	in.Drops = []string{"https://blog.harbour.test/b", first.URL}
	issue := publish.Choose(in)
	same(t, "printed", articlesOf(issue), []string{"a"})
	same(t, "left out", left(issue), []string{"b: dropped by the editor"})
	if slices.Contains(commentsOf(issue.Lead[0]), first.ID) {
		t.Error("a dropped comment is printed")
	}
}

func TestPinsOfNothingAreTold(t *testing.T) {
	in := choice(article("a", wednesday))
	in.Pins, in.Drops = []string{"https://blog.harbour.test/typo"}, []string{"https://blog.harbour.test/other"}
	if w := strings.Join(publish.Choose(in).Warnings, "\n"); !strings.Contains(w, "/typo") || !strings.Contains(w, "/other") {
		t.Errorf("warnings: %s", w)
	}
}

// A link to a site that several readers link to elsewhere is no advertising.
func TestReadersVouchForSites(t *testing.T) {
	const source = `<p>The harbour board has put its tide tables of twelve years on the web, at <a href="https://tables.test/1">the tables</a>, and they agree with the sheets in the office to within 3 centimetres on every day.</p>`
	tip := linked("a", 0, wednesday)
	tip.HTML = source
	in := choice(article("a", wednesday, tip, linked("a", 1, wednesday)))
	in.Newsletter.MaxArticles = 9
	if got := commentsOf(publish.Choose(in).Lead[0]); slices.Contains(got, tip.ID) {
		t.Fatalf("a link that nobody vouches for is printed: %v", got)
	}
	for i := range 3 {
		where := article("other", wednesday.Add(-day))
		where.ID += string(rune('0' + i))
		for k := range 2 {
			c := remark(where.ID, i, wednesday.Add(-day))
			c.ID, c.Author.Name = where.ID+string(rune('a'+k)), "Reader "+where.ID
			if k == 0 {
				c.HTML += `<p>See <a href="https://tables.test/2">there</a>.</p>`
			}
			where.Comments = append(where.Comments, c)
		}
		in.Library = append(in.Library, where)
	}
	for _, p := range publish.Choose(in).Lead {
		if p.Article.ID == "a" && !slices.Contains(commentsOf(p), tip.ID) {
			t.Errorf("printed %v", commentsOf(p))
		}
	}
}

func TestBlockedAndBar(t *testing.T) {
	in := choice(article("a", wednesday, linked("a", 0, wednesday), linked("a", 1, wednesday)))
	in.Newsletter.BlockedAuthors = []string{"ann"}
	in.Newsletter.BlockedWords = []string{"superheaters"}
	if got := commentsOf(publish.Choose(in).Lead[0]); len(got) != 0 {
		t.Errorf("blocked comments are printed: %v", got)
	}
	in.Newsletter.BlockedAuthors, in.Newsletter.BlockedWords = nil, nil
	if got := commentsOf(publish.Choose(in).Lead[0]); len(got) != 2 {
		t.Errorf("printed %v", got)
	}
	in.Newsletter.Bar = 3
	if got := commentsOf(publish.Choose(in).Lead[0]); len(got) != 0 {
		t.Errorf("printed below the bar: %v", got)
	}
}

// An article that was printed comes once more when enough people said something
// good since, with what they said; what was printed before stays out.
func TestStillBeingDiscussed(t *testing.T) {
	last := sunday.Add(-7 * day)
	old := article("a", last.Add(-day),
		linked("a", 0, last.Add(-time.Hour)), linked("a", 1, last.Add(day)), linked("a", 2, last.Add(2*day)), linked("a", 3, last.Add(3*day)))
	in := choice(old, article("b", wednesday))
	in.History = publish.History{CutOff: last, Printed: []digest.Item{
		{Section: digest.SectionLead, Source: "blog", Article: "a"},
		{Section: digest.SectionLead, Source: "blog", Article: "a", Comment: "a-1"},
	}}
	quiet := publish.Choose(in)
	if len(quiet.Discussed) != 0 {
		t.Errorf("two unseen comments are no discussion: %v", commentsOf(quiet.Discussed[0]))
	}
	in.History.Printed = in.History.Printed[:1]
	issue := publish.Choose(in)
	if len(issue.Discussed) != 1 || issue.Discussed[0].Article.ID != "a" || issue.Discussed[0].Article.Comments != nil {
		t.Fatalf("discussed: %+v", issue.Discussed)
	}
	for _, id := range commentsOf(issue.Discussed[0]) {
		if id == "a-0" {
			t.Error("a comment from before the last issue is called new")
		}
	}
	same(t, "new articles", articlesOf(issue), []string{"b"})
	same(t, "left out", left(issue), []string{})
}
