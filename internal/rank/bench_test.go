package rank

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// now is when every test ranks.
var now = time.Date(2026, 3, 15, 9, 0, 0, 0, time.UTC)

// bigThread is a thread of n comments whose words are as unevenly frequent as
// those of a language (Zipf), in deep and shallow sub-threads.
func bigThread(n int) digest.Article {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.1, 2, 30_000)
	a := digest.Article{
		Source: "s", ID: "a", URL: "https://site.example/a", Title: "A title",
		HTML: "<p>" + randomText(rng, zipf, 800) + "</p>", Published: now.AddDate(0, 0, -5),
	}
	for i := range n {
		c := digest.Comment{
			ID: fmt.Sprint("c", i), Author: digest.Author{Name: fmt.Sprint("writer ", rng.IntN(n/2+1))},
			Published: a.Published.Add(time.Duration(rng.IntN(5*24*3600)) * time.Second),
			HTML:      "<p>" + randomText(rng, zipf, 5+rng.IntN(120)) + "</p>",
		}
		if i > 0 && rng.IntN(3) > 0 {
			c.Parent = fmt.Sprint("c", rng.IntN(i))
		}
		a.Comments = append(a.Comments, c)
	}
	return a
}

func randomText(rng *rand.Rand, zipf *rand.Zipf, words int) string {
	var b strings.Builder
	for range words {
		fmt.Fprintf(&b, "w%s ", strings.Repeat(string(rune('a'+zipf.Uint64()%26)), 1+rng.IntN(2))+letters(zipf.Uint64()))
	}
	return b.String()
}

// letters spells x in letters.
func letters(x uint64) string {
	s := ""
	for ; x > 0; x /= 26 {
		s += string(rune('a' + x%26))
	}
	return s
}

var benchOptions = Options{PerArticle: 2, Reserves: 4, MinAge: 24 * time.Hour, Site: "https://site.example"}

func BenchmarkThread(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		a := bigThread(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Thread(a, now, benchOptions)
			}
		})
	}
}

// BenchmarkSameWords is the worst case for looking up likenesses: everybody
// says nearly the same.
func BenchmarkSameWords(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	a := bigThread(0)
	vocabulary := make([]string, 60)
	for i := range vocabulary {
		vocabulary[i] = "word" + letters(uint64(i+1)*77)
	}
	for i := range 10_000 {
		var words []string
		for range 60 {
			words = append(words, vocabulary[rng.IntN(len(vocabulary))])
		}
		a.Comments = append(a.Comments, digest.Comment{
			ID: fmt.Sprint(i), Author: digest.Author{Name: fmt.Sprint(i)}, HTML: strings.Join(words, " "),
			Published: a.Published.Add(time.Duration(i) * time.Second),
		})
	}
	for b.Loop() {
		Thread(a, now, benchOptions)
	}
}

func Benchmark1000ThreadsOf100(b *testing.B) {
	a := bigThread(100)
	for b.Loop() {
		for range 1_000 {
			Thread(a, now, benchOptions)
		}
	}
}
