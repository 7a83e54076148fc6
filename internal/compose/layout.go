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

// entry is one article of the issue and how much of it is printed.
type entry struct {
	pick  digest.Pick
	kind  string                    // article, discussed or title: the template
	level int                       // of levels
	view  article                   // with the comments that were looked at so far
	outs  [titleLevel + 1]*fragment // by level; nil: not rendered yet
}

// layout decides what is printed. Each fragment is rendered alone, and none
// that cannot be printed, so that fitting costs time linear in what there is,
// and mostly in the budget.
type layout struct {
	parts                 parts
	views                 *views
	lead, more, discussed []*entry
	left                  int // titles that found no room
	trimmed               []string
}

func newLayout(p parts, v *views, issue digest.Issue) *layout {
	l := &layout{parts: p, views: v}
	entries := func(picks []digest.Pick, kind string, level int) []*entry {
		var out []*entry
		for _, pick := range picks {
			out = append(out, &entry{pick: pick, kind: kind, level: level, view: v.head(pick)})
		}
		return out
	}
	l.lead = entries(issue.Lead, "article", 0)
	l.more = entries(issue.More, "title", titleLevel)
	l.discussed = entries(issue.Discussed, "discussed", 0)
	return l
}

// at is the entry's fragment at a level.
func (l *layout) at(e *entry, level int) (fragment, error) {
	if out := e.outs[level]; out != nil {
		return *out, nil
	}
	shown := levels[level].shown(e)
	for i := len(e.view.Comments); i < shown; i++ {
		e.view.Comments = append(e.view.Comments, l.views.comment(e.pick.Comments[i], e.view))
	}
	data, kind := e.view, e.kind
	data.Comments = data.Comments[:shown]
	if level == titleLevel {
		kind = "title"
	}
	if kind == "article" {
		l.views.excerpt(&data, e.pick.Article, levels[level].cut)
	}
	out, err := l.parts.fragment(kind, data, l.views.key)
	if err != nil {
		return fragment{}, fmt.Errorf("article %q: %w", data.Title, err)
	}
	e.outs[level] = &out
	return out, nil
}

// size is how many bytes of HTML the entry takes at a level.
func (l *layout) size(e *entry, level int) (int, error) {
	out, err := l.at(e, level)
	return len(out.HTML), err
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
			for _, c := range e.pick.Comments[:levels[e.level].shown(e)] {
				out = append(out, digest.Item{Section: s.section, Source: a.Source, Article: a.ID, Comment: c.Comment.ID})
			}
		}
	}
	return out
}
