package rank

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// What makes an article worth the top of an issue. Unlike the comments' weights
// these were set by hand: a discussion of fifty people outweighs a week of age.
const (
	weightDiscussion   = 1.0 // distinct commenters, log, full at fullDiscussion
	weightArticleVotes = 0.5 // votes on its comments above their base, log, full at fullVotes
	weightRecency      = 0.5 // 1 now, 0 at the window's far end

	fullDiscussion = 50
	fullVotes      = 200
)

// Articles returns as ordered for an issue, most worth reading first: by how
// many people discussed an article, by votes where there are any, and by recency
// within window. The input's order never matters, and as is left alone.
func Articles(as []digest.Article, now time.Time, window time.Duration) []digest.Article {
	type scored struct {
		article digest.Article
		score   float64
		tie     uint64
	}
	list := make([]scored, len(as))
	for i, a := range as {
		list[i] = scored{a, articleScore(a, now, window), hashOf(a.Source, a.ID)}
	}
	slices.SortStableFunc(list, func(x, y scored) int {
		return cmp.Or(
			cmp.Compare(y.score, x.score),
			cmp.Compare(x.tie, y.tie),
			cmp.Compare(x.article.Source, y.article.Source),
			cmp.Compare(x.article.ID, y.article.ID),
		)
	})
	out := make([]digest.Article, len(list))
	for i := range list {
		out[i] = list[i].article
	}
	return out
}

func articleScore(a digest.Article, now time.Time, window time.Duration) float64 {
	s := weightDiscussion*logShare(commenters(a), fullDiscussion) +
		weightArticleVotes*logShare(articleVotes(a), fullVotes)
	if window > 0 && !a.Published.IsZero() {
		s += weightRecency * unit(1-now.Sub(a.Published).Hours()/window.Hours())
	}
	return rounded(s)
}

// commenters is how many people took part. Where the source counts more comments
// than it gave, the rest are taken to be written by as many people each.
func commenters(a digest.Article) float64 {
	people := map[string]bool{}
	for _, c := range a.Comments {
		people[authorKey(c.Author)] = true
	}
	if len(a.Comments) == 0 {
		return math.Max(0, float64(a.CommentCount)) / 2 // people write about two each
	}
	scale := math.Max(1, float64(a.CommentCount)/float64(len(a.Comments)))
	return float64(len(people)) * scale
}

func articleVotes(a digest.Article) float64 {
	sum := 0.0
	for _, c := range a.Comments {
		sum += math.Max(0, votesOf(c))
	}
	return sum
}

// hashOf breaks ties in a way that no writer can see beforehand and no input
// order can change.
func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}
