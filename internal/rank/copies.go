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

// runsOf hashes every run of four words.
func runsOf(terms []uint64, each func(hash uint64)) {
	for i := range max(0, len(terms)-runWords+1) {
		h := uint64(hashStart)
		for _, t := range terms[i : i+runWords] {
			h = mix(h, t)
			h ^= h >> 29 // FNV alone moves nothing downwards
		}
		each(h)
	}
}

// copier finds out who copied whom.
type copier struct {
	article int32     // runs with smaller numbers stand in the article
	runs    [][]int32 // each comment's, each once, without those that stand nowhere else
	total   []int     // how many it has with them
	owners  [][]int32 // of each run: the comments with it, in the order they were judged
	shared  []int32   // room: how many runs a comment shares with each other
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
	n, words := len(t.entries), len(t.article.terms)
	for _, e := range t.entries {
		words += len(e.said.terms)
	}
	c := &copier{runs: make([][]int32, n), total: make([]int, n), shared: make([]int32, n)}
	numbers := newNumbering(words)
	runsOf(t.article.terms, func(h uint64) { numbers.of(h) })
	c.article = numbers.next
	seen := make([]int32, c.article, words+1) // the last comment with each run, +1
	uses := make([]int32, c.article, words+1)
	all := make([]int32, 0, words)
	for i, e := range t.entries {
		if e.veto != "" {
			continue
		}
		from := len(all)
		runsOf(e.said.terms, func(h uint64) {
			r := numbers.of(h)
			if int(r) == len(seen) {
				seen, uses = append(seen, 0), append(uses, 0)
			}
			if seen[r] != int32(i)+1 {
				seen[r] = int32(i) + 1
				uses[r]++
				all = append(all, r)
			}
		})
		c.runs[i] = all[from:len(all):len(all)]
		c.total[i] = len(c.runs[i])
	}
	for i, runs := range c.runs {
		c.runs[i] = slices.DeleteFunc(runs, func(r int32) bool { return uses[r] < 2 && r >= c.article })
	}
	c.owners = make([][]int32, numbers.next)
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
	limit := maxCopied * float64(c.total[i])
	if c.total[i] < minRuns || float64(len(c.runs[i])) < limit {
		return ""
	}
	inArticle, most := 0, int32(0)
	for _, r := range c.runs[i] {
		if r < c.article {
			inArticle++
		}
		for _, o := range c.owners[r] {
			c.shared[o]++
			most = max(most, c.shared[o])
		}
	}
	for _, r := range c.runs[i] {
		for _, o := range c.owners[r] {
			c.shared[o] = 0
		}
	}
	switch {
	case float64(inArticle) >= limit:
		return "copied from the article"
	case float64(most) >= limit:
		return "copied from an earlier comment"
	}
	return ""
}
