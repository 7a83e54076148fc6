package library

import (
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// The codes of what makes a harvest unbelievable. An operator who knows better
// goes past one by naming it.
const (
	CodeMoved  = "source-moved"
	CodeSilent = "source-silent"
)

// Rejection is the error of a harvest that cannot be right.
type Rejection struct {
	Code string
	Why  string
}

func (r *Rejection) Error() string { return r.Why }

// reconcile makes a harvest one of the library's: what is known already keeps
// its id, whatever the source calls it now. It refuses with a *Rejection what
// looks like another site's harvest, or a broken one's, unless its code is in
// force.
func reconcile(h digest.Harvest, m Memory, force []string) (digest.Harvest, error) {
	h.Articles = slices.Clone(h.Articles)
	h.Warnings = slices.Clone(h.Warnings)
	m.Articles = slices.Clone(m.Articles)
	h = withoutTwins(h)
	n := m.names()
	moved := recognise(h.Articles, m, n)
	if total := len(h.Articles); moved >= movedLeast && 5*moved > 4*total && !slices.Contains(force, CodeMoved) {
		return digest.Harvest{}, &Rejection{CodeMoved, fmt.Sprintf(
			"%d of %d articles have another id than before, though their addresses are the same: "+
				"has the site moved? If all is well there, nothing of it will be mailed twice", moved, total)}
	}
	if r := silent(h, m, n); r != nil && !slices.Contains(force, CodeSilent) {
		return digest.Harvest{}, r
	}
	h = n.asKept(h)
	if !m.Succeeded.IsZero() {
		date(h, m, n)
	}
	return h, nil
}

// movedLeast is how many articles under new ids are more than a whim.
const movedLeast = 3

// withoutTwins keeps one of several articles with the same id: the one dated
// last, or listed last.
func withoutTwins(h digest.Harvest) digest.Harvest {
	at := map[string]int{}
	var kept []digest.Article
	for _, a := range h.Articles {
		i, twice := at[a.ID]
		if !twice {
			at[a.ID] = len(kept)
			kept = append(kept, a)
			continue
		}
		h.Warnings = append(h.Warnings, fmt.Sprintf("two articles have the id %q; the later one counts", a.ID))
		if !later(kept[i]).After(later(a)) {
			kept[i] = a
		}
	}
	h.Articles = kept
	return h
}

func later(a digest.Article) time.Time {
	if a.Updated.After(a.Published) {
		return a.Updated
	}
	return a.Published
}

// recognise finds the articles that have changed their id by their address, and
// gives those of the library their new alias. An address that several share says
// nothing. It returns how many have changed.
func recognise(articles []digest.Article, m Memory, n names) (moved int) {
	const several = -1
	byLink := map[string]int{}
	for i, k := range m.Articles {
		if _, taken := byLink[k.Link]; taken {
			i = several
		}
		byLink[k.Link] = i
	}
	links := map[string]int{}
	listed := map[string]bool{}
	for _, a := range articles {
		links[Link(a.URL)]++
		listed[a.ID] = true
	}
	for _, a := range articles {
		link := Link(a.URL)
		i, ok := byLink[link]
		if link == "" || links[link] > 1 || !ok || i == several || n.known(a.ID) != nil {
			continue
		}
		k := &m.Articles[i]
		if listed[k.ID] || k.Alias != "" && listed[k.Alias] {
			continue // both are there: they are two
		}
		k.Alias = a.ID
		n.listed[a.ID] = k
		moved++
	}
	return moved
}

// lateMost is how long after its date an article may still appear as a new one.
const lateMost = 90 * 24 * time.Hour

// date marks articles that appeared under a date that had passed when the
// source was last pulled. What is listed after everything that is known is no
// such article: it came into view because something else disappeared.
func date(h digest.Harvest, m Memory, n names) {
	var last int
	for i, a := range h.Articles {
		if n.kept[a.ID] != nil {
			last = i
		}
	}
	for i := range h.Articles[:last] {
		a := &h.Articles[i]
		if n.kept[a.ID] == nil && a.Published.Before(m.Succeeded) && !a.Published.IsZero() && h.At.Sub(a.Published) < lateMost {
			a.Appeared = h.At
		}
	}
}
