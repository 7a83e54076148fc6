package rank

import (
	"time"

	"digest.example/internal/digest"
)

// minReplyWords keeps a bare "+1" from counting as an answer, so that a raid
// cannot buy a place.
const minReplyWords = 4

// substance is how many words an answer needs before it says more than praise:
// only such answers let a comment pass which they vouch for.
const substance = 12

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

// maxRounds bounds how long sites may vouch for each other in chains; nobody
// but an attacker gets near it.
const maxRounds = 64

// vetoLinks removes comments with a link to a site that nobody vouches for and
// that nobody answered. It begins with all of them standing and removes those
// without support until none is left to remove (the greatest fixed point), so
// that comments which fall here support nobody.
func (t *thread) vetoLinks() {
	doubtful := make([]bool, len(t.entries))
	answers := make([]int, len(t.entries))
	for i, e := range t.entries {
		doubtful[i] = e.veto == "" && t.unvouched(e.said)
		if t.backs(e) {
			answers[e.parent]++
		}
	}
	t.linked = t.witnesses(doubtful, answers)
	for round := 0; t.dropUnsupported(doubtful, answers, round < maxRounds); round++ {
		t.linked = t.witnesses(doubtful, answers)
	}
}

// dropUnsupported vetoes the doubtful comments that lack support, and says
// whether there were any. What a fallen comment answered is judged anew at once:
// a long chain of answers must not cost a round for each link.
func (t *thread) dropUnsupported(doubtful []bool, answers []int, trusting bool) (fell bool) {
	for i := range t.entries {
		for i >= 0 && doubtful[i] && answers[i] == 0 {
			e := t.entries[i]
			if e.veto != "" || trusting && t.supported(e) {
				break
			}
			counted := t.backs(e)
			e.veto = "links to a site that nobody vouches for, and nobody answered it"
			fell = true
			if !counted {
				break
			}
			i = e.parent
			answers[i]--
		}
	}
	return fell
}

// answers says whether e is an answer by another person that counts.
func (t *thread) answers(e *entry) bool {
	if e.parent < 0 || e.veto != "" || e.said.words < minReplyWords {
		return false
	}
	p := t.entries[e.parent]
	return e.author == "" || e.author != p.author
}

// backs says whether e is an answer that speaks for what it answers: one with
// something to say, and not for the same site. Words of praise are cheap.
func (t *thread) backs(e *entry) bool {
	if !t.answers(e) || e.said.words < substance && !t.byWriter(e) {
		return false
	}
	for _, l := range e.said.links {
		if !t.vouched[l.site] && t.entries[e.parent].said.linksTo(l.site) {
			return false
		}
	}
	return true
}

// witnesses are, for each site, the people who link to it and take part
// otherwise too: in a comment without that link which stands and is answered or
// old enough. Whoever invents people to praise a site has to make them talk.
func (t *thread) witnesses(doubtful []bool, answers []int) map[string]map[string]bool {
	m := map[string]map[string]bool{}
	comments := map[string]int{}           // of each person
	linking := map[string]map[string]int{} // of each site and person, those of them that link there
	for i, e := range t.entries {
		if e.veto != "" || e.author == "" {
			continue
		}
		old := !e.at.IsZero() && t.now.Sub(e.at) >= vouchAge
		if counts := old || answers[i] > 0; counts {
			comments[e.author]++
		}
		if !doubtful[i] {
			continue
		}
		for _, site := range e.said.sites() {
			if linking[site] == nil {
				linking[site] = map[string]int{}
			}
			if old || answers[i] > 0 {
				linking[site][e.author]++
			}
		}
	}
	for site, people := range linking {
		m[site] = map[string]bool{}
		for author, n := range people {
			if n > 0 && comments[author] > n {
				m[site][author] = true
			}
		}
	}
	return m
}

// supported says whether all of e's sites are trusted.
func (t *thread) supported(e *entry) bool {
	for _, l := range e.said.links {
		if !t.trusts(e, l.site) {
			return false
		}
	}
	return true
}

// trusts says whether a site is known or has two witnesses besides e's writer.
func (t *thread) trusts(e *entry, site string) bool {
	if t.vouched[site] {
		return true
	}
	n := len(t.linked[site])
	if t.linked[site][e.author] {
		n--
	}
	return n >= 2
}
