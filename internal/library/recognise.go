package library

import (
	"strings"
	"time"

	"digest.example/internal/digest"
)

// sameDate is how far apart the dates of an article may be before and after an
// edit, or in two answers that round them differently.
const sameDate = 48 * time.Hour

// recognise says of each article in the harvest which known one it is; nil
// stands for a new one. Each known article is at most one of them. What is surer
// goes first: an id that the address or the title confirms, then the address,
// then the id alone. So one that was renumbered follows its address, though its
// new id be another's old one.
func recognise(h digest.Harvest, m Memory, n names) []*Known {
	address := byAddress(h, m)
	who := make([]*Known, len(h.Articles))
	taken := map[*Known]bool{}
	for _, find := range []func(digest.Article) *Known{
		func(a digest.Article) *Known { return n.current[a.ID].where(a, (*Known).confirmed) },
		func(a digest.Article) *Known { return n.kept[a.ID].where(a, (*Known).confirmed) },
		address,
		func(a digest.Article) *Known { return n.current[a.ID].where(a, (*Known).plausible) },
	} {
		for i, a := range h.Articles {
			if k := find(a); who[i] == nil && k != nil && !taken[k] {
				who[i], taken[k] = k, true
			}
		}
	}
	return who
}

// byAddress finds a known article by an address that one article in the harvest
// has. One that several known articles could be says nothing.
func byAddress(h digest.Harvest, m Memory) func(digest.Article) *Known {
	known := map[string][]*Known{}
	for i := range m.Articles {
		if k := &m.Articles[i]; k.Seen.IsZero() || h.At.Sub(k.Seen) < memoryTime {
			known[k.Link] = append(known[k.Link], k)
		}
	}
	listed := map[string]int{}
	for _, a := range h.Articles {
		listed[Link(a.URL)]++
	}
	return func(a digest.Article) (found *Known) {
		link := Link(a.URL)
		if link == "" || listed[link] > 1 {
			return nil
		}
		for _, k := range known[link] {
			if !near(k.Published, a.Published) && !k.titled(a) {
				continue // a page that is written anew each week, say
			}
			if found != nil {
				return nil
			}
			found = k
		}
		return found
	}
}

// where is k if the article passes the test, else nil.
func (k *Known) where(a digest.Article, is func(*Known, digest.Article) bool) *Known {
	if k == nil || !is(k, a) {
		return nil
	}
	return k
}

// confirmed says that an article under an id of k's is k. Dates may have lost
// their fractions of a second in the database.
func (k *Known) confirmed(a digest.Article) bool {
	return k.Link != "" && k.Link == Link(a.URL) ||
		k.titled(a) && k.Published.Sub(a.Published).Abs() < time.Second
}

// plausible says that an article under k's name may be k, edited. It is another
// one if address, title and date all are.
func (k *Known) plausible(a digest.Article) bool {
	link := Link(a.URL)
	return k.Link == "" || link == "" || k.Link == link ||
		k.Title == "" || a.Title == "" || k.titled(a) ||
		near(k.Published, a.Published)
}

func (k *Known) titled(a digest.Article) bool {
	title := strings.TrimSpace(a.Title)
	return title != "" && title == strings.TrimSpace(k.Title)
}

// near says that two dates may be one article's; so may one that is not known.
func near(a, b time.Time) bool {
	return a.IsZero() || b.IsZero() || a.Sub(b).Abs() <= sameDate
}
