package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"digest.example/internal/config"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// dryRun makes the issues as they would be now and writes them to preview/.
func (a *app) dryRun(ctx context.Context, newsletters []publish.Newsletter, o sendOptions) error {
	made, err := a.makePreviews(ctx, newsletters, o)
	if err != nil {
		return err
	}
	plans := []plan{}
	for _, m := range made {
		plans = append(plans, m.plan)
	}
	err = a.print(plans, func(w io.Writer) {
		for _, p := range plans {
			p.report(w)
		}
		a.hint(w)
	})
	return errors.Join(err, a.wouldHold(plans))
}

// madePreview is a newsletter's dry run: what it says, and the files that show it.
type madePreview struct {
	plan  plan
	files map[string][]byte
}

// makePreviews makes the issues as they would be now and writes their files.
func (a *app) makePreviews(ctx context.Context, newsletters []publish.Newsletter, o sendOptions) (all []madePreview, err error) {
	chosen, err := picks(newsletters, o.newsletter)
	if err != nil {
		return nil, err
	}
	s, p, err := a.viewer(ctx, newsletters)
	if err != nil {
		return nil, err
	}
	defer closing(&err, s)
	for _, n := range chosen {
		m, err := a.makePreview(ctx, s, p, n, previewFolder(n.Name, len(chosen)), o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name, err)
		}
		if err := writeFolder(m.plan.Folder, m.files); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// makePreview makes one of them.
func (a *app) makePreview(
	ctx context.Context, s *store.Store, p *publish.Publisher, n *publish.Newsletter, folder string, o sendOptions,
) (m madePreview, err error) {
	v, err := p.Preview(ctx, n, o.force...)
	if err != nil {
		return m, err
	}
	notes, err := a.lookUp(ctx, n, &v, o)
	if err != nil {
		return m, err
	}
	if m.plan, err = makePlan(ctx, s, n, v, o.showAddresses); err != nil {
		return m, err
	}
	m.plan.Notes, m.plan.Folder = notes, folder
	last, err := lastEdition(ctx, s, n, v)
	if err != nil {
		return m, err
	}
	m.files, err = previewFiles(p, n, v, m.plan, last)
	return m, err
}

// viewer is a publisher that can only look.
func (a *app) viewer(ctx context.Context, newsletters []publish.Newsletter) (*store.Store, *publish.Publisher, error) {
	composer, err := a.composer()
	if err != nil {
		return nil, nil, err
	}
	s, keys, err := a.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	return s, a.publisher(s, keys, newsletters, composer, nil, silent{}, ""), nil
}

// hint tells those who have only seen the sample site how to go on.
func (a *app) hint(w io.Writer) {
	for _, n := range a.config.Newsletters {
		for _, s := range n.Sources {
			if s.Kind != config.KindSample {
				return
			}
		}
	}
	fmt.Fprintf(w, `
This was the built-in sample site. To make it yours:
  1. digest init https://your.site       finds out what it is, and writes %s
  2. set in it what says CHANGE THIS; digest check --smtp says what is wrong
  3. digest subscribers add you@your.domain
  4. digest send --to you@your.domain    one real copy; then leave digest serve running
`, a.configName())
}

// previewFolder is where a dry run writes, seen from the working directory.
func previewFolder(newsletter string, of int) string {
	if of == 1 {
		return "preview"
	}
	return filepath.Join("preview", newsletter)
}
