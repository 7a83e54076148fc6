package rank

import "math"

// LexRank (Erkan and Radev, 2004) with continuous cosines.
const (
	damping    = 0.85
	iterations = 30
	settled    = 1e-4 // of the mean: what follows changes no pick
)

// central is how central each vector is among all, divided by the largest.
// The matrix of cosines is V·Vᵀ without its diagonal, so it is never built:
// each step multiplies by Vᵀ and by V. That is exact, and takes time and memory
// linear in the length of the comments.
func central(vectors []vector, terms int) []float64 {
	n := len(vectors)
	ones, rank := make([]float64, n), make([]float64, n)
	for i := range ones {
		ones[i], rank[i] = 1, 1/float64(n)
	}
	sums := make([]float64, terms)
	degree := cosinesTimes(vectors, ones, sums)
	share := make([]float64, n)
	for range iterations {
		for i := range share {
			share[i] = 0
			if degree[i] > 1e-6 { // less is rounding: the comment has no neighbour
				share[i] = rank[i] / degree[i]
			}
		}
		next, change := cosinesTimes(vectors, share, sums), 0.0
		for i := range next {
			next[i] = (1-damping)/float64(n) + damping*math.Max(0, next[i])
			change = math.Max(change, math.Abs(next[i]-rank[i]))
		}
		if rank = next; change < settled/float64(n) {
			break
		}
	}
	largest := 0.0
	for _, r := range rank {
		largest = math.Max(largest, r)
	}
	for i := range rank {
		rank[i] = unit(rank[i] / largest)
	}
	return rank
}

// cosinesTimes multiplies the matrix of cosines by x; sums is room for one
// number a term.
func cosinesTimes(vectors []vector, x, sums []float64) []float64 {
	clear(sums)
	for i, v := range vectors {
		for _, w := range v {
			sums[w.term] += float64(w.weight) * x[i]
		}
	}
	out := make([]float64, len(vectors))
	for i, v := range vectors {
		if len(v) == 0 {
			continue
		}
		for _, w := range v {
			out[i] += float64(w.weight) * sums[w.term]
		}
		out[i] -= x[i] // nobody is his own neighbour
	}
	return out
}
