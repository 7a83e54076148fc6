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
	ids := map[uint64]int32{}
	var df []float64
	vectors = make([]vector, len(texts))
	for i, text := range texts {
		vectors[i] = counts(text, ids)
		for range len(ids) - len(df) {
			df = append(df, 0)
		}
		for _, w := range vectors[i] {
			df[w.term]++
		}
	}
	for i := range vectors {
		for j, w := range vectors[i] {
			idf := math.Log((float64(len(texts)) + 1) / (df[w.term] + 0.5))
			vectors[i][j].weight = float32((1 + math.Log(float64(w.weight))) * idf)
		}
		vectors[i] = normal(vectors[i])
	}
	return vectors, len(ids)
}

// counts is a text's terms and how often each occurs, giving new ones an id.
func counts(text []uint64, ids map[uint64]int32) vector {
	v := make(vector, 0, len(text))
	for _, t := range text {
		id, ok := ids[t]
		if !ok {
			id = int32(len(ids))
			ids[t] = id
		}
		v = append(v, weighted{id, 1})
	}
	slices.SortFunc(v, func(a, b weighted) int { return cmp.Compare(a.term, b.term) })
	out := v[:0]
	for _, w := range v {
		if n := len(out); n > 0 && out[n-1].term == w.term {
			out[n-1].weight++
			continue
		}
		out = append(out, w)
	}
	return slices.Clip(out)
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
	for i := range v {
		v[i].weight /= float32(math.Sqrt(sum))
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
