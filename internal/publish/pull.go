package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/sources"
)

// PullNow pulls what the newsletter's next issue would choose from into the
// library. A required source that gave nothing makes the error, after all have
// been asked.
func (p *Publisher) PullNow(ctx context.Context, n *Newsletter) ([]library.Result, error) {
	w, err := p.window(ctx, n, p.o.Now())
	if err != nil {
		return nil, err
	}
	results, err := p.o.Library.Pull(ctx, n.Sources, w, nil)
	if err != nil {
		return nil, err
	}
	return results, missing(results, nil)
}

// peek asks the newsletter's sources and stores nothing.
func (p *Publisher) peek(ctx context.Context, n *Newsletter, w sources.Window) ([]digest.Harvest, []library.Result, error) {
	var mu sync.Mutex
	var harvests []digest.Harvest
	results, err := p.o.Library.Peek(ctx, n.Sources, w, func(_ context.Context, h digest.Harvest) error {
		mu.Lock()
		defer mu.Unlock()
		harvests = append(harvests, h)
		return nil
	})
	return harvests, results, err
}

// missing is the hold of the required sources that gave nothing, unless its code
// is in force; of several codes the first counts.
func missing(results []library.Result, force []string) error {
	var lines []string
	var code string
	for _, r := range results {
		if r.Err == nil || !r.Source.Required || slices.Contains(force, holdCode(r.Err)) {
			continue
		}
		lines = append(lines, fmt.Sprintf("source %s: %v", r.Source.Name, r.Err))
		if code == "" {
			code = holdCode(r.Err)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return hold{code: code, why: strings.Join(lines, "; ")}
}

// holdCode is what --force takes to go on without a source.
func holdCode(err error) string {
	var r *library.Rejection
	if errors.As(err, &r) {
		return r.Code
	}
	return HoldSource
}

// warnings are what the sources' answers lack, in words for the operator.
func warnings(results []library.Result) []string {
	var all []string
	for _, r := range results {
		for _, w := range r.Warnings {
			all = append(all, r.Source.Name+": "+w)
		}
		if r.Err != nil {
			all = append(all, fmt.Sprintf("%s gave nothing: %v", r.Source.Name, r.Err))
		}
	}
	return all
}
