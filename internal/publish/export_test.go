package publish

import "context"

// Round is what Serve does again and again.
func (p *Publisher) Round(ctx context.Context) error { return p.round(ctx) }
