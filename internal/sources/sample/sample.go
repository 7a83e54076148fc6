// Package sample is a site that needs no network: the paper of an invented
// harbour town, a week of it, with what real sites have in store for a digest.
// A first dry run is made from it, and so are the pictures in the
// documentation. Its articles stand in data, one file each.
package sample

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// base is where the site's pages would be; nothing answers there.
const base = "https://blog.example.org/"

// Source is the sample site. Make one with New.
type Source struct {
	name    string
	now     func() time.Time
	entries []entry
}

var _ sources.Source = (*Source)(nil)

// New is the sample site under the name that the configuration gives it. The
// error says which of its files was built in broken.
func New(name string, now func() time.Time) (*Source, error) {
	entries, err := read()
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	return &Source{name: name, now: now, entries: entries}, nil
}

// Pull implements sources.Source. All dates are counted back from the last
// midnight (UTC) before now, so that the harvests of one day are the same and
// the site never looks abandoned; what the items are called never changes.
func (s *Source) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	if err := ctx.Err(); err != nil {
		return digest.Harvest{}, fmt.Errorf("pull %s: %w", s.name, err)
	}
	now := s.now().UTC()
	harvest := digest.Harvest{Source: s.name, At: now}
	for _, e := range s.entries {
		if a := e.article(s.name, now.Truncate(24*time.Hour)); r.Contains(a.Published) {
			harvest.Articles = append(harvest.Articles, a)
		}
	}
	slices.SortFunc(harvest.Articles, func(a, b digest.Article) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.ID, b.ID))
	})
	return harvest, nil
}

// Recheck implements sources.Source: nothing ever disappears from the sample site.
func (s *Source) Recheck(context.Context, sources.Request, []digest.Article) (digest.Harvest, error) {
	return digest.Harvest{Source: s.name, At: s.now().UTC()}, nil
}
