package rank

import (
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
)

// knownBy is how many people must link to a site, over all threads, before it
// counts as known: two besides whoever is judged.
const knownBy = 3

// Vouched are the sites that several people link to in these threads, for
// Options.Vouched. Only comments that would stand by themselves and are at least
// a day old at now count.
func Vouched(threads []digest.Article, now time.Time) []string {
	people := map[string]map[string]bool{}
	for _, a := range threads {
		for _, c := range a.Comments {
			author := authorKey(c.Author)
			if author == "" || c.Published.IsZero() || now.Sub(c.Published) < vouchAge || !strings.Contains(c.HTML, "://") && !strings.Contains(c.HTML, "www.") {
				continue
			}
			s := read(c.HTML, nil)
			if faultOf(s) == "" {
				for _, l := range s.links {
					if people[l.site] == nil {
						people[l.site] = map[string]bool{}
					}
					people[l.site][author] = true
				}
			}
		}
	}
	var out []string
	for site, who := range people {
		if len(who) >= knownBy {
			out = append(out, site)
		}
	}
	slices.Sort(out)
	return out
}
