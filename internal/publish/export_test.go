package publish

import "context"

// Round is what Serve does again and again.
func (p *Publisher) Round(ctx context.Context) error { return p.round(ctx) }

// Forget is what KeepPulling does once a day.
func (p *Publisher) Forget(ctx context.Context, keep Keep) error { return p.forget(ctx, keep) }
