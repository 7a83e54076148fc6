package publish

import "context"

// Round is what Serve does again and again, one issue after another.
func (p *Publisher) Round(ctx context.Context) error { return p.round(ctx, p.advance) }

// Requests is the part of it that serves other processes.
func (p *Publisher) Requests(ctx context.Context) error { return p.requests(ctx, p.advance) }

// Forget is what KeepPulling does once a day.
func (p *Publisher) Forget(ctx context.Context, keep Keep) error { return p.forget(ctx, keep) }
