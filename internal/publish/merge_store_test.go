package publish

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"digest.example/internal/digest"
	"digest.example/internal/store"
)

// A dry run lays harvests over the library in memory, sending stores them and
// reads them back: both must come to the same, or a dry run shows another issue.
func TestMergeIsWhatStoringDoes(t *testing.T) {
	draw := func(t *rapid.T, what string) digest.Harvest {
		h := digest.Harvest{Source: "blog"}
		for i := range rapid.IntRange(0, 3).Draw(t, what+" articles") {
			a := titled("blog", fmt.Sprint(i), rapid.SampledFrom([]string{"old", "new"}).Draw(t, "title"))
			a.Whole = rapid.Bool().Draw(t, "whole")
			// What is gone has no date either that merging could remember.
			if i == 2 && rapid.Bool().Draw(t, "undated") {
				a.Published = time.Time{}
			}
			for k := range rapid.IntRange(0, 3).Draw(t, "comments") {
				a.Comments = append(a.Comments, digest.Comment{
					Source: "blog", Article: a.ID, ID: fmt.Sprint(k), HTML: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "text"),
				})
			}
			h.Articles = append(h.Articles, a)
		}
		for range rapid.IntRange(0, 2).Draw(t, what+" gone") {
			h.Gone = append(h.Gone, digest.Item{
				Article: fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "article")),
				Comment: rapid.SampledFrom([]string{"", "0", "2"}).Draw(t, "comment"),
			})
		}
		return h
	}
	round := 0
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		round++
		s, err := store.Open(t.Context(), filepath.Join(folder, fmt.Sprint(round, ".db")), store.Options{Mode: store.ReadWrite})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		read := func() []digest.Article {
			all, err := s.Library(t.Context(), []string{"blog"}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		for i := range rapid.IntRange(1, 4).Draw(rt, "pulls") {
			h := draw(rt, fmt.Sprint("pull ", i))
			h.At = noon.Add(time.Duration(i) * time.Hour)
			merged := merge(read(), []digest.Harvest{h}, h.At)
			if err := s.SaveHarvest(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			sorted := cmpopts.SortSlices(func(a, b digest.Comment) bool { return a.ID < b.ID })
			ignored := cmpopts.IgnoreFields(digest.Article{}, "Whole")
			if d := cmp.Diff(read(), slices.Clone(merged), sorted, ignored, cmpopts.EquateEmpty()); d != "" {
				rt.Fatalf("pull %d (-stored +merged):\n%s", i, d)
			}
		}
	})
}
