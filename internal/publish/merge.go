package publish

import (
	"cmp"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// merge lays harvests over the library as storing them would: what was just
// pulled is the newer word on an article, and comments that it does not repeat
// stay, unless it has the whole thread. What is gone goes. An article without a
// date is as old as the library says, or new.
func merge(library []digest.Article, harvests []digest.Harvest, now time.Time) []digest.Article {
	type key struct{ source, id string }
	at := map[key]int{}
	merged := slices.Clone(library)
	for i, a := range merged {
		at[key{a.Source, a.ID}] = i
	}
	for _, h := range harvests {
		for _, a := range h.Articles {
			a.Source = h.Source
			k := key{a.Source, a.ID}
			i, known := at[k]
			if a.Published.IsZero() {
				a.Published = now
				if known && merged[i].Published.Before(now) {
					a.Published = merged[i].Published
				}
			}
			if !known {
				at[k] = len(merged)
				merged = append(merged, a)
				continue
			}
			if !a.Whole {
				a.Comments = mergeComments(merged[i].Comments, a.Comments)
			}
			merged[i] = a
		}
		merged = without(merged, h)
		clear(at)
		for i, a := range merged {
			at[key{a.Source, a.ID}] = i
		}
	}
	slices.SortFunc(merged, func(a, b digest.Article) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	return merged
}

func mergeComments(old, fresh []digest.Comment) []digest.Comment {
	seen := map[string]bool{}
	for _, c := range fresh {
		seen[c.ID] = true
	}
	merged := slices.Clone(fresh)
	for _, c := range old {
		if !seen[c.ID] {
			merged = append(merged, c)
		}
	}
	return merged
}

// without takes out what a harvest says is gone.
func without(articles []digest.Article, h digest.Harvest) []digest.Article {
	if len(h.Gone) == 0 {
		return articles
	}
	gone := map[digest.Item]bool{}
	for _, item := range h.Gone {
		gone[digest.Item{Source: h.Source, Article: item.Article, Comment: item.Comment}] = true
	}
	var kept []digest.Article
	for _, a := range articles {
		if gone[itemOf(a)] {
			continue
		}
		a.Comments = slices.DeleteFunc(slices.Clone(a.Comments), func(c digest.Comment) bool {
			return gone[digest.Item{Source: a.Source, Article: a.ID, Comment: c.ID}]
		})
		kept = append(kept, a)
	}
	return kept
}

// within are the articles that reading the library from since on would give.
func within(articles []digest.Article, since time.Time) []digest.Article {
	return slices.DeleteFunc(articles, func(a digest.Article) bool { return a.Listed().Before(since) })
}
