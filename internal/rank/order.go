package rank

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
)

// entry is one comment on its way through the ranking.
type entry struct {
	comment digest.Comment
	tie     uint64    // hash of the stable id
	author  string    // authorKey
	at      time.Time // when it was written, never after now; zero: unknown
	said    said
	parent  int // index of the comment it answers, -1: none or not there
	branch  int // sub-thread: equal for all comments below one top-level comment
	depth   int // 0: top level, at most maxDepth

	veto  string // why it may not be picked
	x     features
	score float64

	vector   vector
	early    float64         // share of the thread that came later
	answers  int             // direct answers of substance by others
	praise   int             // shorter ones
	repliers map[string]bool // who wrote them
	backers  map[string]bool // who wrote those of substance
	lost     string          // why it was not picked although it could have been
}

// maxDepth is where depth stops counting.
const maxDepth = 5

// inOrder brings comments into an order that depends on nothing but themselves
// (time, undated ones last, then the hash of the id), and sets apart those
// whose id occurs twice.
func inOrder(a digest.Article, now time.Time) (entries []*entry, twice []digest.Comment) {
	all := make([]*entry, len(a.Comments))
	for i, c := range a.Comments {
		e := &entry{comment: c, tie: hashOf(a.Source, a.ID, c.ID), author: authorKey(c.Author), at: c.Published, parent: -1}
		if e.at.After(now) { // a clock that runs fast, or a lie
			e.at = now
		}
		all[i] = e
	}
	slices.SortFunc(all, earlier)
	seen := make(map[string]bool, len(all))
	for _, e := range all {
		if seen[e.comment.ID] {
			twice = append(twice, e.comment)
			continue
		}
		seen[e.comment.ID] = true
		entries = append(entries, e)
	}
	return entries, twice
}

func earlier(a, b *entry) int {
	if az, bz := a.at.IsZero(), b.at.IsZero(); az != bz {
		if az {
			return 1
		}
		return -1
	}
	return cmp.Or(
		a.at.Compare(b.at),
		cmp.Compare(a.tie, b.tie),
		strings.Compare(a.comment.ID, b.comment.ID),
		strings.Compare(a.comment.HTML, b.comment.HTML), // the rest: only for ids that occur twice
		strings.Compare(a.comment.Author.Name, b.comment.Author.Name),
		strings.Compare(a.comment.Parent, b.comment.Parent),
		strings.Compare(a.comment.URL, b.comment.URL),
		cmp.Compare(votesOf(a.comment), votesOf(b.comment)),
		a.comment.Published.Compare(b.comment.Published),
	)
}

// linkParents finds every comment's parent, depth and sub-thread. It knows all
// comments, also those that may not be picked: a sub-thread does not fall apart
// because its first comment is spam. Orphans of one lost parent stay together,
// and comments that answer each other in a circle are one sub-thread.
func linkParents(entries []*entry) {
	index := make(map[string]int, len(entries))
	for i, e := range entries {
		index[e.comment.ID] = i
	}
	sets := newSets(len(entries))
	orphans := map[string]int{}
	for i, e := range entries {
		id := e.comment.Parent
		if id == "" {
			continue
		}
		p, ok := index[id]
		switch {
		case ok && p != i:
			e.parent = p
			sets.join(i, p)
		case !ok:
			if first, known := orphans[id]; known {
				sets.join(i, first)
			}
			orphans[id] = i
		}
	}
	for i, e := range entries {
		e.branch = sets.find(i)
		for p := e.parent; p >= 0 && e.depth < maxDepth; p = entries[p].parent {
			e.depth++
		}
	}
}

// sets is a union-find forest with path halving.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(a, b int) { s[s.find(a)] = s.find(b) }
