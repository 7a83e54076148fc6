package library

import (
	"time"

	"digest.example/internal/digest"
)

// memoryTime is how long an article that changed its id is recognised by its
// address after it was last seen.
const memoryTime = 60 * 24 * time.Hour

// weeks is how many weeks of a source's pace are looked at: the last one, and
// those that say what is normal.
const weeks = 5

// Memory is what the library knows of a source before a pull.
type Memory struct {
	State     []byte    // what the adapter left
	Succeeded time.Time // the last pull; zero: never
	Articles  []Known
	// Comments counts what was published in each of the last weeks, the latest
	// first, deleted ones too.
	Comments [weeks]int
	Redacted []digest.Redaction // what must not come back
}

// Known is an article in the library.
type Known struct {
	ID       string
	Alias    string // the id under which the source lists it now; empty: ID
	Link     string // as Link makes it
	Title    string // empty: unknown
	Appeared time.Time
	Comments int // that are still there

	Published time.Time // zero: unknown
	Seen      time.Time // when the source last listed it; zero: lately
}

// names translates between the ids under which the library keeps articles and
// those under which their source lists them now.
type names struct {
	kept   map[string]*Known // by the id in the library
	listed map[string]*Known // by the alias
}

func (m Memory) names() names {
	n := names{kept: map[string]*Known{}, listed: map[string]*Known{}}
	for i := range m.Articles {
		k := &m.Articles[i]
		n.kept[k.ID] = k
		if k.Alias != "" {
			n.listed[k.Alias] = k
		}
	}
	return n
}

// known finds an article by the id that the source gives it.
func (n names) known(id string) *Known {
	if k := n.kept[id]; k != nil {
		return k
	}
	return n.listed[id]
}

// asListed gives an article of the library the id that its source knows.
func (n names) asListed(a digest.Article) digest.Article {
	if k := n.kept[a.ID]; k != nil && k.Alias != "" {
		return renamed(a, k.Alias)
	}
	return a
}

// asKept gives everything in a harvest the ids that the library knows.
func (n names) asKept(h digest.Harvest) digest.Harvest {
	for i, a := range h.Articles {
		if k := n.listed[a.ID]; k != nil {
			h.Articles[i] = renamed(a, k.ID)
			h.Articles[i].Alias = k.Alias
		}
		if k := n.known(a.ID); k != nil {
			h.Articles[i].Appeared = k.Appeared
		}
	}
	for i, item := range h.Gone {
		h.Gone[i].Source = h.Source
		if k := n.listed[item.Article]; k != nil {
			h.Gone[i].Article = k.ID
		}
	}
	return h
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
