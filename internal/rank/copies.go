package rank

import "slices"

// runWords is the length of the runs of words that copies are recognised by,
// minRuns how many a text needs before it can be called a copy, and maxOwner how
// many comments are remembered for one run: frequent runs prove nothing.
const (
	runWords = 4
	minRuns  = 4
	maxOwner = 32
)

// runsOf hashes every run of four words, each once, sorted.
func runsOf(terms []uint64) []uint64 {
	if len(terms) < runWords {
		return nil
	}
	out := make([]uint64, 0, len(terms)-runWords+1)
	for i := range cap(out) {
		h := uint64(hashStart)
		for _, t := range terms[i : i+runWords] {
			h = mix(h, t)
			h ^= h >> 29 // FNV alone moves nothing downwards
		}
		out = append(out, h)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// copier finds out who copied whom.
type copier struct {
	article map[uint64]bool
	owners  map[uint64][]int32 // comments, in the order they were judged
	runs    [][]uint64         // each comment's runs, without those that stand nowhere else
	total   []int              // how many it has with them
}

// vetoCopies judges in time order: the first to say something is its author.
// Comments with a doubtful link are judged last and against the others only,
// because it is not known yet whether they stand.
func (t *thread) vetoCopies() {
	c := t.newCopier()
	for _, doubtful := range []bool{false, true} {
		for i, e := range t.entries {
			if e.veto != "" || t.unvouched(e.said) != doubtful {
				continue
			}
			e.veto = c.copied(i)
			if e.veto == "" && !doubtful {
				c.remember(i)
			}
		}
	}
}

func (t *thread) newCopier() *copier {
	c := &copier{
		article: map[uint64]bool{}, owners: map[uint64][]int32{},
		runs: make([][]uint64, len(t.entries)), total: make([]int, len(t.entries)),
	}
	for _, r := range runsOf(t.article.terms) {
		c.article[r] = true
	}
	var all []uint64
	for i, e := range t.entries {
		if e.veto == "" {
			c.runs[i] = runsOf(e.said.terms)
			c.total[i] = len(c.runs[i])
			all = append(all, c.runs[i]...)
		}
	}
	slices.Sort(all)
	repeated := map[uint64]bool{}
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			repeated[all[i]] = true
		}
	}
	for i, runs := range c.runs {
		c.runs[i] = slices.DeleteFunc(runs, func(r uint64) bool { return !repeated[r] && !c.article[r] })
	}
	return c
}

func (c *copier) remember(i int) {
	for _, r := range c.runs[i] {
		if o := c.owners[r]; len(o) < maxOwner {
			c.owners[r] = append(o, int32(i))
		}
	}
}

// copied says whom comment i copies, if anyone.
func (c *copier) copied(i int) string {
	if c.total[i] < minRuns {
		return ""
	}
	inArticle, most, shared := 0, 0, map[int32]int{}
	for _, r := range c.runs[i] {
		if c.article[r] {
			inArticle++
		}
		for _, o := range c.owners[r] {
			shared[o]++
			most = max(most, shared[o])
		}
	}
	limit := maxCopied * float64(c.total[i])
	switch {
	case float64(inArticle) >= limit:
		return "copied from the article"
	case float64(most) >= limit:
		return "copied from an earlier comment"
	}
	return ""
}
