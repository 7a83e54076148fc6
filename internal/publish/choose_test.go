package publish_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

const day = 24 * time.Hour

// choice is what an issue on the first Sunday chooses from.
func choice(library ...digest.Article) publish.Choice {
	return publish.Choice{
		Newsletter: digest.Newsletter{Name: "weekly", MaxArticles: 2, PerArticle: 2, Window: 7 * day, MinAge: day},
		Number:     47, Slot: digest.Slot{Local: "2026-11-22T09:00:00", Zone: "Europe/London", At: sunday},
		Library: library, Now: sunday, Note: "A note", Warnings: []string{"blog: half of it"},
	}
}

// left are an issue's omissions of whole articles, as "id: why".
func left(issue digest.Issue) []string {
	all := []string{}
	for _, o := range issue.Left {
		if o.Comment == "" {
			all = append(all, o.Article+": "+o.Why)
		}
	}
	return all
}

func TestChooseSpan(t *testing.T) {
	sent := func(at time.Time) publish.History { return publish.History{CutOff: at} }
	for _, c := range []struct {
		name    string
		history publish.History
		at      time.Time // when the article was published
		why     string    // left out; empty: it is in
	}{
		{"first issue, within the window", publish.History{}, sunday.Add(-7 * day), ""},
		{"first issue, before the window", publish.History{}, sunday.Add(-7*day - time.Second), "older than this issue reaches"},
		{"at this moment", publish.History{}, sunday, ""},
		{"in the future", publish.History{}, sunday.Add(time.Second), "dated in the future"},
		{"a week before the last issue", sent(sunday.Add(-7 * day)), sunday.Add(-14 * day), ""},
		{"longer before the last issue", sent(sunday.Add(-7 * day)), sunday.Add(-14*day - time.Second), "older than this issue reaches"},
		{"after a long pause", sent(sunday.Add(-70 * day)), sunday.Add(-75 * day), ""},
		{"the last issue's clock ran ahead", sent(sunday.Add(365 * day)), sunday.Add(-7 * day), ""},
		{"the last issue's clock ran ahead, old", sent(sunday.Add(365 * day)), sunday.Add(-7*day - time.Second), "older than this issue reaches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := choice(article("a", c.at))
			in.History = c.history
			issue := publish.Choose(in)
			if c.why == "" {
				same(t, "printed", articlesOf(issue), []string{"a"})
				same(t, "left out", left(issue), []string{})
			} else {
				same(t, "printed", articlesOf(issue), []string{})
				same(t, "left out", left(issue), []string{"a: " + c.why})
				if !issue.Empty() {
					t.Error("an issue with nothing new is not empty")
				}
			}
		})
	}
}

func TestChooseNotYetPrinted(t *testing.T) {
	in := choice(article("a", wednesday), article("b", wednesday), article("c", wednesday), article("d", wednesday))
	other := article("a", wednesday)
	other.Source = "forum"
	in.Library = append(in.Library, other)
	in.Newsletter.MaxArticles = 9
	in.History.Printed = []digest.Item{
		{Section: digest.SectionLead, Source: "blog", Article: "a"},
		{Section: digest.SectionMore, Source: "blog", Article: "b"},
		{Section: digest.SectionLead, Source: "blog", Article: "c", Comment: "c-1"}, // a comment is not its article
	}
	issue := publish.Choose(in)
	same(t, "printed", articlesOf(issue), []string{"a", "c", "d"})
	same(t, "left out", left(issue), []string{"a: printed in an earlier issue", "b: printed in an earlier issue"})
	for _, p := range issue.Lead {
		if p.Article.ID == "a" && p.Article.Source != "forum" {
			t.Error("an article was printed again")
		}
	}
}

func TestChooseFullAndTitles(t *testing.T) {
	lively := article("a", wednesday, remark("a", 0, wednesday), remark("a", 1, wednesday), remark("a", 2, wednesday), remark("a", 3, wednesday))
	quiet := article("b", wednesday, remark("b", 0, wednesday))
	in := choice(article("d", wednesday.Add(-time.Hour)), quiet, lively, article("c", wednesday))
	in.Library[0].Summary = "A summary"
	before := fmt.Sprint(in)
	issue := publish.Choose(in)
	if fmt.Sprint(in) != before {
		t.Error("choosing changed what it chose from")
	}
	if len(issue.Lead) != 2 || issue.Lead[0].Article.ID != "a" || issue.Lead[1].Article.ID != "b" {
		t.Fatalf("in full: %v", issue.Lead)
	}
	for i, want := range []int{2, 1} { // PerArticle, and all there is
		p := issue.Lead[i]
		if len(p.Comments) != want || p.Read != len(in.Library[2-i].Comments) || p.Article.Comments != nil || p.Article.HTML == "" || len(p.Why) == 0 {
			t.Errorf("%s: %d comments of %d, %d left in the article, why %q", p.Article.ID, len(p.Comments), p.Read, len(p.Article.Comments), p.Why)
		}
	}
	if n := len(issue.Lead[0].Reserves); n == 0 {
		t.Error("no reserves are kept")
	}
	if len(issue.More) != 2 || issue.More[0].Article.ID != "c" || issue.More[1].Article.ID != "d" {
		t.Fatalf("titles: %v", issue.More)
	}
	for _, p := range issue.More {
		if a := p.Article; a.HTML+a.Summary != "" || a.Comments != nil || len(p.Comments) != 0 || a.Title == "" || len(p.Why) == 0 {
			t.Errorf("title %+v", p)
		}
	}
}

func TestChooseSaysWhoseIssueItIs(t *testing.T) {
	in := choice(article("a", wednesday))
	got := publish.Choose(in)
	got.Lead, got.Left = nil, nil
	want := digest.Issue{
		Newsletter: "weekly", Edition: digest.EditionScheduled, Number: 47, Slot: in.Slot,
		CutOff: sunday, Since: sunday.Add(-7 * day), Note: "A note", Warnings: in.Warnings,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A comment that was not printed says why.
func TestChooseExplainsComments(t *testing.T) {
	short := remark("a", 1, wednesday)
	short.HTML = "<p>First!</p>"
	issue := publish.Choose(choice(article("a", wednesday, remark("a", 0, wednesday), short)))
	if len(issue.Left) != 1 || issue.Left[0].Comment != "a-1" || !strings.Contains(issue.Left[0].Why, "too short") {
		t.Errorf("left out: %+v", issue.Left)
	}
}

func TestChooseProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := choice(shelf(t)...)
		in.Newsletter.MaxArticles = rapid.IntRange(0, 4).Draw(t, "max")
		in.Newsletter.PerArticle = rapid.IntRange(0, 3).Draw(t, "per article")
		printed := map[string]bool{}
		for _, a := range in.Library {
			if rapid.Bool().Draw(t, "printed") {
				printed[a.Source+a.ID] = true
				in.History.Printed = append(in.History.Printed, digest.Item{Section: digest.SectionLead, Source: a.Source, Article: a.ID})
			}
		}
		issue := publish.Choose(in)
		shuffled := in
		shuffled.Library = rapid.Permutation(in.Library).Draw(t, "order")
		shuffled.History.Printed = rapid.Permutation(in.History.Printed).Draw(t, "history")
		if diff := cmp.Diff(issue, publish.Choose(shuffled)); diff != "" {
			t.Fatalf("the order of the input matters: %s", diff)
		}
		checkChoice(t, in, issue, printed)
	})
}

// checkChoice holds an issue against what it was chosen from.
func checkChoice(t *rapid.T, in publish.Choice, issue digest.Issue, printed map[string]bool) {
	places := map[string]int{}
	for _, p := range slices.Concat(issue.Lead, issue.More) {
		a := p.Article
		places[a.Source+a.ID]++
		if printed[a.Source+a.ID] || a.Published.After(issue.CutOff) || a.Published.Before(issue.Since) {
			t.Fatalf("%s of %s is printed", a.ID, a.Published)
		}
		if a.Comments != nil || len(p.Comments) > in.Newsletter.PerArticle || len(p.Why) == 0 {
			t.Fatalf("pick %+v", p)
		}
	}
	for _, p := range issue.Discussed {
		a := p.Article
		places[a.Source+a.ID]++
		if !printed[a.Source+a.ID] && !a.Published.Before(issue.Since) {
			t.Fatalf("%s of %s is new, and yet among the older ones", a.ID, a.Published)
		}
	}
	for _, o := range issue.Left {
		if o.Why == "" {
			t.Fatalf("%+v is left out without a reason", o)
		}
		if o.Comment == "" {
			places[o.Source+o.Article]++
		}
	}
	for _, a := range in.Library {
		if places[a.Source+a.ID] != 1 {
			t.Fatalf("%s %s stands in %d places", a.Source, a.ID, places[a.Source+a.ID])
		}
	}
	if len(issue.Lead) > in.Newsletter.MaxArticles || len(issue.Lead) < in.Newsletter.MaxArticles && len(issue.More) > 0 {
		t.Fatalf("%d in full and %d as titles, of %d", len(issue.Lead), len(issue.More), in.Newsletter.MaxArticles)
	}
}

// shelf draws articles around the span of an issue, with threads.
func shelf(t *rapid.T) []digest.Article {
	var all []digest.Article
	for i := range rapid.IntRange(0, 6).Draw(t, "articles") {
		at := sunday.Add(time.Duration(rapid.IntRange(-200, 10).Draw(t, "hours")) * time.Hour)
		a := article(fmt.Sprint(i/2), at)
		a.Source = []string{"blog", "forum"}[i%2]
		for n := range rapid.IntRange(0, 4).Draw(t, "comments") {
			a.Comments = append(a.Comments, remark(a.ID, n, at.Add(time.Hour)))
		}
		all = append(all, a)
	}
	return all
}
