package rank

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of what may be picked.
const (
	minWords        = 5
	maxCapitals     = 0.55
	minCased        = 21 // letters that a share of capitals is judged on
	maxBangs        = 0.22
	maxInsults      = 1
	maxLinks        = 7
	minWordsPerLink = 9.6  // where there are two links or more
	minDistinct     = 0.38 // distinct words as a share of all, of at most repeatWindow
	repeatFrom      = 30
	repeatWindow    = 150
)

// vetoOwn judges every comment by itself, vetoCopies and vetoLinks by those
// that stand. Each of the three looks only at comments that it leaves standing,
// so that a comment which may not be picked changes nothing for the others.
func (t *thread) vetoOwn() {
	blocked := lowered(t.options.BlockedAuthors)
	for _, e := range t.entries {
		if e.author != "" && slices.Contains(blocked, e.author) {
			e.veto = "its writer is blocked"
			continue
		}
		e.veto = t.fault(e.said)
	}
}

func lowered(words []string) []string {
	var out []string
	for _, w := range words {
		if w = strings.Join(strings.Fields(strings.ToLower(w)), " "); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// fault is what is wrong with a comment, whatever stands around it.
func (t *thread) fault(s said) string {
	if s.adverts == 1 && t.unvouched(s) {
		return "advertising"
	}
	return faultOf(s)
}

// faultOf is what is wrong with a comment wherever it stands.
func faultOf(s said) string {
	switch {
	case s.blocked != "":
		return fmt.Sprintf("has the blocked word %q", s.blocked)
	case s.words < minWords:
		return "too short: " + plural(s.words, "word") + " of its own"
	case mostlyLinks(s):
		return "mostly links"
	case shouts(s):
		return "shouting"
	case s.insults > maxInsults:
		return "swearing or insults"
	case repeatsItself(s):
		return "repeats itself"
	case s.adverts > 1:
		return "advertising"
	}
	return ""
}

func mostlyLinks(s said) bool {
	n := 0
	for _, l := range s.links {
		if !l.aside {
			n++
		}
	}
	return n > maxLinks || n >= 2 && float64(s.words) < float64(n)*minWordsPerLink
}

func shouts(s said) bool {
	if s.cased >= minCased && float64(s.upper) >= maxCapitals*float64(s.cased) {
		return true
	}
	return float64(s.bangs) >= maxBangs*float64(max(12, s.words))
}

func repeatsItself(s said) bool {
	if len(s.terms) < repeatFrom {
		return false
	}
	limit := minDistinct * float64(min(len(s.terms), repeatWindow))
	if float64(atLeastDistinct(s.terms)) > limit {
		return false
	}
	distinct := slices.Clone(s.terms)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	return float64(len(distinct)) <= limit
}

// atLeastDistinct is how many distinct terms there are at the least, for sure and fast.
func atLeastDistinct(terms []uint64) int {
	var seen [64]uint64
	n := 0
	for _, t := range terms {
		h := spread(t)
		if bit := uint64(1) << (h & 63); seen[h>>6&63]&bit == 0 {
			seen[h>>6&63] |= bit
			n++
		}
	}
	return n
}

// unvouched says whether s links to a site that neither the article nor the
// reference list knows.
func (t *thread) unvouched(s said) bool {
	return slices.ContainsFunc(s.links, func(l link) bool { return !t.vouched[l.site] })
}
