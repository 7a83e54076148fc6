package rank

import (
	"math"
	"testing"
	"time"

	"digest.example/internal/digest"
	"pgregory.net/rapid"
)

func someTexts(t *rapid.T) [][]uint64 {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Uint64Range(1, 30), 0, 12), 1, 15).Draw(t, "texts")
}

// slowCentral is LexRank as it is written in the paper, with the whole matrix.
func slowCentral(v []vector) []float64 {
	n := len(v)
	rank := make([]float64, n)
	for i := range rank {
		rank[i] = 1 / float64(n)
	}
	for range iterations {
		next := make([]float64, n)
		for i := range next {
			next[i] = (1 - damping) / float64(n)
		}
		for j := range v {
			degree := 0.0
			for k := range v {
				if k != j {
					degree += cosine(v[j], v[k])
				}
			}
			for i := range v {
				if i != j && degree > 1e-6 {
					next[i] += damping * rank[j] * cosine(v[i], v[j]) / degree
				}
			}
		}
		rank = next
	}
	largest := 0.0
	for _, r := range rank {
		largest = math.Max(largest, r)
	}
	for i := range rank {
		rank[i] /= largest
	}
	return rank
}

func TestCentralIsLexRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, terms := vectorsOf(someTexts(t))
		want := slowCentral(v)
		for i, got := range central(v, terms) {
			if math.Abs(got-want[i]) > 1e-3 {
				t.Fatalf("%d: %v, want %v", i, got, want[i])
			}
		}
	})
}

func TestNearestIsExactInUsualThreads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, terms := vectorsOf(someTexts(t))
		for i, got := range nearest(v, terms) {
			want := 0.0
			for j := range i {
				want = max(want, cosine(v[i], v[j]))
			}
			if math.Abs(got-want) > 1e-5 {
				t.Fatalf("%d: %v, want %v", i, got, want)
			}
		}
	})
}

func TestNearestFindsRepetitionInGiantThreads(t *testing.T) {
	a := bigThread(2 * exactUpTo)
	var texts [][]uint64
	for _, c := range a.Comments {
		texts = append(texts, read(c.HTML, nil).terms)
	}
	texts = append(texts, texts[3])
	v, terms := vectorsOf(texts)
	if got := nearest(v, terms)[len(v)-1]; got < 0.99 {
		t.Errorf("a repetition is like an earlier comment by %v", got)
	}
}

func TestArticles(t *testing.T) {
	quiet, busy, old := article(), discussion(), discussion()
	quiet.ID, busy.ID, old.ID = "quiet", "busy", "old"
	old.Published = now.AddDate(0, 0, -7)
	counted := article()
	counted.ID, counted.CommentCount = "counted", 400
	voted := discussion()
	voted.ID = "voted"
	voted.Comments[0].Votes = &digest.Votes{Up: 90, Down: -1}
	want := []string{"counted", "voted", "busy", "old", "quiet"}
	in := []digest.Article{old, quiet, voted, counted, busy}
	for range in {
		in = append(in[1:], in[0])
		for i, a := range Articles(in, now, 7*24*time.Hour) {
			if a.ID != want[i] {
				t.Errorf("place %d is %s, want %s", i, a.ID, want[i])
			}
		}
	}
}

func TestOddArticlesSort(t *testing.T) {
	for _, window := range []time.Duration{0, -1, time.Hour} {
		if got := Articles([]digest.Article{{}, {CommentCount: -5}, {Published: now.AddDate(900, 0, 0)}}, now, window); len(got) != 3 {
			t.Errorf("%d articles", len(got))
		}
	}
}
