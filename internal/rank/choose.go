package rank

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// likeness is what a pick's cosine to an earlier pick costs it.
const likeness = 0.5

// sameThing is the cosine from which two comments say one thing.
const sameThing = 0.9

// best sorts by score, then by distinct repliers, then by the hash of the id.
func best(a, b *entry) int {
	return cmp.Or(
		cmp.Compare(b.score, a.score),
		cmp.Compare(len(b.repliers), len(a.repliers)),
		cmp.Compare(a.tie, b.tie),
	)
}

// candidates are the comments that may be printed, best first. The others are
// told why not.
func (t *thread) candidates() []*entry {
	var out []*entry
	for _, e := range t.standing() {
		switch {
		case !t.passes(e):
			e.lost = "below the quality bar: " + weakness(e)
		case t.options.Candidate != nil && !t.options.Candidate(e.comment):
			e.lost = "not a candidate this time"
		default:
			out = append(out, e)
		}
	}
	slices.SortFunc(out, best)
	return out
}

// choose picks greedily up to k candidates that differ in writer, sub-thread and
// content. It returns fewer rather than break that.
func choose(candidates []*entry, k int) []*entry {
	var picks []*entry
	left := slices.Clone(candidates)
	penalty := make(map[*entry]float64, len(left))
	for len(picks) < k && len(left) > 0 {
		top, topScore := -1, math.Inf(-1)
		for i, e := range left {
			if s := rounded(e.score - likeness*penalty[e]); s > topScore {
				top, topScore = i, s
			}
		}
		p := left[top]
		picks = append(picks, p)
		keep := left[:0]
		for _, e := range left {
			if e == p {
				continue
			}
			c := cosine(e.vector, p.vector)
			penalty[e] = max(penalty[e], c)
			if e.lost = clash(e, p, c); e.lost == "" {
				keep = append(keep, e)
			}
		}
		left = keep
	}
	return picks
}

// clash says why e may not be printed beside p, if so.
func clash(e, p *entry, cosine float64) string {
	switch {
	case e.author != "" && e.author == p.author:
		return "its writer has a better comment in this thread"
	case e.branch == p.branch:
		return "a better comment was taken from the same sub-thread"
	case cosine >= sameThing:
		return "says the same as a better comment"
	}
	return ""
}

// explainRest tells the candidates that were good but not good enough how they
// compare with the last one taken.
func explainRest(candidates, taken []*entry) {
	for i, e := range candidates {
		if e.lost != "" || slices.Contains(taken, e) {
			continue
		}
		e.lost = fmt.Sprintf("place %d of %d", i+1, len(candidates))
		if len(taken) > 0 {
			if less := shortfall(e, taken[len(taken)-1]); less != "" {
				e.lost += ": " + less
			}
		}
	}
}
