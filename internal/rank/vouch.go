package rank

import (
	"time"

	"digest.example/internal/digest"
)

// minReplyWords keeps a bare "+1" from counting as an answer, so that a raid
// cannot buy a place.
const minReplyWords = 4

// vouchAge is how long a link must have stood unremoved to vouch for its site.
const vouchAge = 24 * time.Hour

// vouchedByArticle are the sites that need nobody's word.
func vouchedByArticle(a digest.Article, o Options) map[string]bool {
	m := map[string]bool{}
	for s := range reference {
		m[s] = true
	}
	_, addresses := ownWords(a.HTML)
	_, more := ownWords(a.Summary)
	addresses = append(append(addresses, more...), a.URL, a.Original, a.CommentsURL, a.Author.URL, o.Site)
	addresses = append(addresses, o.Vouched...)
	for _, address := range addresses {
		if s := siteOf(address); s != "" {
			m[s] = true
		}
	}
	return m
}

// vetoLinks removes comments with a link to a site that nobody vouches for and
// that nobody answered. It begins with all of them standing and removes those
// without support until none is left to remove (the greatest fixed point), so
// that comments which fall here support nobody.
func (t *thread) vetoLinks() {
	var doubtful []int
	for i, e := range t.entries {
		if e.veto == "" && t.unvouched(e.said) {
			doubtful = append(doubtful, i)
		}
	}
	for changed := len(doubtful) > 0; changed; {
		changed = false
		answered := t.answered()
		witnesses := t.witnesses(doubtful, answered)
		for _, i := range doubtful {
			e := t.entries[i]
			if e.veto == "" && !answered[i] && !t.supported(e, witnesses) {
				e.veto = "links to a site that nobody vouches for, and nobody answered it"
				changed = true
			}
		}
	}
	t.linked = t.witnesses(doubtful, t.answered())
}

// answered marks the comments that somebody else, who stands, answered.
func (t *thread) answered() []bool {
	out := make([]bool, len(t.entries))
	for _, e := range t.entries {
		if t.answers(e) {
			out[e.parent] = true
		}
	}
	return out
}

// answers says whether e is an answer by another person that counts.
func (t *thread) answers(e *entry) bool {
	if e.parent < 0 || e.veto != "" || e.said.words < minReplyWords {
		return false
	}
	p := t.entries[e.parent]
	return e.author == "" || e.author != p.author
}

// witnesses are, for each site, the people whose standing comments link to it
// and are answered or old enough.
func (t *thread) witnesses(doubtful []int, answered []bool) map[string]map[string]bool {
	m := map[string]map[string]bool{}
	for _, i := range doubtful {
		e := t.entries[i]
		old := !e.at.IsZero() && t.now.Sub(e.at) >= vouchAge
		if e.veto != "" || e.author == "" || !answered[i] && !old {
			continue
		}
		for _, l := range e.said.links {
			if m[l.site] == nil {
				m[l.site] = map[string]bool{}
			}
			m[l.site][e.author] = true
		}
	}
	return m
}

// supported says whether each of e's sites is known or has two witnesses besides e.
func (t *thread) supported(e *entry, witnesses map[string]map[string]bool) bool {
	for _, l := range e.said.links {
		if !t.trusts(e, l.site, witnesses) {
			return false
		}
	}
	return true
}

func (t *thread) trusts(e *entry, site string, witnesses map[string]map[string]bool) bool {
	if t.vouched[site] {
		return true
	}
	n := len(witnesses[site])
	if witnesses[site][e.author] {
		n--
	}
	return n >= 2
}
