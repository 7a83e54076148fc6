// Package library keeps what sources give between one pull and the next, so that
// a site that shows only its latest articles loses none. It asks sources, all
// at once, recognises what it knows already, refuses harvests that cannot be
// right, and has the rest stored.
package library

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// Store keeps the library.
type Store interface {
	// Memory is what is known of a source: of its articles those with an alias
	// and those last seen at or after since, of its pace what was published in
	// the weeks before now.
	Memory(ctx context.Context, source string, since, now time.Time) (Memory, error)
	// SaveHarvest adds to the library and records the source's health.
	SaveHarvest(ctx context.Context, h digest.Harvest) error
	// SaveFailure records that a source could not be pulled.
	SaveFailure(ctx context.Context, source string, at time.Time, cause string) error
	// Amend changes what a recheck found changed, and nothing else.
	Amend(ctx context.Context, h digest.Harvest) error
	// SourceHealth is how the pulls of all known sources went, by name.
	SourceHealth(ctx context.Context) ([]digest.SourceHealth, error)
	// PruneLibrary forgets at most n articles with their comments, and at most n
	// comments of others, that were neither published nor seen for keep when their
	// source was last pulled, if that was before now; more says whether some may be
	// left. So a clock that runs years ahead forgets nothing of a source that
	// cannot be pulled.
	PruneLibrary(ctx context.Context, now time.Time, keep time.Duration, n int) (more bool, err error)
}

// Source is a site under the name that the operator gave it.
type Source struct {
	digest.SourceRef
	sources.Source
}

// The bounds of asking sources: a slow site must not delay the others past
// their slot, nor many sites take all memory.
const (
	pullTime    = 5 * time.Minute
	recheckTime = time.Minute
	together    = 24
)

// Options are what a Library needs beside its Store; all are required.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
}

// Library pulls sources. It is safe for concurrent use.
type Library struct {
	store Store
	o     Options
}

// New returns a library that is kept in the store.
func New(store Store, o Options) *Library {
	return &Library{store: store, o: o}
}

// Result is what became of asking a source.
type Result struct {
	Source   Source
	Articles int // in the harvest
	Comments int
	Warnings []string
	Err      error // nothing was harvested; a *Rejection where the harvest cannot be right
}

// Keep is what happens to a harvest once it is known to be right. It is called
// by one goroutine for each source.
type Keep func(context.Context, digest.Harvest) error

// Pull asks the sources for what was published in the window and keeps their
// harvests, or records their failures. A Rejection whose code is in force is
// kept all the same. An error means that the database failed; what is wrong with
// a source stands in its result.
func (l *Library) Pull(ctx context.Context, all []Source, w sources.Window, force []string) ([]Result, error) {
	return l.ask(ctx, all, w, force, l.store.SaveHarvest, l.failed)
}

// Peek is Pull that stores nothing: the harvests go to keep instead.
func (l *Library) Peek(ctx context.Context, all []Source, w sources.Window, force []string, keep Keep) ([]Result, error) {
	forget := func(context.Context, string, error) error { return nil }
	return l.ask(ctx, all, w, force, keep, forget)
}

// Amend keeps what a recheck found changed.
func (l *Library) Amend(ctx context.Context, h digest.Harvest) error {
	return l.store.Amend(ctx, h)
}

func (l *Library) failed(ctx context.Context, source string, cause error) error {
	return l.store.SaveFailure(ctx, source, l.o.Now(), cause.Error())
}

func (l *Library) ask(
	ctx context.Context, all []Source, w sources.Window, force []string,
	keep Keep, failed func(context.Context, string, error) error,
) ([]Result, error) {
	results := make([]Result, len(all))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, s := range all {
		group.Go(func() error {
			m, err := l.memory(groupCtx, s)
			if err != nil {
				return err
			}
			h, err := l.harvest(groupCtx, s, m, w, force)
			results[i] = resultOf(s, h, err)
			if err != nil {
				l.o.Log.Warn("a source could not be pulled", "source", s.Name, "error", err)
				return failed(groupCtx, s.Name, err)
			}
			for _, warning := range h.Warnings {
				l.o.Log.Warn("a source gave less than it has", "source", s.Name, "warning", warning)
			}
			if err := keep(groupCtx, h); err != nil {
				return fmt.Errorf("keep the harvest of %s: %w", s.Name, err)
			}
			return nil
		})
	}
	return results, group.Wait()
}

func (l *Library) memory(ctx context.Context, s Source) (Memory, error) {
	now := l.o.Now()
	m, err := l.store.Memory(ctx, s.Name, now.Add(-memoryTime), now)
	if err != nil {
		return m, fmt.Errorf("read the library of %s: %w", s.Name, err)
	}
	return m, nil
}

// harvest asks one source. Its instant is the one of asking: what a slow answer
// lacks says nothing about what another one, asked for later, brought meanwhile.
func (l *Library) harvest(ctx context.Context, s Source, m Memory, w sources.Window, force []string) (digest.Harvest, error) {
	ctx, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	at := l.o.Now()
	h, err := s.Pull(ctx, sources.Request{Window: w, State: m.State})
	if err != nil {
		return digest.Harvest{}, err
	}
	h.Source, h.At = s.Name, at
	h, err = reconcile(h, m, force)
	return without(h, m.Redacted), err
}

func resultOf(s Source, h digest.Harvest, err error) Result {
	r := Result{Source: s, Articles: len(h.Articles), Warnings: h.Warnings, Err: err}
	for _, a := range h.Articles {
		r.Comments += len(a.Comments)
	}
	return r
}

// Health is how the pulls of all known sources went, by name.
func (l *Library) Health(ctx context.Context) (map[string]digest.SourceHealth, error) {
	all, err := l.store.SourceHealth(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how the sources are: %w", err)
	}
	byName := map[string]digest.SourceHealth{}
	for _, h := range all {
		byName[h.Name] = h
	}
	return byName, nil
}

// Prune forgets, in small steps, what was neither published nor seen for keep.
func (l *Library) Prune(ctx context.Context, keep time.Duration) error {
	const step = 200 // rows
	for more := true; more; {
		var err error
		if more, err = l.store.PruneLibrary(ctx, l.o.Now(), keep, step); err != nil {
			return fmt.Errorf("prune the library: %w", err)
		}
	}
	return nil
}
