package publish

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// freeTime is how long a process that was asked to stop takes to free what it holds.
const freeTime = 5 * time.Second

// left is what a delivery has left. It frees what is still in this process's hand,
// also where that was asked to stop: where several send, nobody else would take it
// before its lease ends.
func (p *Publisher) left(ctx context.Context, n *Newsletter, r digest.IssueRecord) (delivery.Backlog, error) {
	if ctx.Err() != nil {
		var done func()
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), freeTime)
		defer done()
	}
	left, err := p.store.Backlog(ctx, r.ID)
	if err == nil && left.Held {
		if err := p.free(ctx, n, r); err != nil {
			return left, err
		}
		left, err = p.store.Backlog(ctx, r.ID)
	}
	if err != nil {
		return left, fmt.Errorf("read what is left of %s: %w", r.Name(), err)
	}
	return left, nil
}

// free gives back what this process holds of an issue that it is not sending.
func (p *Publisher) free(ctx context.Context, n *Newsletter, r digest.IssueRecord) error {
	ready, inDoubt, err := p.store.Free(ctx, r.ID, p.o.Owner, p.o.Now())
	if err != nil {
		return fmt.Errorf("free what %s has left: %w", r.Name(), err)
	}
	if ready+inDoubt == 0 {
		return nil // others hold it
	}
	p.o.Log.Warn("the database did not say whether it had stored everything", "issue", r.Name(),
		"to_send_again", ready, "in_doubt", inDoubt)
	if !n.Resend {
		p.tellDoubt(r, inDoubt)
		return nil
	}
	_, err = Resolve(ctx, p.store, r, delivery.Ready, "", "the resend setting", p.o.Now())
	return err
}
