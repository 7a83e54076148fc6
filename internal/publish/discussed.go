package publish

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/rank"
)

// discussReach is how much further back than for new articles an issue looks
// for older ones that are still being discussed, and discussedMax how many it
// shows: the section is a reminder, not a second issue.
const (
	discussReach = 7 * 24 * time.Hour
	discussedMax = 3
)

// discussed are the older articles under which enough people said something
// good since the last issue, the liveliest first.
func (c chooser) discussed(older []digest.Article) []digest.Pick {
	type lively struct {
		digest.Pick
		writers int
	}
	var all []lively
	unseen := func(k digest.Comment) bool { return k.Published.After(c.lastIssue()) }
	for _, a := range older {
		if !slices.ContainsFunc(a.Comments, unseen) {
			continue // most of them: ranking the thread would find nothing
		}
		r, ok := rank.Discussed(a, c.Now, c.lastIssue(), c.options(a))
		if !ok {
			continue
		}
		a.Comments = nil
		all = append(all, lively{digest.Pick{
			Article: a, Comments: r.Picks, Reserves: r.Reserves, Read: r.Read,
			Why: []string{fmt.Sprintf("%d people said something good since the last issue", r.Writers)},
		}, r.Writers})
	}
	slices.SortFunc(all, func(a, b lively) int {
		return cmp.Or(-cmp.Compare(a.writers, b.writers),
			cmp.Compare(a.Article.Source, b.Article.Source), cmp.Compare(a.Article.ID, b.Article.ID))
	})
	var picks []digest.Pick
	for _, l := range all[:min(len(all), discussedMax)] {
		picks = append(picks, l.Pick)
	}
	return picks
}

// lastIssue is the moment since when a comment is unseen.
func (c chooser) lastIssue() time.Time {
	if c.History.CutOff.IsZero() {
		return c.Now.Add(-c.Newsletter.Window)
	}
	return c.History.CutOff
}
