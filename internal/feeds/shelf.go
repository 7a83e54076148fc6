package feeds

import (
	"cmp"
	"slices"
	"time"
)

// How many entries of a document are read, and how many of those are kept: the
// newest.
const (
	maxRead    = 20_000
	maxEntries = 1000
)

// shelf collects entries in the order of the document.
type shelf struct {
	entries []Entry
	total   int // entries that were added
	spoiled int // entries that could not be read
}

func (s *shelf) full() bool { return s.total+s.spoiled >= maxRead }

func (s *shelf) add(e Entry) {
	s.total++
	s.entries = append(s.entries, e)
	if len(s.entries) >= 2*maxEntries {
		s.prune()
	}
}

// prune keeps the newest entries. Those without a date may be the newest.
func (s *shelf) prune() {
	if len(s.entries) <= maxEntries {
		return
	}
	order := make([]int, len(s.entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int {
		a, b := latest(s.entries[i]), latest(s.entries[k])
		return cmp.Or(-compareBool(a.IsZero(), b.IsZero()), b.Compare(a))
	})
	order = order[:maxEntries]
	slices.Sort(order)
	kept := make([]Entry, len(order))
	for i, at := range order {
		kept[i] = s.entries[at]
	}
	s.entries = kept
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func latest(e Entry) time.Time {
	if e.Updated.After(e.Published) {
		return e.Updated
	}
	return e.Published
}

// finish returns the entries, each id once: of two entries the later one, or the
// last in the document, is what the site means.
func (s *shelf) finish() (entries []Entry, warnings []string) {
	var f Feed
	s.prune()
	if s.total > len(s.entries) {
		f.warn("the feed has %d entries or more; only the newest %d were read", s.total, len(s.entries))
	}
	if s.spoiled > 0 {
		f.warn("%d of the feed's entries are broken and were left out", s.spoiled)
	}
	where := map[string]int{}
	twice, example := 0, ""
	for _, e := range s.entries {
		i, known := where[e.ID]
		if !known {
			where[e.ID] = len(f.Entries)
			f.Entries = append(f.Entries, e)
			continue
		}
		twice, example = twice+1, e.ID
		if !latest(e).Before(latest(f.Entries[i])) {
			f.Entries[i] = e
		}
	}
	if twice > 0 {
		f.warn("%d entries of the feed have the id of another; of each id the latest was taken (such as %q)", twice, cut(example, 100))
	}
	return f.Entries, f.Warnings
}
