package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// tick is how soon Serve notices what operators ask for.
const tick = time.Second

// afterError is how long an issue rests after an error that nobody foresaw.
const afterError = time.Minute

// Serve sends what is due or asked for until ctx ends; then it lets open
// transactions finish. It returns an error only where going on makes no sense.
func (p *Publisher) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c := newCrew(p, stop)
	swept := p.o.Now()
	for ctx.Err() == nil {
		if !p.o.Exclusive && p.o.Now().Sub(swept) >= p.o.Sweep {
			// Other processes may have died since.
			swept = p.o.Now()
			if err := p.recover(ctx); err != nil {
				p.o.Log.Error("the ledger could not be recovered", "error", err)
			}
		}
		if err := p.round(ctx, c.start); errors.Is(err, digest.ErrSchema) {
			stop()
			return errors.Join(err, c.wait())
		} else if err != nil && ctx.Err() == nil {
			p.o.Log.Error("something went wrong; it will be tried again", "error", err)
			sleep(ctx, afterError/12)
		}
		sleep(ctx, tick)
	}
	return c.wait()
}

// starter takes up the work on an issue, past the holds that force names.
type starter func(ctx context.Context, r digest.IssueRecord, force []string) error

// round finds once what there is to do.
func (p *Publisher) round(ctx context.Context, start starter) error {
	if err := p.requests(ctx, start); err != nil {
		return err
	}
	for i := range p.o.Newsletters {
		if err := p.openDue(ctx, &p.o.Newsletters[i]); err != nil {
			return err
		}
	}
	unended, err := p.store.Unended(ctx)
	if err != nil {
		return fmt.Errorf("read the unended issues: %w", err)
	}
	var problems []error
	for _, r := range unended {
		if p.names[r.Newsletter] != nil && p.rested(r) {
			problems = append(problems, start(ctx, r, nil))
		}
	}
	return errors.Join(problems...)
}

// requests takes up what other processes asked for.
func (p *Publisher) requests(ctx context.Context, start starter) error {
	waiting, err := p.store.Requests(ctx)
	if err != nil {
		return fmt.Errorf("read the requests: %w", err)
	}
	for _, q := range waiting {
		if err := p.grant(ctx, q, start); err != nil {
			return err
		}
	}
	return nil
}

// grant opens the issue that a request asks for, says which it is, and has it
// taken up. The request counts as taken only when it has its answer:
// after a crash on the way it is found waiting, and leads to the same issue.
func (p *Publisher) grant(ctx context.Context, q digest.Request, start starter) error {
	r, err := p.wanted(ctx, q)
	var outcome string
	switch {
	case errors.Is(err, digest.ErrNotFound):
		outcome = err.Error()
	case err != nil:
		return err
	}
	if err := p.store.Answer(ctx, q.ID, r.ID, outcome); err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	mine, err := p.store.Take(ctx, q.ID, p.o.Now())
	if err != nil {
		return fmt.Errorf("take a request: %w", err)
	}
	if !mine || r.ID == "" {
		return nil
	}
	p.o.Log.Info("asked to send", "issue", r.Name(), "force", q.Force)
	return start(ctx, r, q.Force)
}

// wanted is the issue that a request is about, or digest.ErrNotFound.
func (p *Publisher) wanted(ctx context.Context, q digest.Request) (digest.IssueRecord, error) {
	n := p.names[q.Newsletter]
	if n == nil {
		return digest.IssueRecord{}, fmt.Errorf("%w: the running digest does not know newsletter %q: restart it",
			digest.ErrNotFound, q.Newsletter)
	}
	if q.Kind == digest.RequestSendNow {
		return p.openExtra(ctx, n, q.Created)
	}
	unended, _, err := p.Pending(ctx, n)
	if err != nil {
		return digest.IssueRecord{}, err
	}
	for _, r := range unended {
		if r.State == digest.IssueHeld {
			return r, nil
		}
	}
	return digest.IssueRecord{}, fmt.Errorf("%w: no issue of %s is held", digest.ErrNotFound, n.Name)
}
