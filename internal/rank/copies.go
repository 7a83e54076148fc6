package rank

// runWords is the length of the runs of words that copies are recognised by, and
// minRuns how many a text needs before it can be called a copy.
const (
	runWords = 4
	minRuns  = 4
	maxOwner = 32 // earliest comments remembered for one run; frequent runs prove nothing
)

// runsOf hashes every run of four words, each once.
func runsOf(terms []uint64) []uint64 {
	var out []uint64
	seen := map[uint64]bool{}
	for i := 0; i+runWords <= len(terms); i++ {
		h := uint64(14695981039346656037)
		for _, t := range terms[i : i+runWords] {
			h = (h ^ t) * 1099511628211
			h ^= h >> 29
		}
		if !seen[h] {
			seen[h] = true
			out = append(out, h)
		}
	}
	return out
}

// vetoCopies judges in time order: the first to say something is its author.
// Comments with a doubtful link are judged last and against the others only,
// because it is not known yet whether they stand.
func (t *thread) vetoCopies() {
	article := map[uint64]bool{}
	for _, r := range runsOf(t.article.terms) {
		article[r] = true
	}
	owners := map[uint64][]int32{}
	for _, doubtful := range []bool{false, true} {
		for i, e := range t.entries {
			if e.veto != "" || t.unvouched(e.said) != doubtful {
				continue
			}
			runs := runsOf(e.said.terms)
			e.veto = copied(runs, article, owners)
			if e.veto == "" && !doubtful {
				remember(runs, int32(i), owners)
			}
		}
	}
}

func remember(runs []uint64, i int32, owners map[uint64][]int32) {
	for _, r := range runs {
		if o := owners[r]; len(o) < maxOwner {
			owners[r] = append(o, i)
		}
	}
}

// copied says whom a text with these runs copies, if anyone.
func copied(runs []uint64, article map[uint64]bool, owners map[uint64][]int32) string {
	if len(runs) < minRuns {
		return ""
	}
	limit := maxCopied * float64(len(runs))
	inArticle, shared := 0, map[int32]int{}
	most := 0
	for _, r := range runs {
		if article[r] {
			inArticle++
		}
		for _, o := range owners[r] {
			shared[o]++
			most = max(most, shared[o])
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
