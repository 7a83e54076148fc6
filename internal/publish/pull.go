package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/preflight"
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
func (p *Publisher) peek(ctx context.Context, n *Newsletter, w sources.Window, force []string) ([]digest.Harvest, []library.Result, error) {
	var mu sync.Mutex
	var harvests []digest.Harvest
	results, err := p.o.Library.Peek(ctx, n.Sources, w, force, func(_ context.Context, h digest.Harvest) error {
		mu.Lock()
		defer mu.Unlock()
		harvests = append(harvests, h)
		return nil
	})
	return harvests, results, err
}

// missing is the hold of the required sources that gave nothing, unless their
// codes are in force.
func missing(results []library.Result, force []string) error {
	return holdOf(preflight.Force(sourceFindings(results), force))
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
