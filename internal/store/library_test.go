package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

func article(id string, published time.Time, comments ...digest.Comment) digest.Article {
	return digest.Article{
		Source: "blog", ID: id, URL: "https://blog.example.org/" + id, Title: "Title \u202e of " + id,
		Published: published, HTML: "<p>x</p>", Comments: comments,
	}
}

func comment(article, id string, published time.Time) digest.Comment {
	return digest.Comment{Source: "blog", Article: article, ID: id, Published: published, HTML: "x", Votes: &digest.Votes{Up: 3}}
}

func testLibrary(t *testing.T, w *world) {
	old, recent := noon.AddDate(0, 0, -30), noon.AddDate(0, 0, -1)
	harvest := func(at time.Time, articles ...digest.Article) {
		t.Helper()
		w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: at, Articles: articles}))
	}
	undated := article("undated", time.Time{})
	first := article("b", recent, comment("b", "2", recent), comment("b", "1", recent.Add(time.Second)))
	harvest(noon, first, article("a", recent), article("old", old), undated)
	changed := article("b", recent, comment("b", "3", noon))
	changed.Title = "changed"
	harvest(noon.Add(time.Hour), changed, undated) // lacks a and two comments
	harvest(noon.Add(-time.Hour), first)           // another process's, late

	changed.Comments = []digest.Comment{first.Comments[0], first.Comments[1], changed.Comments[0]}
	undated.Published = noon // when it was first seen
	library := func(since time.Time, sources ...string) []digest.Article {
		t.Helper()
		all, err := w.Library(w.ctx, sources, since)
		w.must(err)
		return all
	}
	want := []digest.Article{article("a", recent), changed, undated}
	if d := cmp.Diff(want, library(recent, "blog", "other")); d != "" {
		t.Errorf("library (-want +got):\n%s", d)
	}
	if all := library(time.Time{}, "blog"); len(all) != 4 {
		t.Errorf("the whole library has %d articles", len(all))
	}
	if none := library(time.Time{}, "other"); len(none) != 0 {
		t.Errorf("another source has %d articles", len(none))
	}
	if none := library(time.Time{}); len(none) != 0 {
		t.Errorf("no source has %d articles", len(none))
	}
	hostile := digest.Article{Source: "other", ID: "i\x00\xff", URL: "\xff", Title: "\x00"}
	harvest(noon, hostile)
	if all := library(time.Time{}, "blog"); len(all) != 5 || all[2].ID != "i\uFFFD" {
		t.Errorf("hostile article: %+v", all)
	}
}

func testBigHarvest(t *testing.T, w *world) {
	h := digest.Harvest{Source: "blog", At: noon}
	for i := range 3 {
		a := article(fmt.Sprint(i), noon)
		a.HTML = strings.Repeat("<p>", chunkBytes/2)
		for j := range chunkRows {
			a.Comments = append(a.Comments, comment(a.ID, fmt.Sprint(j), noon))
		}
		h.Articles = append(h.Articles, a)
	}
	w.must(w.SaveHarvest(w.ctx, h))
	health, err := w.SourceHealth(w.ctx)
	if err != nil || len(health) != 1 || health[0].Articles != 3 || health[0].Comments != 3*chunkRows {
		t.Errorf("health %+v, %v", health, err)
	}
}

func testHealth(t *testing.T, w *world) {
	health := func() digest.SourceHealth {
		t.Helper()
		all, err := w.SourceHealth(w.ctx)
		w.must(err)
		if len(all) != 1 {
			t.Fatalf("health of %d sources", len(all))
		}
		return all[0]
	}
	w.must(w.SaveFailure(w.ctx, "blog", noon, "no\x00 route\xff"))
	w.must(w.SaveFailure(w.ctx, "blog", noon.Add(time.Hour), "timeout"))
	want := digest.SourceHealth{Name: "blog", Pulled: noon.Add(time.Hour), Failures: 2, LastError: "timeout"}
	if d := cmp.Diff(want, health()); d != "" {
		t.Errorf("after failures (-want +got):\n%s", d)
	}
	pulled := noon.Add(2 * time.Hour)
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{
		Source: "blog", At: pulled, Warnings: []string{"page 2 is missing"},
		Articles: []digest.Article{article("a", noon, comment("a", "1", noon))},
	}))
	want = digest.SourceHealth{
		Name: "blog", Pulled: pulled, Succeeded: pulled, Warnings: []string{"page 2 is missing"}, Articles: 1, Comments: 1,
	}
	if d := cmp.Diff(want, health()); d != "" {
		t.Errorf("after success (-want +got):\n%s", d)
	}
	w.must(w.SaveFailure(w.ctx, "blog", noon.Add(3*time.Hour), "timeout"))
	if h := health(); h.Failures != 1 || !h.Succeeded.Equal(pulled) || h.Articles != 1 {
		t.Errorf("after another failure: %+v", h)
	}
}
