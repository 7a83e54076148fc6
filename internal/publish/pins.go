package publish

import (
	"slices"

	"digest.example/internal/digest"
	"digest.example/internal/rank"
)

// pinned says why an item is where it is if the editor put it there.
const pinned = "pinned by the editor"

// pinArticles moves the articles that the editor pinned to the front, in the
// order of the pins.
func pinArticles(as []digest.Article, pins []string) []digest.Article {
	place := func(a digest.Article) int {
		if i := slices.Index(pins, a.URL); i >= 0 {
			return i
		}
		return len(pins)
	}
	slices.SortStableFunc(as, func(a, b digest.Article) int { return place(a) - place(b) })
	return as
}

// lostPins warns of pins that pin nothing: a mistyped address would otherwise
// only be noticed by readers.
func lostPins(c Choice) []string {
	known := map[string]bool{}
	for _, a := range c.Library {
		known[a.URL] = true
		for _, k := range a.Comments {
			known[k.URL] = true
		}
	}
	var warnings []string
	for _, address := range slices.Concat(c.Pins, c.Drops) {
		if !known[address] {
			warnings = append(warnings, "the note pins or drops "+address+", which is not the address of any article or comment here")
		}
	}
	return warnings
}

// pinComments puts the comments that the editor pinned before those that were
// chosen. They count towards the number that is printed, and may be more.
func pinComments(a digest.Article, r rank.Result, pins []string, n int) rank.Result {
	var first []digest.CommentPick
	for _, pin := range pins {
		for _, c := range a.Comments {
			if pin == c.URL && !slices.ContainsFunc(first, same(c)) {
				first = append(first, digest.CommentPick{Comment: c, Why: []string{pinned}, Answers: answers(a, c)})
			}
		}
	}
	if len(first) == 0 {
		return r
	}
	for _, p := range first {
		r.Picks = slices.DeleteFunc(slices.Clone(r.Picks), same(p.Comment))
		r.Reserves = slices.DeleteFunc(slices.Clone(r.Reserves), same(p.Comment))
		r.Lost = slices.DeleteFunc(slices.Clone(r.Lost), func(o digest.Omission) bool { return o.Comment == p.Comment.ID })
	}
	keep := min(len(r.Picks), max(n-len(first), 0))
	r.Reserves = append(slices.Clone(r.Picks[keep:]), r.Reserves...)
	r.Picks = append(first, r.Picks[:keep]...)
	return r
}

func same(c digest.Comment) func(digest.CommentPick) bool {
	return func(p digest.CommentPick) bool { return p.Comment.ID == c.ID }
}

// answers is the name of whom a comment replies to.
func answers(a digest.Article, c digest.Comment) string {
	for _, other := range a.Comments {
		if c.Parent != "" && other.ID == c.Parent {
			return other.Author.Name
		}
	}
	return ""
}
