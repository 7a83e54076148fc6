package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/sources"
)

// tellAfter is how many pulls of a source in a row must fail before the operator
// is told, long before an issue misses it.
const tellAfter = 6

// pruneEvery is how often there may be something to forget.
const pruneEvery = 24 * time.Hour

// pruneChunk is how many rows of the ledger one transaction deletes.
const pruneChunk = 1000

// Keep says for how long things are remembered; 0: for ever.
type Keep struct {
	Library time.Duration // articles and comments, after they were published or seen
	Ledger  time.Duration // who got an issue, after it ended
}

// KeepPulling pulls each source again and again, so that the library misses
// nothing of a site that shows only its latest articles, and forgets once a day
// what is older than keep, until ctx ends. Every is the time between two pulls
// of a source; 0: none.
func (p *Publisher) KeepPulling(ctx context.Context, every time.Duration, keep Keep) {
	var pruned time.Time
	for ctx.Err() == nil {
		if err := p.PullStale(ctx, every); err != nil && ctx.Err() == nil {
			p.o.Log.Error("the sources could not be pulled; it will be tried again", "error", err)
		}
		if now := p.o.Now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			if err := p.forget(ctx, keep); err != nil && ctx.Err() == nil {
				p.o.Log.Error("what is old could not be pruned; it will be tried again tomorrow", "error", err)
			}
		}
		sleep(ctx, min(max(every/12, time.Minute), 10*time.Minute))
	}
}

// forget prunes the library and the ledger, in small steps.
func (p *Publisher) forget(ctx context.Context, keep Keep) error {
	var problem error
	if keep.Library > 0 {
		problem = p.o.Library.Prune(ctx, keep.Library)
	}
	for more := keep.Ledger > 0; more && ctx.Err() == nil; {
		began, err := p.o.Now(), error(nil)
		if more, err = p.store.PruneLedger(ctx, began, keep.Ledger, pruneChunk); err != nil {
			return errors.Join(problem, err)
		}
		// Other processes poll for their turn to write: leave them half of the time.
		if more {
			sleep(ctx, min(p.o.Now().Sub(began), tick))
		}
	}
	return problem
}

// PullStale pulls the sources that were not pulled within the last every.
func (p *Publisher) PullStale(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return nil
	}
	before, err := p.o.Library.Health(ctx)
	if err != nil {
		return err
	}
	stale := p.stale(before, every)
	if len(stale) == 0 {
		return nil
	}
	w, err := p.widest(ctx)
	if err != nil {
		return err
	}
	results, err := p.o.Library.Pull(ctx, stale, w, nil)
	if err != nil {
		return err
	}
	for _, r := range results {
		p.tellFailing(r, before[r.Source.Name])
	}
	return nil
}

// stale are the sources of all newsletters that are due for a pull, each once. A
// pull in the future is a clock that ran ahead.
func (p *Publisher) stale(health map[string]digest.SourceHealth, every time.Duration) []library.Source {
	var all []library.Source
	seen := map[string]bool{}
	for _, n := range p.o.Newsletters {
		for _, s := range n.Sources {
			ago := p.o.Now().Sub(health[s.Name].Pulled)
			if !seen[s.Name] && (ago >= every || ago < 0) {
				all = append(all, s)
			}
			seen[s.Name] = true
		}
	}
	return all
}

// widest is the span that covers what any newsletter would ask for now.
func (p *Publisher) widest(ctx context.Context) (sources.Window, error) {
	var widest sources.Window
	for i := range p.o.Newsletters {
		w, err := p.window(ctx, &p.o.Newsletters[i], p.o.Now())
		if err != nil {
			return w, err
		}
		if i == 0 || w.Since.Before(widest.Since) {
			widest = w
		}
	}
	return widest, nil
}

// tellFailing tells the operator, once, of a source that needs a person.
func (p *Publisher) tellFailing(r library.Result, before digest.SourceHealth) {
	name := r.Source.Name
	if r.Err == nil {
		delete(p.told, name)
		return
	}
	var rejected *library.Rejection
	if p.told[name] || !errors.As(r.Err, &rejected) && before.Failures+1 < tellAfter {
		return
	}
	p.told[name] = true
	p.o.Alert(fmt.Sprintf("source %s gives nothing: %v (digest sources test %s shows what it answers)", name, r.Err, name))
}
