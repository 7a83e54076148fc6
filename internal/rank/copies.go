package rank

import "slices"

// likeness of words that makes a copy: this share of a text's runs of so many
// words stands in another one, if the text has enough runs to tell.
type measure struct {
	words, atLeast int
	share          float64
}

var (
	verbatim = measure{words: 4, atLeast: 4, share: 0.6}
	// A copy in which every fifth word was changed keeps a fifth of its runs of
	// four, and three of five pairs. Nobody shares half of his pairs by chance.
	reworded = measure{words: 2, atLeast: 10, share: 0.5}
)

// maxOwner is how many comments are remembered for one run: frequent runs prove nothing.
const maxOwner = 32

// runsOf hashes every run of n words.
func runsOf(terms []uint64, n int, each func(at int, hash uint64)) {
	for i := range max(0, len(terms)-n+1) {
		h := uint64(hashStart)
		for _, t := range terms[i : i+n] {
			h = mix(h, t)
			h ^= h >> 29 // FNV alone moves nothing downwards
		}
		each(i, h)
	}
}

// copier finds out who copied whom by one measure.
type copier struct {
	measure
	numbers *numbering
	article int32     // runs with smaller numbers stand in the article
	passage *passages // where they stand; nil: it does not matter
	runs    [][]int32 // each comment's, each once, without those that stand nowhere else
	total   []int     // how many it has with them
	owners  [][]int32 // of each run: the comments with it, in the order they were judged
	shared  []int32   // room: how many runs a comment shares with each other
}

// vetoCopies judges in time order: the first to say something is its author.
// Comments with a doubtful link are judged last and against the others only,
// because it is not known yet whether they stand.
func (t *thread) vetoCopies() {
	copiers := []*copier{t.newCopier(verbatim), t.newCopier(reworded)}
	copiers[1].passage = newPassages(t.article.terms, copiers[1].numbers, reworded.words)
	for _, doubtful := range []bool{false, true} {
		for i, e := range t.entries {
			if e.veto != "" || t.unvouched(e.said) != doubtful {
				continue
			}
			for _, c := range copiers {
				if e.veto == "" {
					e.veto = c.copied(i, e.said.terms)
				}
			}
			if e.veto == "" && !doubtful {
				for _, c := range copiers {
					c.remember(i)
				}
			}
		}
	}
}

func (t *thread) newCopier(m measure) *copier {
	n, words := len(t.entries), len(t.article.terms)
	for _, e := range t.entries {
		words += len(e.said.terms)
	}
	c := &copier{measure: m, numbers: newNumbering(words), runs: make([][]int32, n), total: make([]int, n), shared: make([]int32, n)}
	runsOf(t.article.terms, m.words, func(_ int, h uint64) { c.numbers.of(h) })
	c.article = c.numbers.next
	seen := make([]int32, c.article, words+1) // the last comment with each run, +1
	uses := make([]int32, c.article, words+1)
	all := make([]int32, 0, words)
	for i, e := range t.entries {
		if e.veto != "" {
			continue
		}
		from := len(all)
		runsOf(e.said.terms, m.words, func(_ int, h uint64) {
			r := c.numbers.of(h)
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
	c.owners = make([][]int32, c.numbers.next)
	return c
}

func (c *copier) remember(i int) {
	for _, r := range c.runs[i] {
		if o := c.owners[r]; len(o) < maxOwner {
			c.owners[r] = append(o, int32(i))
		}
	}
}

// copied says whom comment i, which consists of terms, copies, if anyone.
func (c *copier) copied(i int, terms []uint64) string {
	limit := c.share * float64(c.total[i])
	if c.total[i] < c.atLeast || float64(len(c.runs[i])) < limit {
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
	case float64(inArticle) >= limit && (c.passage == nil || float64(c.passage.followed(terms, c)) >= limit):
		return "copied from the article"
	case float64(most) >= limit:
		return "copied from an earlier comment"
	}
	return ""
}
