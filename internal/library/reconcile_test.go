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

var (
	sunday = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	monday = sunday.AddDate(0, 0, -6)
)

// listed is an article as a site lists it.
func listed(id, path string, published time.Time) digest.Article {
	return digest.Article{ID: id, URL: "https://blog.harbour.test/" + path, Title: path, Published: published}
}

// base is a site of three articles, newest first, and what the library
// remembers of it.
func base() ([]digest.Article, Memory) {
	articles := []digest.Article{
		listed("c", "third", monday.AddDate(0, 0, 2)),
		listed("b", "second", monday.AddDate(0, 0, 1)),
		listed("a", "first", monday),
	}
	return articles, remember(Memory{}, digest.Harvest{At: monday.AddDate(0, 0, 3), Articles: articles})
}

// remember is what a library that keeps the harvest remembers.
func remember(m Memory, h digest.Harvest) Memory {
	m.Articles = slices.Clone(m.Articles)
	m.Succeeded = h.At
	for _, a := range h.Articles {
		k := Known{
			ID: a.ID, Alias: a.Alias, Link: Link(a.URL), Title: a.Title, Published: a.Published,
			Seen: h.At, Appeared: a.Appeared, Comments: len(a.Comments),
		}
		if i := slices.IndexFunc(m.Articles, func(k Known) bool { return k.ID == a.ID }); i >= 0 {
			m.Articles[i] = k
			continue
		}
		m.Articles = append(m.Articles, k)
	}
	return m
}

func ids(articles []digest.Article) string {
	var all []string
	for _, a := range articles {
		all = append(all, a.ID)
	}
	return strings.Join(all, " ")
}

// What a site may do to its list between two pulls, and what the library makes
// of it.
func TestReconcile(t *testing.T) {
	at := func(i int) func([]digest.Article) *digest.Article {
		return func(as []digest.Article) *digest.Article { return &as[i] }
	}
	first, third := at(2), at(0)
	for _, c := range []struct {
		name     string
		change   func([]digest.Article) []digest.Article
		want     string // ids
		appeared string // ids of those that appeared late
		warning  string
		rejected string // code
	}{
		{name: "the same", want: "c b a"},
		{name: "reversed", change: func(as []digest.Article) []digest.Article { slices.Reverse(as); return as }, want: "a b c"},
		{name: "one disappeared", change: func(as []digest.Article) []digest.Article { return as[:2] }, want: "c b"},
		{name: "all disappeared", change: func([]digest.Article) []digest.Article { return nil }, want: ""},
		{name: "another id, same address", change: func(as []digest.Article) []digest.Article {
			first(as).ID = "a2"
			return as
		}, want: "c b a"},
		{name: "another id, address now with https, www and tracking", change: func(as []digest.Article) []digest.Article {
			first(as).ID, first(as).URL = "https://blog.harbour.test/first", "http://www.BLOG.harbour.test/first/?utm_source=x#top"
			return as
		}, want: "c b a"},
		{name: "another id and another address", change: func(as []digest.Article) []digest.Article {
			first(as).ID, first(as).URL = "a2", "https://blog.harbour.test/other"
			return as
		}, want: "c b a2"},
		{name: "another id, an address that two have now", change: func(as []digest.Article) []digest.Article {
			first(as).ID = "a2"
			return append(as, listed("a3", "first", monday))
		}, want: "c b a2 a3"},
		{name: "another one at the address of one that is still there", change: func(as []digest.Article) []digest.Article {
			return append(as, listed("a2", "first", monday))
		}, want: "c b a a2"},
		{name: "all ids changed", change: func(as []digest.Article) []digest.Article {
			for i := range as {
				as[i].ID += "2"
			}
			return as
		}, rejected: CodeMoved},
		{name: "the same id twice", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("f", "one", sunday), listed("f", "two", sunday.Add(time.Hour))}, as...)
		}, want: "f c b a", warning: `two articles have the id "f"`},
		{name: "published under an old date", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("d", "late", monday.AddDate(0, 0, -15))}, as...)
		}, want: "d c b a", appeared: "d"},
		{name: "an old one came into view", change: func(as []digest.Article) []digest.Article {
			return append(as[:2], listed("z", "old", monday.AddDate(0, 0, -15)))
		}, want: "c b z"},
		{name: "a very old one at the top", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("d", "sticky", monday.AddDate(-2, 0, 0))}, as...)
		}, want: "d c b a"},
		{name: "new since the last pull", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("d", "fresh", monday.AddDate(0, 0, 4))}, as...)
		}, want: "d c b a"},
		{name: "without a date", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("d", "undated", time.Time{})}, as...)
		}, want: "d c b a"},
		{name: "in the future", change: func(as []digest.Article) []digest.Article {
			return append([]digest.Article{listed("e", "embargo", sunday.AddDate(0, 2, 0))}, as...)
		}, want: "e c b a"},
		{name: "another date for a known one", change: func(as []digest.Article) []digest.Article {
			third(as).Published = monday.AddDate(0, 0, -20)
			return as
		}, want: "c b a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			articles, m := base()
			if c.change != nil {
				articles = c.change(articles)
			}
			before := ids(articles)
			h, err := reconcile(digest.Harvest{At: sunday, Articles: articles}, m, nil)
			var r *Rejection
			if errors.As(err, &r); c.rejected != "" {
				if r == nil || r.Code != c.rejected {
					t.Errorf("%v, want it rejected as %s", err, c.rejected)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(h.Articles); got != c.want {
				t.Errorf("articles %q, want %q", got, c.want)
			}
			late := slices.DeleteFunc(slices.Clone(h.Articles), func(a digest.Article) bool { return a.Appeared.IsZero() })
			if ids(late) != c.appeared {
				t.Errorf("%q appeared late, want %q", ids(late), c.appeared)
			}
			if got := strings.Join(h.Warnings, "; "); !strings.Contains(got, c.warning) || (got != "") != (c.warning != "") {
				t.Errorf("warnings %q, want %q", got, c.warning)
			}
			if ids(articles) != before {
				t.Error("the harvest itself was changed")
			}
		})
	}
}

// The first pull of a site says nothing about what appeared when.
func TestFirstPull(t *testing.T) {
	articles, _ := base()
	h, err := reconcile(digest.Harvest{At: sunday, Articles: articles}, Memory{}, nil)
	if err != nil || slices.ContainsFunc(h.Articles, func(a digest.Article) bool { return !a.Appeared.IsZero() }) {
		t.Errorf("%+v, %v", h.Articles, err)
	}
}

// A site that has moved is let in by name, and is known from then on: under
// both ids, with the comments in their place.
func TestMovedSiteIsForcedOnce(t *testing.T) {
	articles, m := base()
	articles[1].Appeared = monday
	m = remember(m, digest.Harvest{At: m.Succeeded, Articles: articles})
	for i := range articles {
		articles[i].ID = "new-" + articles[i].ID
		articles[i].Comments = []digest.Comment{{ID: "1", Article: articles[i].ID}}
	}
	moved := digest.Harvest{At: sunday, Articles: articles}
	h, err := reconcile(moved, m, []string{CodeMoved})
	if err != nil || ids(h.Articles) != "c b a" {
		t.Fatalf("forced: %q, %v", ids(h.Articles), err)
	}
	for _, a := range h.Articles {
		if a.Alias != "new-"+a.ID || a.Comments[0].Article != a.ID {
			t.Errorf("%s is kept as %+v", a.ID, a)
		}
	}
	if !h.Articles[1].Appeared.Equal(monday) {
		t.Error("when it appeared is forgotten")
	}
	m = remember(m, h)
	if h, err = reconcile(moved, m, nil); err != nil || ids(h.Articles) != "c b a" {
		t.Errorf("an hour later: %q, %v", ids(h.Articles), err)
	}
	back, _ := base()
	if h, err = reconcile(digest.Harvest{At: sunday, Articles: back}, m, nil); err != nil || ids(h.Articles) != "c b a" {
		t.Errorf("moved back: %q, %v", ids(h.Articles), err)
	}
	for _, a := range h.Articles {
		if a.Alias != a.ID {
			t.Errorf("moved back, %s has the alias %q, by which a lookup after a dry run would ask", a.ID, a.Alias)
		}
	}
}

func TestSilence(t *testing.T) {
	steady := [weeks]int{0, 40, 35, 41, 44}
	thread := func(n int, at time.Time) []digest.Comment {
		var all []digest.Comment
		for i := range n {
			all = append(all, digest.Comment{ID: fmt.Sprint(i), Published: at})
		}
		return all
	}
	for _, c := range []struct {
		name   string
		pace   [weeks]int
		known  int // comments in the library, all under one article
		has    []digest.Comment
		whole  bool
		reject string
	}{
		{name: "a quiet site", pace: [weeks]int{0, 4, 3, 0, 5}},
		{name: "a young site", pace: [weeks]int{0, 90, 0, 0, 0}},
		{name: "nobody says anything any more", pace: steady, reject: "no comment in a week where 40 are normal"},
		{name: "one person does", pace: steady, has: thread(1, sunday.Add(-time.Hour))},
		{name: "old ones only", pace: steady, has: thread(9, sunday.AddDate(0, 0, -8)), reject: "no comment in a week"},
		{name: "some this week are known", pace: [weeks]int{2, 40, 35, 41, 44}},
		{name: "the whole thread is empty", pace: [weeks]int{9, 9, 9, 9, 9}, known: 30, whole: true, reject: "30 of 30 comments have disappeared"},
		{name: "a few are left", known: 30, whole: true, has: thread(5, sunday), reject: "25 of 30"},
		{name: "some were moderated", known: 30, whole: true, has: thread(6, sunday)},
		{name: "a small thread is emptied", known: 19, whole: true},
		{name: "the thread is not whole", known: 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Memory{Succeeded: monday, Comments: c.pace, Articles: []Known{{ID: "a", Link: "x/first", Comments: c.known}}}
			a := listed("a", "first", monday)
			a.Comments, a.Whole = c.has, c.whole
			h := digest.Harvest{At: sunday, Articles: []digest.Article{a}}
			_, err := reconcile(h, m, nil)
			var r *Rejection
			if errors.As(err, &r) != (c.reject != "") || r != nil && (r.Code != CodeSilent || !strings.Contains(r.Why, c.reject)) {
				t.Errorf("%v, want %q", err, c.reject)
			}
			if _, err := reconcile(h, m, []string{CodeSilent}); err != nil {
				t.Errorf("forced: %v", err)
			}
		})
	}
}
