package publish

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func titled(source, id, title string, comments ...string) digest.Article {
	a := digest.Article{Source: source, ID: id, Title: title, Published: noon.Add(-time.Hour)}
	for _, c := range comments {
		id, text, _ := strings.Cut(c, "=")
		a.Comments = append(a.Comments, digest.Comment{ID: id, HTML: text})
	}
	return a
}

// told writes articles as "source/id title [comment=text …]".
func told(articles []digest.Article) []string {
	var all []string
	for _, a := range articles {
		var comments []string
		for _, c := range a.Comments {
			comments = append(comments, c.ID+"="+c.HTML)
		}
		slices.Sort(comments)
		all = append(all, fmt.Sprint(a.Source, "/", a.ID, " ", a.Title, " ", comments))
	}
	return all
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name     string
		library  []digest.Article
		harvests []digest.Harvest
		want     []string
	}{
		{"nothing", nil, nil, nil},
		{"library alone", []digest.Article{titled("blog", "1", "old", "x=1")}, nil, []string{"blog/1 old [x=1]"}},
		{
			"harvest alone, in order of source and id, named by its source", nil,
			[]digest.Harvest{{Source: "b", Articles: []digest.Article{titled("", "2", "two"), titled("lie", "1", "one")}}, {Source: "a", Articles: []digest.Article{titled("a", "9", "nine")}}},
			[]string{"a/9 nine []", "b/1 one []", "b/2 two []"},
		},
		{
			"a harvest has the newer words; comments stay",
			[]digest.Article{titled("blog", "1", "old", "x=old", "y=old"), titled("blog", "2", "kept", "z=1")},
			[]digest.Harvest{{Source: "blog", Articles: []digest.Article{titled("blog", "1", "new", "y=new", "w=new")}}},
			[]string{"blog/1 new [w=new x=old y=new]", "blog/2 kept [z=1]"},
		},
		{
			"the same id at two sources",
			[]digest.Article{titled("a", "1", "of a")},
			[]digest.Harvest{{Source: "b", Articles: []digest.Article{titled("b", "1", "of b")}}},
			[]string{"a/1 of a []", "b/1 of b []"},
		},
		{
			"twice in one harvest", nil,
			[]digest.Harvest{{Source: "a", Articles: []digest.Article{titled("a", "1", "first", "x=1", "y=1"), titled("a", "1", "second", "x=2")}}},
			[]string{"a/1 second [x=2 y=1]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := told(c.library)
			if got := told(merge(c.library, c.harvests, noon)); !slices.Equal(got, c.want) {
				t.Errorf("merged %q, want %q", got, c.want)
			}
			if !slices.Equal(told(c.library), before) {
				t.Error("the library itself was changed")
			}
		})
	}
}

// An article that its site does not date is as old as our knowledge of it.
func TestMergeWithoutDate(t *testing.T) {
	for _, c := range []struct {
		name string
		seen time.Time // first, by the library; zero: never
		want time.Time
	}{
		{"new", time.Time{}, noon},
		{"known", noon.Add(-48 * time.Hour), noon.Add(-48 * time.Hour)},
		{"kept a moment ago, after the harvest began", noon.Add(time.Second), noon},
	} {
		t.Run(c.name, func(t *testing.T) {
			var library []digest.Article
			if !c.seen.IsZero() {
				library = []digest.Article{{Source: "blog", ID: "1", Published: c.seen}}
			}
			got := merge(library, []digest.Harvest{{Source: "blog", Articles: []digest.Article{{ID: "1"}}}}, noon)
			if len(got) != 1 || !got[0].Published.Equal(c.want) {
				t.Errorf("%+v, want one of %s", got, c.want)
			}
		})
	}
}

// Merging what was merged already changes nothing, and loses nothing.
func TestMergeProperties(t *testing.T) {
	articles := func(t *rapid.T, source string) []digest.Article {
		var all []digest.Article
		for i := range rapid.IntRange(0, 4).Draw(t, "articles") {
			a := titled(source, fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "id")), fmt.Sprint(i))
			for range rapid.IntRange(0, 3).Draw(t, "comments") {
				id := fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "comment"))
				if !slices.ContainsFunc(a.Comments, func(c digest.Comment) bool { return c.ID == id }) {
					a.Comments = append(a.Comments, digest.Comment{ID: id, HTML: fmt.Sprint(i)})
				}
			}
			all = append(all, a)
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		harvests := []digest.Harvest{{Source: "a", Articles: articles(t, "a")}, {Source: "b", Articles: articles(t, "b")}}
		library := merge(nil, []digest.Harvest{{Source: "a", Articles: articles(t, "a")}}, noon)
		once := merge(library, harvests, noon)
		if again := merge(once, harvests, noon); !slices.Equal(told(again), told(once)) {
			t.Fatalf("merged again: %q, once: %q", told(again), told(once))
		}
		has := map[string]bool{}
		for _, a := range once {
			if has[a.Source+"/"+a.ID] {
				t.Fatalf("%s/%s twice", a.Source, a.ID)
			}
			has[a.Source+"/"+a.ID] = true
			for _, c := range a.Comments {
				if has[a.Source+"/"+a.ID+"/"+c.ID] {
					t.Fatalf("comment %s/%s/%s twice", a.Source, a.ID, c.ID)
				}
				has[a.Source+"/"+a.ID+"/"+c.ID] = true
			}
		}
		all := slices.Concat(library, harvests[0].Articles, harvests[1].Articles)
		for _, a := range all {
			for _, c := range append(a.Comments, digest.Comment{}) {
				if key := strings.TrimSuffix(a.Source+"/"+a.ID+"/"+c.ID, "/"); !has[key] {
					t.Fatalf("%s is lost", key)
				}
			}
		}
	})
}
