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
	h.Warnings = slices.Clone(h.Warnings)
	h = withoutTwins(h)
	n := m.names()
	who := recognise(h, m, n)
	if moved, total := renamings(h, who), len(h.Articles); tooMany(moved, total, movedLeast) && !slices.Contains(force, CodeMoved) {
		return digest.Harvest{}, &Rejection{CodeMoved, fmt.Sprintf(
			"%d of %d articles have another id than before, though their addresses are the same: "+
				"has the site moved? If all is well there, nothing of it will be mailed twice", moved, total)}
	}
	if r := silent(h, m, who); r != nil && !slices.Contains(force, CodeSilent) {
		return digest.Harvest{}, r
	}
	if !m.Succeeded.IsZero() {
		date(h, m, who)
	}
	return n.asKept(h, who), nil
}

// tooMany says whether more than 80 % of a total that is not tiny are so many
// that they look like the source's fault.
func tooMany(n, total, least int) bool {
	return n >= least && 5*n > 4*total
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

// renamings counts what is listed under a name that is new to the library.
func renamings(h digest.Harvest, who []*Known) (n int) {
	for i, a := range h.Articles {
		if k := who[i]; k != nil && a.ID != k.ID && a.ID != k.Alias {
			n++
		}
	}
	return n
}

// lateMost is how long after its date an article may still appear as a new one.
const lateMost = 90 * 24 * time.Hour

// date marks articles that appeared under a date that had passed when the
// source was last pulled. What is listed after everything that is known is no
// such article: it came into view because something else disappeared.
func date(h digest.Harvest, m Memory, who []*Known) {
	var last int
	for i := range h.Articles {
		if who[i] != nil {
			last = i
		}
	}
	for i := range h.Articles[:last] {
		a := &h.Articles[i]
		if who[i] == nil && a.Published.Before(m.Succeeded) && !a.Published.IsZero() && h.At.Sub(a.Published) < lateMost {
			a.Appeared = h.At
		}
	}
}
