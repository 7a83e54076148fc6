package publish

import (
	"context"
	"fmt"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
)

// stencils are the messages that an issue is sent as.
type stencils struct{ full, plain *mail.Stencil }

// of is the one for a recipient.
func (s stencils) of(d delivery.Delivery) *mail.Stencil {
	if d.Plain {
		return s.plain
	}
	return s.full
}

// stencils reads them as they were frozen. An issue from before there were plain
// ones has the same for everybody.
func (p *Publisher) stencils(ctx context.Context, r digest.IssueRecord) (stencils, error) {
	full, err := p.store.Stencil(ctx, r.ID)
	if err != nil {
		return stencils{}, fmt.Errorf("read the stencil of %s: %w", r.Name(), err)
	}
	plain, err := p.store.PlainStencil(ctx, r.ID)
	if err != nil {
		return stencils{}, fmt.Errorf("read the plain stencil of %s: %w", r.Name(), err)
	}
	both := stencils{full: &mail.Stencil{}}
	if err := both.full.UnmarshalBinary(full); err != nil {
		return stencils{}, fmt.Errorf("read the stencil of %s: %w", r.Name(), err)
	}
	if both.plain = both.full; len(plain) > 0 {
		both.plain = &mail.Stencil{}
		if err := both.plain.UnmarshalBinary(plain); err != nil {
			return stencils{}, fmt.Errorf("read the plain stencil of %s: %w", r.Name(), err)
		}
	}
	return both, nil
}
