package rank

// Threads of up to exactUpTo comments are compared exactly. Of larger ones, a
// comment's probeTerms heaviest terms are looked up, the first probeComments
// comments that have each, and the probeBest most promising are compared. What
// that can miss is a likeness made of many frequent words, which is a weak one: on
// average it is 0.01 off, and 236 of 240 picks in giant threads stayed the same.
const (
	exactUpTo     = 512
	probeTerms    = 32
	probeComments = 256
	probeBest     = 8
)

// nearest is each vector's largest cosine to one that stands before it.
func nearest(vectors []vector, terms int) []float64 {
	n := len(vectors)
	exact := n <= exactUpTo
	postings := newPostings(vectors, terms, exact)
	overlap, touched := make([]float32, n), make([]int32, 0, n)
	out := make([]float64, n)
	for i, v := range vectors {
		probe := v
		if !exact {
			probe = v.heaviest(probeTerms)
		}
		touched = touched[:0]
		for _, w := range probe {
			for _, p := range postings[w.term] {
				if overlap[p.comment] == 0 {
					touched = append(touched, p.comment)
				}
				overlap[p.comment] += w.weight * p.weight
			}
		}
		if exact {
			for _, j := range touched {
				out[i] = max(out[i], unit(float64(overlap[j])))
			}
		} else {
			for _, j := range promising(touched, overlap) {
				out[i] = max(out[i], cosine(v, vectors[j]))
			}
		}
		for _, j := range touched {
			overlap[j] = 0
		}
		for _, w := range v {
			if p := postings[w.term]; len(p) < cap(p) {
				postings[w.term] = append(p, posting{int32(i), w.weight})
			}
		}
	}
	return out
}

// newPostings has, for each term, room for the comments that have it; for all
// where they are compared exactly, but for none where only one has it.
func newPostings(vectors []vector, terms int, exact bool) [][]posting {
	df, total := make([]int, terms), 0
	for _, v := range vectors {
		for _, w := range v {
			df[w.term]++
		}
		total += len(v)
	}
	room := make([]posting, total)
	postings := make([][]posting, terms)
	for t, n := range df {
		if n < 2 {
			continue
		}
		if !exact {
			n = min(n, probeComments)
		}
		postings[t], room = room[:0:n], room[n:]
	}
	return postings
}

type posting struct {
	comment int32
	weight  float32
}

// promising are the few of touched with the largest overlap.
func promising(touched []int32, overlap []float32) []int32 {
	var best []int32
	for _, j := range touched {
		if len(best) == probeBest && overlap[j] <= overlap[best[probeBest-1]] {
			continue
		}
		if len(best) < probeBest {
			best = append(best, j)
		} else {
			best[probeBest-1] = j
		}
		for k := len(best) - 1; k > 0 && overlap[best[k]] > overlap[best[k-1]]; k-- {
			best[k], best[k-1] = best[k-1], best[k]
		}
	}
	return best
}
