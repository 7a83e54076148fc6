package rank

import "slices"

// A text is a copy of the article if most of its runs of four words stand there,
// and a copy of whatever holds most of its pairs: where every fifth word was
// changed, a fifth of the runs of four are left, and three of five pairs. Nobody
// shares half of his pairs by chance, unless he says little.
const (
	runWords      = 4
	minRuns       = 4
	copiedRuns    = 0.6
	pairWords     = 2
	minPairs      = 6
	fewPairs      = 10 // under so many, copiedOfFew is the limit
	copiedPairs   = 0.5
	copiedOfFew   = 0.8
	fromArticle   = "copied from the article"
	fromElsewhere = "copied from an earlier comment"
)

// maxOwner is how many comments are remembered for one pair: frequent pairs prove nothing.
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

// copier finds out who copied whom.
type copier struct {
	quotes  *numbering // the article's runs of four words
	numbers *numbering // of all pairs
	article int32      // pairs with smaller numbers stand in the article
	passage *passages  // where they stand
	pairs   [][]int32  // each comment's, each once, without those that stand nowhere else
	total   []int      // how many it has with them
	owners  [][]int32  // of each pair: the comments with it, in the order they were judged
	shared  []int32    // room: how many pairs a comment shares with each other
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
			e.veto = c.copied(i, e.said.terms)
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
	c := &copier{
		quotes: newNumbering(len(t.article.terms)), numbers: newNumbering(words / 2),
		pairs: make([][]int32, n), total: make([]int, n), shared: make([]int32, n),
	}
	runsOf(t.article.terms, runWords, func(_ int, h uint64) { c.quotes.of(h) })
	runsOf(t.article.terms, pairWords, func(_ int, h uint64) { c.numbers.of(h) })
	c.article = c.numbers.next
	c.passage = newPassages(t.article.terms, c.numbers)
	c.collect(t.entries, make([]int32, 0, words))
	c.owners = make([][]int32, c.numbers.next)
	return c
}

// collect gathers the pairs of all entries in room.
func (c *copier) collect(entries []*entry, room []int32) {
	seen := make([]int32, c.article, 2*int(c.article)+len(room)) // the last comment with each pair, +1
	uses := make([]int32, c.article, 2*int(c.article)+len(room))
	for i, e := range entries {
		if e.veto != "" {
			continue
		}
		from := len(room)
		runsOf(e.said.terms, pairWords, func(_ int, h uint64) {
			r := c.numbers.of(h)
			if int(r) == len(seen) {
				seen, uses = append(seen, 0), append(uses, 0)
			}
			if seen[r] != int32(i)+1 {
				seen[r] = int32(i) + 1
				uses[r]++
				room = append(room, r)
			}
		})
		c.pairs[i] = room[from:len(room):len(room)]
		c.total[i] = len(c.pairs[i])
	}
	for i, pairs := range c.pairs {
		c.pairs[i] = slices.DeleteFunc(pairs, func(r int32) bool { return uses[r] < 2 && r >= c.article })
	}
}

func (c *copier) remember(i int) {
	for _, r := range c.pairs[i] {
		if o := c.owners[r]; len(o) < maxOwner {
			c.owners[r] = append(o, int32(i))
		}
	}
}

// copied says whom comment i, which consists of terms, copies, if anyone.
func (c *copier) copied(i int, terms []uint64) string {
	if c.quotesArticle(terms) {
		return fromArticle
	}
	limit := copiedPairs * float64(c.total[i])
	if c.total[i] < fewPairs {
		limit = copiedOfFew * float64(c.total[i])
	}
	if c.total[i] < minPairs || float64(len(c.pairs[i])) < limit {
		return ""
	}
	inArticle, most := 0, int32(0)
	for _, r := range c.pairs[i] {
		if r < c.article {
			inArticle++
		}
		for _, o := range c.owners[r] {
			c.shared[o]++
			most = max(most, c.shared[o])
		}
	}
	for _, r := range c.pairs[i] {
		for _, o := range c.owners[r] {
			c.shared[o] = 0
		}
	}
	switch {
	case float64(inArticle) >= limit && float64(c.passage.followed(terms, c)) >= limit:
		return fromArticle
	case float64(most) >= limit:
		return fromElsewhere
	}
	return ""
}

// quotesArticle says whether most of terms stands in the article word for word.
func (c *copier) quotesArticle(terms []uint64) bool {
	if c.quotes.next == 0 || len(terms) < minRuns+runWords-1 {
		return false
	}
	known := 0
	runsOf(terms, runWords, func(_ int, h uint64) {
		if c.quotes.find(h) >= 0 {
			known++
		}
	})
	return float64(known) >= copiedRuns*float64(len(terms)-runWords+1)
}
