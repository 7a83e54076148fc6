package library

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// What is looked up goes by the id that the site knows, and comes back under
// the library's.
func TestRecheck(t *testing.T) {
	memory := Memory{State: []byte("{}"), Articles: []Known{{ID: "a", Alias: "a2", Appeared: monday}, {ID: "b"}}}
	blog := &site{harvest: digest.Harvest{
		Articles: []digest.Article{{ID: "a2", Title: "edited", Comments: []digest.Comment{{ID: "1", Article: "a2"}}}},
		Gone:     []digest.Item{{Article: "a2", Comment: "2"}, {Article: "b"}},
	}}
	down := &site{err: errors.New("no route")}
	idle := &site{err: errors.New("nobody asked")}
	s := &shelf{memory: map[string]Memory{"blog": memory}}
	harvests, warnings := opened(s).Recheck(t.Context(), []Source{named("blog", blog), named("down", down), named("idle", idle)},
		[]digest.Article{
			{Source: "blog", ID: "a", Comments: []digest.Comment{{ID: "1", Article: "a"}}},
			{Source: "blog", ID: "b"},
			{Source: "down", ID: "c"},
		})
	if len(blog.asked) != 2 || blog.asked[0].ID != "a2" || blog.asked[0].Comments[0].Article != "a2" || blog.asked[1].ID != "b" {
		t.Errorf("asked for %+v", blog.asked)
	}
	if len(harvests) != 1 || len(warnings) != 1 || !strings.Contains(warnings[0], "down: what was chosen could not be looked up again: no route") {
		t.Fatalf("%+v, %q", harvests, warnings)
	}
	a := harvests[0].Articles[0]
	if a.ID != "a" || a.Alias != "a2" || a.Comments[0].Article != "a" || !a.Appeared.Equal(monday) {
		t.Errorf("came back as %+v", a)
	}
	want := []digest.Item{{Source: "blog", Article: "a", Comment: "2"}, {Source: "blog", Article: "b"}}
	if !slices.Equal(harvests[0].Gone, want) {
		t.Errorf("gone: %+v", harvests[0].Gone)
	}
}

// Under which names articles are looked up, and what comes back.
func TestRecheckByName(t *testing.T) {
	published := func(id, alias, path string) digest.Article {
		a := listed(id, path, monday)
		a.Source, a.Alias = "blog", alias
		return a
	}
	known := func(id, alias string, seen time.Time) Known { return Known{ID: id, Alias: alias, Seen: seen} }
	for _, c := range []struct {
		name   string
		known  []Known
		ask    []digest.Article
		asked  string
		answer []digest.Article
		gone   []string
		want   string // id and alias of what comes back
		lost   string // ids that are gone
	}{
		{
			name: "the harvest knows a name that is not stored", known: []Known{known("a", "", sunday)},
			ask: []digest.Article{published("a", "a2", "first")}, asked: "a2",
			answer: []digest.Article{listed("a2", "first", monday)}, want: "a=a2",
		},
		{
			name: "it is a newer one than the stored", known: []Known{known("a", "a2", sunday)},
			ask: []digest.Article{published("a", "a3", "first")}, asked: "a3", gone: []string{"a3", "a2"}, lost: "a",
		},
		{
			name: "a new one with an id of its own", known: []Known{known("34", "24", sunday)},
			ask: []digest.Article{published("34~x", "34", "new"), published("34", "", "old")}, asked: "34 24",
			answer: []digest.Article{listed("24", "old", monday), listed("34", "new", monday)}, want: "34=24 34~x=34",
		},
		{
			name: "its name has become another's", known: []Known{known("34", "", monday), known("7", "34", sunday)},
			ask: []digest.Article{published("34", "", "old"), published("7", "", "new")}, asked: "34",
			answer: []digest.Article{listed("34", "new", monday)}, want: "7=34",
		},
		{
			name: "its name has become another's by the last harvest", known: []Known{known("34", "", sunday)},
			ask: []digest.Article{published("34", "", "old"), published("7", "34", "new")}, asked: "34", gone: []string{"34"}, lost: "7",
		},
		{
			name: "another one answers", known: []Known{known("34", "", sunday)},
			ask: []digest.Article{published("34", "", "old")}, asked: "34",
			answer: []digest.Article{listed("34", "new", monday.AddDate(0, 0, 9)), listed("35", "other", monday)}, gone: []string{"35"},
		},
		{
			name: "edited", ask: []digest.Article{published("34", "", "old")}, asked: "34",
			answer: []digest.Article{listed("34", "new", monday.AddDate(0, 0, 1))}, want: "34=",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			blog := &site{harvest: digest.Harvest{Articles: c.answer}}
			for _, id := range c.gone {
				blog.harvest.Gone = append(blog.harvest.Gone, digest.Item{Article: id})
			}
			l := opened(&shelf{memory: map[string]Memory{"blog": {Articles: c.known}}})
			harvests, warnings := l.Recheck(t.Context(), []Source{named("blog", blog)}, c.ask)
			if ids(blog.asked) != c.asked || len(warnings) != 0 {
				t.Errorf("asked for %q, want %q; %q", ids(blog.asked), c.asked, warnings)
			}
			var got, lost []string
			for _, h := range harvests {
				for _, a := range h.Articles {
					got = append(got, a.ID+"="+a.Alias)
				}
				for _, item := range h.Gone {
					lost = append(lost, item.Article)
				}
			}
			if strings.Join(got, " ") != c.want || strings.Join(lost, " ") != c.lost {
				t.Errorf("came back: %q, want %q; gone: %q, want %q", got, c.want, lost, c.lost)
			}
		})
	}
}

// A site that says of nearly everything that it is gone is not believed.
func TestRecheckDoubts(t *testing.T) {
	for _, c := range []struct {
		name                   string
		articles, comments     int // asked about; the comments all under the first article
		lostArticles, lostWord int // from the last on; comments by word
		whole                  bool
		doubt                  string
	}{
		{name: "all articles", articles: 5, lostArticles: 5, doubt: "5 of 5"},
		{name: "all of a few", articles: 4, lostArticles: 4},
		{name: "most", articles: 10, lostArticles: 8},
		{name: "nearly all", articles: 10, lostArticles: 9, doubt: "9 of 10"},
		{name: "all comments", articles: 1, comments: 4, lostWord: 4, doubt: "4 of 5"},
		{name: "all comments under some of many articles", articles: 9, comments: 5, lostWord: 5, doubt: "5 of 14"},
		{name: "all comments of a few", articles: 2, comments: 3, lostWord: 3},
		{name: "most comments", articles: 1, comments: 10, lostWord: 8},
		{name: "a thread that is empty now", articles: 1, comments: 6, whole: true, doubt: "6 of 7"},
		{name: "an article with its comments", articles: 1, comments: 9, lostArticles: 1},
		{name: "an article with its comments, each by word", articles: 1, comments: 6, lostArticles: 1, lostWord: 6},
		{name: "articles and comments, few of each", articles: 4, comments: 4, lostArticles: 3, lostWord: 4, doubt: "7 of 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ask []digest.Article
			blog := &site{}
			for i := range c.articles {
				a := digest.Article{Source: "blog", ID: fmt.Sprint("a", i)}
				if i == 0 {
					for j := range c.comments {
						a.Comments = append(a.Comments, digest.Comment{ID: fmt.Sprint("c", j)})
					}
				}
				ask = append(ask, a)
				if c.articles-i <= c.lostArticles {
					blog.harvest.Gone = append(blog.harvest.Gone, digest.Item{Article: a.ID})
				}
			}
			for j := range c.lostWord {
				blog.harvest.Gone = append(blog.harvest.Gone, digest.Item{Article: "a0", Comment: fmt.Sprint("c", j)})
			}
			if c.whole {
				blog.harvest.Articles = []digest.Article{{ID: "a0", Whole: true}}
			}
			harvests, warnings := opened(&shelf{}).Recheck(t.Context(), []Source{named("blog", blog)}, ask)
			if c.doubt == "" {
				if len(warnings) != 0 || len(harvests) != 1 || len(harvests[0].Gone) != c.lostArticles+c.lostWord {
					t.Errorf("%+v, %q", harvests, warnings)
				}
				return
			}
			if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "blog: "+c.doubt+" ") {
				t.Errorf("warnings %q, want %q", warnings, c.doubt)
			}
			for _, h := range harvests {
				if len(h.Gone) > 0 || slices.ContainsFunc(h.Articles, func(a digest.Article) bool { return a.Whole }) {
					t.Errorf("believed: %+v", h)
				}
			}
		})
	}
}
