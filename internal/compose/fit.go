package compose

import (
	"fmt"
	"slices"
)

// trim makes one entry smaller, if it can. The order of trims is the order in
// which things go when there is too much.
type trim struct {
	what  string
	apply func(*entry) bool
}

var trims = []trim{
	{"third and further comments left out", func(e *entry) bool { return e.showAtMost(2) }},
	{"excerpts shortened", func(e *entry) bool {
		if e.kind != "article" || e.cut <= shortCut {
			return false
		}
		e.cut = shortCut
		return true
	}},
	{"second comments left out", func(e *entry) bool { return e.showAtMost(1) }},
}

func (e *entry) showAtMost(n int) bool {
	if e.shown <= n {
		return false
	}
	e.shown = n
	return true
}

// fit renders all fragments, cuts what is over the budget from the end on, and
// puts the rest into the page.
func (l *layout) fit(pg *page) error {
	for _, e := range slices.Concat(l.lead, l.more, l.discussed) {
		if err := l.render(e); err != nil {
			return err
		}
	}
	room, err := l.room(pg)
	if err != nil {
		return err
	}
	size := sizeOf(l.lead) + sizeOf(l.discussed) + sizeOf(l.more)
	if size, err = l.trimAll(size, room); err != nil {
		return err
	}
	if err := l.demote(size, room); err != nil {
		return err
	}
	l.dropTitles(room)
	pg.Lead, pg.More, pg.Discussed, pg.LeftOut = fragments(l.lead), fragments(l.more), fragments(l.discussed), l.left
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

func (l *layout) trimAll(size, room int) (int, error) {
	entries := slices.Concat(l.lead, l.discussed)
	for _, t := range trims {
		n := 0
		for _, e := range slices.Backward(entries) {
			if size <= room {
				break
			}
			if !t.apply(e) {
				continue
			}
			size -= len(e.out.HTML)
			if err := l.render(e); err != nil {
				return 0, err
			}
			size += len(e.out.HTML)
			n++
		}
		if n > 0 {
			l.trimmed = append(l.trimmed, fmt.Sprintf("%s: %d articles", t.what, n))
		}
	}
	return size, nil
}

// demote turns the last articles into titles, before those that already are,
// until the rest fits beside a list of titles that keeps to its share.
func (l *layout) demote(size, room int) error {
	list := sizeOf(l.more)
	full := size - list
	var moved []*entry
	for full+min(list, listBudget) > room {
		e := l.lastFull()
		if e == nil {
			break
		}
		full -= len(e.out.HTML)
		e.kind, e.shown = "title", 0
		if err := l.render(e); err != nil {
			return err
		}
		list += len(e.out.HTML)
		moved = append(moved, e)
	}
	if len(moved) > 0 {
		l.trimmed = append(l.trimmed, fmt.Sprintf("printed as titles only: %d articles", len(moved)))
	}
	slices.Reverse(moved)
	l.more = append(moved, l.more...)
	return nil
}

// lastFull takes the last article that is printed in full, but never the first,
// whose size is bounded; then the older ones that are still being discussed.
func (l *layout) lastFull() *entry {
	if n := len(l.lead); n > 1 {
		e := l.lead[n-1]
		l.lead = l.lead[:n-1]
		return e
	}
	return nil
}

// dropTitles leaves out what even the lists have no room for. What is left out
// is not printed, and so is not spent.
func (l *layout) dropTitles(room int) {
	size := sizeOf(l.lead) + sizeOf(l.discussed) + sizeOf(l.more)
	drop := func(entries []*entry) []*entry {
		for size > room && len(entries) > 0 {
			size -= len(entries[len(entries)-1].out.HTML)
			entries = entries[:len(entries)-1]
			l.left++
		}
		return entries
	}
	l.more = drop(l.more)
	l.discussed = drop(l.discussed)
	if l.left > 0 {
		l.trimmed = append(l.trimmed, fmt.Sprintf("left out for want of room: %d articles", l.left))
	}
}

func sizeOf(entries []*entry) int {
	n := 0
	for _, e := range entries {
		n += len(e.out.HTML)
	}
	return n
}

func fragments(entries []*entry) []fragment {
	out := make([]fragment, len(entries))
	for i, e := range entries {
		out[i] = e.out
	}
	return out
}
