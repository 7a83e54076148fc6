package rank

// Threads of up to exactUpTo comments are compared exactly. Of larger ones, a
// comment's probeTerms heaviest terms are looked up, the first probeComments
// comments that have each, and the probeBest most promising are compared. What
// that can miss is a likeness made of many frequent words, which is a weak one.
const (
	exactUpTo     = 512
	probeTerms    = 32
	probeComments = 256
	probeBest     = 8
)

// nearest is each vector's largest cosine to one that stands before it.
func nearest(vectors []vector, terms int) []float64 {
	n := len(vectors)
	postings := make([][]posting, terms)
	overlap := make([]float32, n)
	out := make([]float64, n)
	for i, v := range vectors {
		probe, most := v, n
		if n > exactUpTo {
			probe, most = v.heaviest(probeTerms), probeComments
		}
		var touched []int32
		for _, w := range probe {
			for _, p := range postings[w.term][:min(most, len(postings[w.term]))] {
				if overlap[p.comment] == 0 {
					touched = append(touched, p.comment)
				}
				overlap[p.comment] += w.weight * p.weight
			}
		}
		for _, j := range promising(touched, overlap) {
			out[i] = max(out[i], cosine(v, vectors[j]))
		}
		for _, j := range touched {
			overlap[j] = 0
		}
		for _, w := range v {
			if len(postings[w.term]) < most {
				postings[w.term] = append(postings[w.term], posting{int32(i), w.weight})
			}
		}
	}
	return out
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
