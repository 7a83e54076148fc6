package library

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// names are the ids under which the library keeps articles, and those under
// which their source lists them now. A site that was renumbered gives one
// article the id that another had: an id means two things then.
type names struct {
	kept    map[string]*Known // by the id in the library
	current map[string]*Known // by the name; of two, the one that was listed last
}

func (m Memory) names() names {
	n := names{kept: map[string]*Known{}, current: map[string]*Known{}}
	for i := range m.Articles {
		k := &m.Articles[i]
		n.kept[k.ID] = k
		other := n.current[k.name()]
		if other == nil || k.Seen.After(other.Seen) || k.Seen.Equal(other.Seen) && k.Alias != "" {
			n.current[k.name()] = k
		}
	}
	return n
}

// asKept gives everything in a harvest, whose articles were recognised, the ids
// of the library. Two articles never get the same: what cannot be told apart
// is left out.
func (n names) asKept(h digest.Harvest, who []*Known) digest.Harvest {
	used := map[string]bool{}
	var kept []digest.Article
	for i, a := range h.Articles {
		a := n.under(a, who[i])
		if used[a.ID] || who[i] == nil && n.kept[a.ID] != nil {
			h.Warnings = append(h.Warnings, fmt.Sprintf("an article was left out: its id %q is another's", a.ID))
			continue
		}
		used[a.ID] = true
		kept = append(kept, a)
	}
	h.Articles = kept
	h.Gone = n.gone(h)
	return h
}

// gone is what a harvest says is gone, without what has lost its name to another.
func (n names) gone(h digest.Harvest) []digest.Item {
	var all []digest.Item
	for _, item := range h.Gone {
		item.Source = h.Source
		if k := n.current[item.Article]; k != nil {
			item.Article = k.ID
		} else if n.kept[item.Article] != nil {
			continue
		}
		all = append(all, item)
	}
	return all
}

// under is an article under its id in the library; k is nil for a new one. One
// that was ever listed under another name keeps an alias, though it be its id.
func (n names) under(a digest.Article, k *Known) digest.Article {
	name := a.ID
	switch {
	case k != nil:
		a.Appeared = k.Appeared
		if name == k.ID && k.Alias == "" {
			return a
		}
		a = renamed(a, k.ID)
	case n.kept[name] != nil || n.current[name] != nil:
		a = renamed(a, ownID(a))
	default:
		return a
	}
	a.Alias = name
	return a
}

// ownID is the id of a new article whose name another one has in the library.
func ownID(a digest.Article) string {
	sum := sha256.Sum256([]byte(Link(a.URL) + "\n" + a.Published.UTC().Format(time.RFC3339)))
	return a.ID + "~" + hex.EncodeToString(sum[:4])
}

// renamed is the article under another id, with comments of its own.
func renamed(a digest.Article, id string) digest.Article {
	a.ID = id
	comments := make([]digest.Comment, len(a.Comments))
	for i, c := range a.Comments {
		c.Article = id
		comments[i] = c
	}
	a.Comments = comments
	return a
}
