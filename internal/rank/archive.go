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

// minTalk is how many bytes of markup make a comment that counts as taking part.
const minTalk = 40

// Vouched are the sites that several people link to in these threads, for
// Options.Vouched. Only comments count that would stand by themselves and are at
// least a day old at now, and only people who also say something without that link.
func Vouched(threads []digest.Article, now time.Time) []string {
	comments := map[string]int{}           // of each person
	linking := map[string]map[string]int{} // of each site and person, those of them that link there
	for _, a := range threads {
		for _, c := range a.Comments {
			author := authorKey(c.Author)
			if author == "" || c.Published.IsZero() || now.Sub(c.Published) < vouchAge || len(c.HTML) < minTalk {
				continue
			}
			comments[author]++
			for _, site := range doubtfulSites(c.HTML) {
				if linking[site] == nil {
					linking[site] = map[string]int{}
				}
				linking[site][author]++
			}
		}
	}
	var out []string
	for site, people := range linking {
		known := 0
		for author, n := range people {
			if comments[author] > n {
				known++
			}
		}
		if known >= knownBy {
			out = append(out, site)
		}
	}
	slices.Sort(out)
	return out
}

// doubtfulSites are the sites that a comment links to which the package does not
// know, if the comment would stand by itself.
func doubtfulSites(html string) []string {
	if !strings.Contains(html, "://") && !strings.Contains(html, "www.") {
		return nil
	}
	own, addresses := ownWords(html)
	_, full, _ := cutLinks(own)
	known := func(address string) bool { return reference[siteOf(address)] }
	if addresses = slices.DeleteFunc(append(addresses, full...), known); len(addresses) == 0 {
		return nil
	}
	s := read(html, nil)
	if faultOf(s) != "" {
		return nil
	}
	return slices.DeleteFunc(s.sites(), func(site string) bool { return reference[site] })
}
