package compose

import (
	"fmt"

	"digest.example/internal/digest"
)

// Budget is how many bytes the HTML may have. Gmail clips a mail at about
// 102,000, and the footer with the unsubscribe link would be what it cuts.
const Budget = 80_000

// listBudget is how much of it the list of titles may take when articles have
// to move there, lest hundreds of titles push out all that is worth reading.
const listBudget = 16_000

// entry is one article of the issue and how much of it is printed now.
type entry struct {
	pick  digest.Pick
	view  article
	kind  string // article, discussed or title: the template
	cut   int    // characters of its excerpt
	shown int    // comments printed
	out   fragment
}

// layout decides what is printed. Each fragment is rendered alone, so that
// fitting costs time linear in the size of the issue.
type layout struct {
	parts                 parts
	views                 *views
	lead, more, discussed []*entry
	left                  int // titles that found no room
	trimmed               []string
}

func newLayout(p parts, v *views, issue digest.Issue) *layout {
	l := &layout{parts: p, views: v}
	entries := func(picks []digest.Pick, kind string) []*entry {
		var out []*entry
		for _, pick := range picks {
			e := &entry{pick: pick, kind: kind, cut: longCut, shown: len(pick.Comments)}
			if kind == "title" {
				e.pick.Comments, e.shown = nil, 0
			}
			e.view = v.article(e.pick)
			out = append(out, e)
		}
		return out
	}
	l.lead = entries(issue.Lead, "article")
	l.more = entries(issue.More, "title")
	l.discussed = entries(issue.Discussed, "discussed")
	return l
}

// render brings an entry's fragment up to date.
func (l *layout) render(e *entry) error {
	data := e.view
	data.Comments = data.Comments[:e.shown]
	if e.kind == "article" {
		l.views.excerpt(&data, e.pick.Article, e.cut)
	}
	out, err := l.parts.fragment(e.kind, data, l.views.key)
	if err != nil {
		return fmt.Errorf("article %q: %w", data.Title, err)
	}
	e.out = out
	return nil
}

// items are exactly what is printed, in order.
func (l *layout) items() []digest.Item {
	var out []digest.Item
	for _, s := range []struct {
		section digest.Section
		entries []*entry
	}{
		{digest.SectionLead, l.lead}, {digest.SectionMore, l.more}, {digest.SectionDiscussed, l.discussed},
	} {
		for _, e := range s.entries {
			a := e.pick.Article
			out = append(out, digest.Item{Section: s.section, Source: a.Source, Article: a.ID})
			for _, c := range e.pick.Comments[:e.shown] {
				out = append(out, digest.Item{Section: s.section, Source: a.Source, Article: a.ID, Comment: c.Comment.ID})
			}
		}
	}
	return out
}
