package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// BenchmarkSaveHarvest stores fifty articles with two thousand comments: new to
// the library, and again as they were an hour ago.
func BenchmarkSaveHarvest(b *testing.B) {
	words := strings.Repeat("The harbour board met on Tuesday and put the old ferry on its list. ", 5)
	harvest := func(source string, at time.Time) digest.Harvest {
		h := digest.Harvest{Source: source, At: at}
		for i := range 50 {
			a := article(fmt.Sprint(i), noon)
			a.Source, a.HTML, a.Whole = source, strings.Repeat(words, 12), true
			for j := range 40 {
				c := comment(a.ID, fmt.Sprint(j), noon)
				c.Source, c.HTML = source, words
				a.Comments = append(a.Comments, c)
			}
			h.Articles = append(h.Articles, a)
		}
		return h
	}
	s := opened(b, filepath.Join(b.TempDir(), "digest.db"), Options{Mode: ReadWrite})
	save := func(b *testing.B, h digest.Harvest) {
		b.Helper()
		if err := s.SaveHarvest(b.Context(), h); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("new", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			save(b, harvest(fmt.Sprint("site", n), noon))
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		at := noon
		for b.Loop() {
			at = at.Add(time.Hour)
			save(b, harvest("site1", at))
		}
	})
}
