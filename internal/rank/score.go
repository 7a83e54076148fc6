package rank

import "math"

// voteWeight is what a doubling of votes is worth beside the features; where
// people voted, their votes decide.
const voteWeight = 4

// halfSeen is the age at which half of those who will see a comment have; until
// then it is credited with a part of the thread's mean.
const halfSeen = 12 // hours

// The quality bar stands on what a comment says, not on its place in the thread,
// so that a thread where nothing is good yields nothing.
const (
	barArticle     = 1.15
	barForum       = 0.9
	clearVotes     = 3 // votes above base from which a thread counts as voted on
	approvedBy     = 2 // people whose answers of substance let a comment pass the bar
	approvedLength = 8 // words that it needs even so
)

// contentFeatures mean the same in every thread, however good its rest.
var contentFeatures = []feature{fLength, fWordLength, fSource, fNumbers, fReplies, fQuestion, fChatty, fByAuthor}

// scoreAll gives every comment that stands its score.
func (t *thread) scoreAll() {
	standing := t.standing()
	mean := 0.0
	for _, e := range standing {
		v := votesOf(e.comment)
		mean += math.Max(0, v) / float64(len(standing))
		t.mostVotes = math.Max(t.mostVotes, v)
	}
	for _, e := range standing {
		s := 0.0
		for f, w := range weights {
			s += w * e.x[f]
		}
		e.score = rounded(s + voteWeight*t.voteSignal(e, mean))
	}
}

// voteSignal is a comment's votes on a logarithmic scale, 0 where nobody can vote.
func (t *thread) voteSignal(e *entry, mean float64) float64 {
	if e.comment.Votes == nil {
		return 0
	}
	v := votesOf(e.comment)
	if v < 0 {
		return -math.Log2(1 - v)
	}
	seen := neutral
	if !e.at.IsZero() {
		h := math.Max(0, t.now.Sub(e.at).Hours())
		seen = h / (h + halfSeen)
	}
	return math.Log2(1 + v + mean*(1-seen))
}

// passes says whether e is good enough to be printed at all.
func (t *thread) passes(e *entry) bool {
	if t.options.Unguarded {
		return true
	}
	if e.comment.Votes != nil && t.mostVotes >= clearVotes && votesOf(e.comment) >= 0 {
		return true
	}
	if len(e.backers) >= approvedBy && e.said.words >= approvedLength {
		return true
	}
	s := 0.0
	for _, f := range contentFeatures {
		s += weights[f] * e.x[f]
	}
	return s >= t.bar()
}

func (t *thread) bar() float64 {
	switch {
	case t.options.Bar != nil:
		return *t.options.Bar
	case t.options.Forum:
		return barForum
	}
	return barArticle
}
