package rank

import (
	"cmp"
	"math"
	"slices"
)

// vector is a comment's tf-idf vector of length 1, sorted by term; empty for a
// comment without terms.
type vector []weighted

type weighted struct {
	term   int32
	weight float32
}

// maxDistinct bounds a vector: the heaviest terms are kept.
const maxDistinct = 256

// vectorsOf weighs the terms of texts by (1 + log tf) · log((n+1)/(df+0.5)).
// terms is how many distinct ones there are.
func vectorsOf(texts [][]uint64) (vectors []vector, terms int) {
	total := 0
	for _, t := range texts {
		total += len(t)
	}
	numbers := newNumbering(total / 8) // most words are not new
	vectors = make([]vector, len(texts))
	all, found := make(vector, 0, total), make([]int32, 0, maxTerms)
	var df []float64
	for i, text := range texts {
		found = found[:0]
		for _, t := range text {
			found = append(found, numbers.of(t))
		}
		for range int(numbers.next) - len(df) {
			df = append(df, 0)
		}
		from := len(all)
		all = counts(all, found)
		vectors[i] = all[from:len(all):len(all)]
		for _, w := range vectors[i] {
			df[w.term]++
		}
	}
	idf := df
	for i, d := range df {
		idf[i] = math.Log((float64(len(texts)) + 1) / (d + 0.5))
	}
	for i, v := range vectors {
		for j, w := range v {
			v[j].weight = float32(logCount(w.weight) * idf[w.term])
		}
		vectors[i] = normal(v)
	}
	return vectors, len(df)
}

// counts appends the terms found, sorted, and how often each occurs.
func counts(all vector, found []int32) vector {
	slices.Sort(found)
	for i, t := range found {
		if i > 0 && found[i-1] == t {
			all[len(all)-1].weight++
			continue
		}
		all = append(all, weighted{t, 1})
	}
	return all
}

// logCount is 1 + log n, at once for the words that occur once.
func logCount(n float32) float64 {
	if n == 1 {
		return 1
	}
	return 1 + math.Log(float64(n))
}

// normal cuts v to its heaviest terms and to length 1.
func normal(v vector) vector {
	if len(v) > maxDistinct {
		v = v.heaviest(maxDistinct)
		slices.SortFunc(v, func(a, b weighted) int { return cmp.Compare(a.term, b.term) })
	}
	sum := 0.0
	for _, w := range v {
		sum += float64(w.weight) * float64(w.weight)
	}
	if !(sum > 0) {
		return nil
	}
	length := float32(math.Sqrt(sum))
	for i := range v {
		v[i].weight /= length
	}
	return v
}

// heaviest is a copy of v's n heaviest terms, heaviest first.
func (v vector) heaviest(n int) vector {
	h := slices.Clone(v)
	slices.SortFunc(h, func(a, b weighted) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.term, b.term))
	})
	return h[:min(n, len(h))]
}

// cosine of two vectors, 0..1.
func cosine(a, b vector) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].term < b[j].term:
			i++
		case a[i].term > b[j].term:
			j++
		default:
			sum += float64(a[i].weight) * float64(b[j].weight)
			i++
			j++
		}
	}
	return unit(sum)
}
