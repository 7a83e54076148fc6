package rank

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxReasons is how many reasons a pick carries.
const maxReasons = 3

// A feature is worth a reason from these values on.
const (
	longWords  = 80
	earlyShare = 0.75
	centralTo  = 0.7
	novelFrom  = 0.75
	manyMore   = 3 // comments before one that "nobody made before" can be said of
)

// reason is something good that can be said of a comment, and what it
// contributed to its score.
type reason struct {
	words  string
	weight float64
}

// why says in words what contributed most to e's score.
func (t *thread) why(e *entry, standing []*entry) []string {
	list := t.reasons(e, standing)
	slices.SortStableFunc(list, func(a, b reason) int { return cmp.Compare(b.weight, a.weight) })
	var out []string
	for _, r := range list[:min(maxReasons, len(list))] {
		out = append(out, r.words)
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf("says more than most of the %s", plural(len(standing), "comment")))
	}
	return out
}

func (t *thread) reasons(e *entry, standing []*entry) []reason {
	var list []reason
	add := func(holds bool, weight float64, format string, args ...any) {
		if holds {
			list = append(list, reason{fmt.Sprintf(format, args...), weight})
		}
	}
	worth := func(f feature) float64 { return weights[f] * e.x[f] }
	if v := votesOf(e.comment); v >= 1 {
		words := plural(e.comment.Votes.Up-e.comment.Votes.Base, "like")
		if v == t.mostVotes && len(standing) > 1 {
			words += ", most in the thread"
		}
		add(true, voteWeight*v, "%s", words)
	}
	early := worth(fEarlyFast) + worth(fEarlyTop) + worth(fFirstHours)
	first := len(standing) > 2 && e.early >= earlyShare && early > 0.3
	isCentral := len(standing) > 2 && e.x[fCentral] >= centralTo
	add(first && isCentral, early+worth(fCentral), "one of the first, and still central to the discussion")
	add(first && !isCentral, early, "one of the first to comment")
	add(isCentral && !first, worth(fCentral), "central to the discussion")
	add(e.x[fNovel] >= novelFrom && (1-e.early)*float64(len(standing)-1) >= manyMore,
		worth(fNovel), "makes a point nobody made before")
	add(len(e.repliers) > 0, worth(fReplies)+0.5*float64(min(len(e.repliers), 4)), "%s answered it", people(len(e.repliers)))
	add(e.said.words >= longWords, worth(fLength), "goes into detail")
	add(e.x[fSource] > 0, worth(fSource), "links a source")
	add(e.said.numbers >= 2, worth(fNumbers), "gives figures")
	return list
}

// weakness names what keeps a comment below the quality bar.
func weakness(e *entry) string {
	var parts []string
	if e.said.words < longWords/2 {
		parts = append(parts, "only "+plural(e.said.words, "word"))
	} else if e.x[fSource]+e.x[fNumbers]+e.x[fReplies] == 0 {
		parts = append(parts, "no source, figures or answers")
	}
	if e.x[fQuestion] > 0 {
		parts = append(parts, "asks rather than tells")
	}
	if e.x[fChatty] > neutral {
		parts = append(parts, "its writer dominates the thread")
	}
	if len(parts) == 0 {
		return "little of substance"
	}
	return strings.Join(parts, ", ")
}

// fewer says of each feature what having less of it is called; of features with
// negative weight, what having more is.
var fewer = map[feature]string{
	fLength:     "shorter",
	fEarlyFast:  "came later",
	fFirstHours: "came later",
	fEarlyTop:   "came later",
	fCentral:    "less central",
	fNovel:      "nearer to what was said before",
	fSource:     "links no source",
	fReplies:    "fewer answers",
	fNumbers:    "fewer figures",
	fChatty:     "its writer says much in this thread",
	fQuestion:   "asks a question",
	fDepth:      "deeper in a sub-thread",
	fByAuthor:   "by the article's author",
}

// shortfall names the two things by which e lost most against p.
func shortfall(e, p *entry) string {
	var list []reason
	if v := voteWeight * (votesOf(p.comment) - votesOf(e.comment)); v > 0 {
		list = append(list, reason{"fewer votes", v})
	}
	for f := range featureCount {
		if d := weights[f] * (p.x[f] - e.x[f]); d > 0.05 && fewer[f] != "" {
			list = append(list, reason{fewer[f], d})
		}
	}
	slices.SortStableFunc(list, func(a, b reason) int { return cmp.Compare(b.weight, a.weight) })
	var out []string
	for _, r := range list {
		if !slices.Contains(out, r.words) && len(out) < 2 {
			out = append(out, r.words)
		}
	}
	return strings.Join(out, ", ")
}

func people(n int) string {
	if n == 1 {
		return "one person"
	}
	return fmt.Sprintf("%d people", n)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
