package compose

import (
	"fmt"
	"slices"
)

// level is how much of an article is printed. Each says what goes in comparison
// with the one before; their order is the order in which things go when there
// is too much.
type level struct {
	goes     string
	comments int // printed at most
	cut      int // characters of the excerpt
}

var levels = [...]level{
	{"", 100, longCut}, // as many comments would fill the mail, however short they are
	{"third and further comments left out", 2, longCut},
	{"excerpts shortened", 2, shortCut},
	{"second comments left out", 1, shortCut},
	{"printed as titles only", 0, 0},
}

const (
	titleLevel = len(levels) - 1
	leastFull  = titleLevel - 1
)

// shown is how many comments of the entry are printed.
func (l level) shown(e *entry) int { return min(l.comments, len(e.pick.Comments)) }

// loses says whether the entry prints less at the level than at the one before.
func (e *entry) loses(level int) bool {
	now, before := levels[level], levels[level-1]
	return now.shown(e) < before.shown(e) || now.cut < before.cut && e.kind == "article"
}

// fit chooses how much of each article is printed, cuts what is over the budget
// from the end on, and puts the rest into the page.
func (l *layout) fit(pg *page) error {
	room, err := l.room(pg)
	if err != nil {
		return err
	}
	list, fit, err := l.prefix(l.more, titleLevel, room)
	if err != nil {
		return err
	}
	if fit < len(l.more) {
		list = room + 1 // or more
	}
	fits, err := l.trim(room - list)
	if err != nil {
		return err
	}
	if !fits {
		if err := l.demote(room, list); err != nil {
			return err
		}
	}
	pg.LeftOut = l.left
	for _, s := range []struct {
		to   *[]fragment
		from []*entry
	}{{&pg.Lead, l.lead}, {&pg.More, l.more}, {&pg.Discussed, l.discussed}} {
		for _, e := range s.from {
			out, err := l.at(e, e.level)
			if err != nil {
				return err
			}
			*s.to = append(*s.to, out)
		}
	}
	return nil
}

// room is what the frame leaves for fragments. It is measured with every
// section present.
func (l *layout) room(pg *page) (int, error) {
	full := *pg
	full.Lead, full.More, full.Discussed, full.LeftOut = []fragment{{}}, []fragment{{}}, []fragment{{}}, 1_000_000
	html, _, err := l.parts.frame(&full)
	return Budget - len(html), err
}

// prefix is how many of the first entries have room at a level, and their bytes.
// It looks at one more at most.
func (l *layout) prefix(entries []*entry, level, room int) (bytes, fit int, err error) {
	for i, e := range entries {
		n, err := l.size(e, level)
		if err != nil {
			return 0, 0, err
		}
		if bytes+n > room {
			return bytes, i, nil
		}
		bytes += n
	}
	return bytes, len(entries), nil
}

// trim finds the first level at which all articles have room, and says whether
// there is one. The first articles keep what they have at the level before, as
// long as that fits too.
func (l *layout) trim(room int) (bool, error) {
	entries := slices.Concat(l.lead, l.discussed)
	for level := range titleLevel {
		size, fit, err := l.prefix(entries, level, room)
		if err != nil {
			return false, err
		}
		fits, from := fit == len(entries) && room >= 0, 0
		if fits && level > 0 {
			if from, err = l.keep(entries, level, room-size); err != nil {
				return false, err
			}
		}
		l.lower(entries[from:], level)
		if fits {
			return true, nil
		}
	}
	return false, nil
}

// keep is how many of the first entries need not go down to the level, where
// spare bytes are left once all have.
func (l *layout) keep(entries []*entry, level, spare int) (int, error) {
	for i, e := range entries {
		less, err := l.size(e, level)
		if err != nil {
			return 0, err
		}
		more, err := l.size(e, level-1)
		if err != nil {
			return 0, err
		}
		if spare -= more - less; spare < 0 {
			return i, nil
		}
	}
	return len(entries), nil
}

// lower prints entries at a level, and says what goes thereby.
func (l *layout) lower(entries []*entry, level int) {
	n := 0
	for _, e := range entries {
		e.level = level
		if level > 0 && e.loses(level) {
			n++
		}
	}
	if n > 0 {
		l.trimmed = append(l.trimmed, fmt.Sprintf("%s: %d articles", levels[level].goes, n))
	}
}

// demote turns the last articles into titles, before those that already are,
// until the rest fits beside a list of titles that keeps to its share. The
// first article stays, whose size is bounded. What even the lists have no room
// for is not printed, and so is not spent.
func (l *layout) demote(room, list int) error {
	old, fit, err := l.prefix(l.discussed, leastFull, room)
	if err != nil {
		return err
	}
	if fit < len(l.discussed) {
		old = room // and more: the last of them go, once the titles are gone
	}
	full, keep, err := l.prefix(l.lead, leastFull, room-old)
	if err != nil {
		return err
	}
	// Whether the list has more than its share is all that matters about it.
	for i := keep; i < len(l.lead) && list < listBudget; i++ {
		n, err := l.size(l.lead[i], titleLevel)
		if err != nil {
			return err
		}
		list += n
	}
	for keep > 1 && old+full+min(list, listBudget) > room {
		keep--
		less, err := l.size(l.lead[keep], titleLevel)
		if err != nil {
			return err
		}
		full -= len(l.lead[keep].outs[leastFull].HTML)
		list += less
	}
	keep = max(keep, min(1, len(l.lead)))
	moved := l.lead[keep:]
	l.lead, l.more = l.lead[:keep], slices.Concat(moved, l.more)
	return l.drop(room, len(moved))
}

// drop leaves out titles, the first of which were articles that moved there,
// and then older articles, from the end on.
func (l *layout) drop(room, moved int) error {
	all := len(l.more) + len(l.discussed)
	for _, e := range l.lead {
		n, err := l.size(e, e.level)
		if err != nil {
			return err
		}
		room -= n
	}
	bytes, fit, err := l.prefix(l.discussed, leastFull, room)
	if err != nil {
		return err
	}
	l.discussed = l.discussed[:fit]
	if _, fit, err = l.prefix(l.more, titleLevel, room-bytes); err != nil {
		return err
	}
	l.more = l.more[:fit]
	l.lower(l.more[:min(moved, fit)], titleLevel)
	if l.left = all - len(l.more) - len(l.discussed); l.left > 0 {
		l.trimmed = append(l.trimmed, fmt.Sprintf("left out for want of room: %d articles", l.left))
	}
	return nil
}
