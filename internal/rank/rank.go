// Package rank chooses the comments of a thread that are worth printing, says
// in words why each of them was chosen and why the others were not, and orders
// articles by how much they were discussed. Everything that weighs a comment
// belongs here. The package is pure: no clock, no randomness, no network; the
// order of its input never matters, and a comment that may not be picked
// changes nothing for the others.
//
// A thread passes through these steps: order (canonical order, duplicates),
// read (text, words, links), veto (what may not be picked), features (numbers
// in 0..1), score (weights and votes), choose (diversity and quality bar), why.
package rank

import (
	"time"

	"digest.example/internal/digest"
)

// Options say how many comments are wanted and what the operator knows of the site.
type Options struct {
	PerArticle int // picks wanted; fewer come back where fewer are good
	Reserves   int // comments that may replace a pick that disappears

	// MinAge is the settling time of a thread: one that was younger when it was
	// last looked through counts more easily as still being discussed.
	MinAge time.Duration

	// Site is a URL or host of the site; links to it are vouched for, as are
	// links to the article's own host.
	Site string

	// Vouched are further hosts that comments may link to, from the operator or
	// from what was printed before; the package knows a short list of its own.
	Vouched []string

	// Forum says that the source is a discussion board, where answers are
	// shorter than under an article: the quality bar is lower.
	Forum bool

	// Bar is the content score that a comment needs, instead of the one for
	// articles or forums; negative infinity: none. Nil: the usual one.
	Bar *float64

	// Unguarded ranks by score alone: no veto, no bar, and several comments of
	// one writer or sub-thread. It is for measuring the score, not for mails.
	Unguarded bool

	BlockedWords   []string // a comment with one of these words or phrases is never picked; any case
	BlockedAuthors []string // names whose comments are never picked; any case

	// Candidate says whether a comment may be picked at all, for instance because
	// it was not printed before. The others still shape the thread. Nil: all may.
	Candidate func(digest.Comment) bool
}

// Result is what came of a thread. Every comment of the thread stands in exactly
// one of Picks, Reserves and Lost.
type Result struct {
	Picks    []digest.CommentPick // best first, at most Options.PerArticle
	Reserves []digest.CommentPick // best first; share no author and no sub-thread with Picks or each other
	Lost     []digest.Omission    // each with the reason, in words
	Read     int                  // comments that were considered
	Good     int                  // candidates that passed the vetoes and the quality bar
	Writers  int                  // people who wrote those
}
