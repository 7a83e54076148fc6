package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// pullTime bounds the pull of one source: a slow site must not delay the others
// past their slot.
const pullTime = 5 * time.Minute

// Pull asks the newsletter's sources for what was published in the window and
// adds it to the library. A required source that fails makes the error, after
// all have been asked.
func (p *Publisher) Pull(ctx context.Context, n *Newsletter, w sources.Window) ([]digest.Harvest, error) {
	harvests, failures := p.harvest(ctx, n, w)
	for _, h := range harvests {
		if err := p.store.SaveHarvest(ctx, h); err != nil {
			return nil, fmt.Errorf("keep the harvest of %s: %w", h.Source, err)
		}
	}
	for _, f := range failures {
		if err := p.store.SaveFailure(ctx, f.source.Name, p.o.Now(), f.err.Error()); err != nil {
			return nil, fmt.Errorf("record the failure of %s: %w", f.source.Name, err)
		}
	}
	return harvests, required(failures)
}

// PullNow pulls what the newsletter's next issue would choose from.
func (p *Publisher) PullNow(ctx context.Context, n *Newsletter) ([]digest.Harvest, error) {
	w, err := p.window(ctx, n, p.o.Now())
	if err != nil {
		return nil, err
	}
	return p.Pull(ctx, n, w)
}

// failure is a source that gave nothing.
type failure struct {
	source Source
	err    error
}

// harvest asks each source in turn, touching nothing.
func (p *Publisher) harvest(ctx context.Context, n *Newsletter, w sources.Window) ([]digest.Harvest, []failure) {
	var harvests []digest.Harvest
	var failures []failure
	for _, s := range n.Sources {
		one, cancel := context.WithTimeout(ctx, pullTime)
		h, err := s.Pull(one, sources.Request{Window: w})
		cancel()
		if err != nil {
			p.o.Log.Warn("a source could not be pulled", "source", s.Name, "error", err)
			failures = append(failures, failure{s, err})
			continue
		}
		h.Source, h.At = s.Name, p.o.Now()
		for _, warning := range h.Warnings {
			p.o.Log.Warn("a source gave less than it has", "source", s.Name, "warning", warning)
		}
		harvests = append(harvests, h)
	}
	return harvests, failures
}

// required is the error of the sources without which there is no issue.
func required(failures []failure) error {
	var lines []string
	for _, f := range failures {
		if f.source.Required {
			lines = append(lines, fmt.Sprintf("source %s: %v", f.source.Name, f.err))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return hold{code: HoldSource, why: strings.Join(lines, "; ")}
}

// merge lays harvests over the library: what was just pulled is the newer word
// on an article, and comments that it does not repeat stay. An article without
// a date is as old as the library says, or new.
func merge(library []digest.Article, harvests []digest.Harvest, now time.Time) []digest.Article {
	type key struct{ source, id string }
	at := map[key]int{}
	merged := slices.Clone(library)
	for i, a := range merged {
		at[key{a.Source, a.ID}] = i
	}
	for _, h := range harvests {
		for _, a := range h.Articles {
			a.Source = h.Source
			k := key{a.Source, a.ID}
			i, known := at[k]
			if a.Published.IsZero() {
				a.Published = now
				if known && merged[i].Published.Before(now) {
					a.Published = merged[i].Published
				}
			}
			if !known {
				at[k] = len(merged)
				merged = append(merged, a)
				continue
			}
			a.Comments = mergeComments(merged[i].Comments, a.Comments)
			merged[i] = a
		}
	}
	slices.SortFunc(merged, func(a, b digest.Article) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	return merged
}

func mergeComments(old, fresh []digest.Comment) []digest.Comment {
	seen := map[string]bool{}
	for _, c := range fresh {
		seen[c.ID] = true
	}
	merged := slices.Clone(fresh)
	for _, c := range old {
		if !seen[c.ID] {
			merged = append(merged, c)
		}
	}
	return merged
}
