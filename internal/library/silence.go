package library

import (
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// What counts as a sudden silence: so many comments a week are normal, each of
// the weeks before had so many; or so many comments are there and hardly any
// is left.
const (
	normalMean  = 10
	normalLeast = 3
	lostLeast   = 20
	lostShare   = 5 // fewer than one in so many is left
)

const week = 7 * 24 * time.Hour

// silent refuses a harvest without comments from a site that is known for them:
// its comments are broken or hidden, and readers would be told that nobody said
// anything.
func silent(h digest.Harvest, m Memory, who []*Known) *Rejection {
	had, has := 0, 0
	fresh := m.Comments[0]
	for i, a := range h.Articles {
		if k := who[i]; k != nil && a.Whole {
			had += k.Comments
			has += len(a.Comments)
		}
		for _, c := range a.Comments {
			if h.At.Sub(c.Published) < week {
				fresh++
			}
		}
	}
	if had >= lostLeast && has*lostShare < had {
		return &Rejection{CodeSilent, fmt.Sprintf(
			"%d of %d comments have disappeared at once: are they still to be seen on the site?", had-has, had)}
	}
	if mean, normal := pace(m); normal && fresh == 0 {
		return &Rejection{CodeSilent, fmt.Sprintf(
			"no comment in a week where %d are normal: are they still to be seen on the site?", mean)}
	}
	return nil
}

// pace is how many comments a week are normal, if the weeks before the last say so.
func pace(m Memory) (mean int, normal bool) {
	normal = true
	for _, n := range m.Comments[1:] {
		mean += n
		normal = normal && n >= normalLeast
	}
	mean /= weeks - 1
	return mean, normal && mean >= normalMean
}
