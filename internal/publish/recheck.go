package publish

import (
	"context"
	"fmt"
	"slices"

	"digest.example/internal/digest"
	"digest.example/internal/library"
)

// The bounds of looking up what was chosen: what replaces something that is gone
// is looked up in its turn, and a long list of titles only as far as that is
// polite.
const (
	rechecks    = 3
	recheckMost = 40 // articles in a round
)

// settle chooses, looks up on the sites what was chosen, and chooses again
// without what is gone by then and with what was edited, until everything that
// is chosen has been looked up. Sites whose harvest was refused are not asked:
// what they show now is not believed either.
func (p *Publisher) settle(ctx context.Context, c Choice, m material) (digest.Issue, error) {
	seen := map[digest.Item]bool{}
	issue := Choose(c)
	for range rechecks {
		unseen := unchecked(issue, seen)
		if len(unseen) == 0 {
			break
		}
		changes, doubts := p.o.Library.Recheck(ctx, m.answered, unseen)
		c.Warnings = slices.Concat(c.Warnings, doubts)
		for _, h := range changes {
			if err := m.amend(ctx, h); err != nil {
				return digest.Issue{}, fmt.Errorf("keep what became of %s: %w", h.Source, err)
			}
		}
		c.Library = merge(c.Library, changes, c.Now)
		issue = Choose(c)
	}
	return issue, nil
}

// unchecked are the next articles that an issue prints, with the comments under
// them and their reserves, as far as they have not been seen; it marks them so.
func unchecked(issue digest.Issue, seen map[digest.Item]bool) []digest.Article {
	var all []digest.Article
	for _, pick := range slices.Concat(issue.Lead, issue.Discussed, issue.More) {
		if len(all) == recheckMost {
			break
		}
		a := pick.Article
		fresh := !seen[itemOf(a)]
		seen[itemOf(a)] = true
		for _, c := range slices.Concat(pick.Comments, pick.Reserves) {
			item := digest.Item{Source: a.Source, Article: a.ID, Comment: c.Comment.ID}
			if !seen[item] {
				seen[item] = true
				a.Comments = append(a.Comments, c.Comment)
			}
		}
		if fresh || len(a.Comments) > 0 {
			all = append(all, a)
		}
	}
	return all
}

// answered are the sources whose harvest was believed.
func answered(results []library.Result) []library.Source {
	var all []library.Source
	for _, r := range results {
		if r.Err == nil {
			all = append(all, r.Source)
		}
	}
	return all
}
