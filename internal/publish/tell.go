package publish

import (
	"context"
	"fmt"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// tellDown tells the operator once of a relay that stays away; why is nil where it
// was there. The database keeps the outage for the next process: a system's cron
// starts one every few minutes.
func (p *Publisher) tellDown(ctx context.Context, n *Newsletter, r digest.IssueRecord, why error) {
	p.outages.Lock()
	defer p.outages.Unlock()
	before, err := p.outage(ctx)
	p.down = before.Lasting(p.o.Now())
	switch {
	case why == nil:
		p.down = delivery.Outage{}
	case p.down.Alarming(p.o.Now()):
		p.o.Alert(fmt.Sprintf("%s is waiting for the relay, which cannot be reached since %s: %v. It is tried again every minute, until "+
			"the issue is given up on %s; digest check --smtp tries it by hand", r.Name(),
			p.down.Since.In(n.Location).Format("15:04 MST"), why, n.giveUp(r).In(n.Location).Format("Mon 2 Jan 15:04 MST")))
	}
	if err == nil && p.down != before {
		err = p.store.SaveOutage(ctx, p.down)
	}
	if err != nil && ctx.Err() == nil {
		p.o.Log.Warn("since when the relay is away cannot be kept", "error", err)
	}
}

// outage is the present one, as far as this process knows, or at first an earlier one.
func (p *Publisher) outage(ctx context.Context) (delivery.Outage, error) {
	if p.downRead {
		return p.down, nil
	}
	kept, err := p.store.Outage(ctx)
	if err != nil {
		return p.down, err
	}
	p.downRead = true
	if p.down.Since.IsZero() {
		return kept, nil
	}
	return p.down, nil
}

// tellDoubt tells the operator of recipients that have come into doubt, at the
// issue's first: who gets no second copy without a word must be heard of while it
// is worth something.
func (p *Publisher) tellDoubt(r digest.IssueRecord, some int) {
	if some > 0 && p.doubted(r.ID, some) == 0 {
		p.alertDoubt(r, some)
	}
}

// recount tells the operator of all that are in doubt, after a process died.
func (p *Publisher) recount(ctx context.Context, r digest.IssueRecord) error {
	counts, err := p.store.Counts(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("count %s: %w", r.Name(), err)
	}
	p.tellDoubt(r, counts[delivery.InDoubt])
	return nil
}

// doubted is how many the operator knew of before; from now on it is some.
func (p *Publisher) doubted(id string, some int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.doubts[id]
	p.doubts[id] = some
	return before
}

func (p *Publisher) alertDoubt(r digest.IssueRecord, some int) {
	p.o.Alert(fmt.Sprintf("%s is in doubt for %d of its recipients: nobody knows whether they got it, and they get no second copy "+
		"without your word. digest status --issue %[1]s names them; look for them in the relay's log, then digest resolve %[1]s --accept, or --resend", r.Name(), some))
}

// tellEnd tells the operator whom an issue that is done has not reached, as far as
// it is not for their own mailboxes' sake.
func (p *Publisher) tellEnd(ctx context.Context, r digest.IssueRecord) error {
	counts, err := p.store.Counts(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("count %s: %w", r.Name(), err)
	}
	if some := counts[delivery.InDoubt]; some > p.doubted(r.ID, some) {
		p.alertDoubt(r, some)
	}
	if late := counts[delivery.Expired]; late > 0 {
		p.o.Alert(fmt.Sprintf("%s is done, but %d of its recipients were given up: it could not be sent to them in time. "+
			"digest status --issue %[1]s --missing says why", r.Name(), late))
	}
	return nil
}
