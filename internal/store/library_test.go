package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/library"
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
	harvest(noon.Add(time.Minute), first)          // another process's, late

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
	health, err := w.SourcesInFull(w.ctx)
	if err != nil || len(health) != 1 || health[0].Articles != 3 || health[0].Comments != 3*chunkRows {
		t.Errorf("health %+v, %v", health, err)
	}
}

func testHealth(t *testing.T, w *world) {
	health := func() digest.SourceHealth {
		t.Helper()
		all, err := w.SourcesInFull(w.ctx)
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
	want.Articles, want.Comments = 0, 0
	if all, err := w.SourceHealth(w.ctx); err != nil || !cmp.Equal(all, []digest.SourceHealth{want}) {
		t.Errorf("without numbers: %+v, %v", all, err)
	}
	w.must(w.SaveFailure(w.ctx, "blog", noon.Add(3*time.Hour), "timeout"))
	if h := health(); h.Failures != 1 || !h.Succeeded.Equal(pulled) || h.Articles != 1 {
		t.Errorf("after another failure: %+v", h)
	}
}

// What is gone stays away until it is seen again.
func testGone(t *testing.T, w *world) {
	at := noon
	shown := func() string {
		t.Helper()
		all, err := w.Library(w.ctx, []string{"blog"}, time.Time{})
		w.must(err)
		var out []string
		for _, a := range all {
			out = append(out, a.ID)
			for _, c := range a.Comments {
				out = append(out, a.ID+c.ID)
			}
		}
		return strings.Join(out, " ")
	}
	save := func(whole bool, comments ...string) {
		t.Helper()
		at = at.Add(time.Hour)
		a := article("a", noon)
		a.Whole = whole
		for _, id := range comments {
			a.Comments = append(a.Comments, comment("a", id, noon))
		}
		w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: at, Articles: []digest.Article{a, article("b", noon)}}))
	}
	amend := func(gone ...digest.Item) {
		t.Helper()
		at = at.Add(time.Hour)
		w.must(w.Amend(w.ctx, digest.Harvest{Source: "blog", At: at, Gone: gone}))
	}
	for i, step := range []struct {
		do   func()
		want string
	}{
		{func() { save(true, "1", "2", "3") }, "a a1 a2 a3 b"},
		{func() { save(false, "1") }, "a a1 a2 a3 b"},
		{func() { save(true, "1", "3") }, "a a1 a3 b"},
		{func() { save(true, "1", "2") }, "a a1 a2 b"},
		{func() {
			amend(digest.Item{Article: "a", Comment: "1"}, digest.Item{Article: "b"}, digest.Item{Article: "none"})
		}, "a a2"},
		{func() { save(false, "1") }, "a a1 a2 b"},
		{func() { save(true) }, "a b"},
	} {
		step.do()
		if got := shown(); got != step.want {
			t.Fatalf("step %d: %q, want %q", i, got, step.want)
		}
	}
	health, err := w.SourcesInFull(w.ctx)
	if err != nil || health[0].Articles != 2 || health[0].Comments != 0 || !health[0].Pulled.Equal(at) {
		t.Errorf("%+v, %v", health, err)
	}
}

// An article that appeared under an old date counts from when it did.
func testAppeared(t *testing.T, w *world) {
	late := article("late", noon.AddDate(0, 0, -40))
	late.Appeared = noon
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: noon, Articles: []digest.Article{
		late, article("old", noon.AddDate(0, 0, -40)),
	}}))
	all, err := w.Library(w.ctx, []string{"blog"}, noon.AddDate(0, 0, -7))
	if err != nil || len(all) != 1 || all[0].ID != "late" || !all[0].Appeared.Equal(noon) {
		t.Errorf("%+v, %v", all, err)
	}
}

func testMemory(t *testing.T, w *world) {
	memory := func(at time.Time) library.Memory {
		t.Helper()
		m, err := w.Memory(w.ctx, "blog", at.AddDate(0, 0, -60), at)
		w.must(err)
		return m
	}
	if d := cmp.Diff(library.Memory{}, memory(noon)); d != "" {
		t.Errorf("of an unknown source (-want +got):\n%s", d)
	}
	w.must(w.SaveFailure(w.ctx, "blog", noon, "no route"))
	a := article("a", noon, comment("a", "1", noon.AddDate(0, 0, -1)), comment("a", "2", noon.AddDate(0, 0, -8)),
		comment("a", "3", noon.AddDate(0, 0, -9)), comment("a", "4", noon.AddDate(0, 0, -70)), comment("a", "5", noon.AddDate(0, 0, 1)))
	a.Alias, a.Appeared = "a2", noon.AddDate(0, 0, -3)
	h := digest.Harvest{Source: "blog", At: noon, Articles: []digest.Article{a, article("b", time.Time{})}, State: []byte(`{"etag":"x"}`)}
	w.must(w.SaveHarvest(w.ctx, h))
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "other", At: noon, Articles: []digest.Article{article("o", noon)}}))
	w.must(w.Amend(w.ctx, digest.Harvest{Source: "blog", At: noon, Gone: []digest.Item{{Article: "a", Comment: "2"}}}))
	want := library.Memory{
		State: []byte(`{"etag":"x"}`), Succeeded: noon, Comments: [5]int{1, 2},
		Articles: []library.Known{
			{
				ID: "a", Alias: "a2", Link: "blog.example.org/a", Title: a.Title,
				Appeared: a.Appeared, Comments: 4, Published: noon, Seen: noon,
			},
			{ID: "b", Link: "blog.example.org/b", Title: "Title \u202e of b", Seen: noon},
		},
	}
	if d := cmp.Diff(want, memory(noon)); d != "" {
		t.Errorf("memory (-want +got):\n%s", d)
	}
	w.exec(`UPDATE article SET link = '', title = ''`) // as migrations leave what was there before them
	if d := cmp.Diff(want, memory(noon)); d != "" {
		t.Errorf("of old rows (-want +got):\n%s", d)
	}
	later := noon.AddDate(0, 0, 70)
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: later}))           // leaves the state alone
	want.Succeeded, want.Comments, want.Articles = later, [5]int{}, want.Articles[:1] // an alias is kept
	if d := cmp.Diff(want, memory(later)); d != "" {
		t.Errorf("after ten weeks (-want +got):\n%s", d)
	}
}
