package publish

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// openDue opens the issue of the newsletter's latest slot that has come and has
// no issue yet. Earlier slots that were missed too are never sent: their
// articles are in this issue, and two mails back to back help nobody. A slot
// that is too late is recorded as skipped.
func (p *Publisher) openDue(ctx context.Context, n *Newsletter) error {
	if p.o.Now().Before(p.next[n.Name]) {
		return nil
	}
	after, err := p.lastSlot(ctx, n)
	if err != nil {
		return err
	}
	now := p.o.Now()
	slots := n.Schedule.Between(after, now)
	if len(slots) == 0 {
		p.next[n.Name] = n.Schedule.Next(now).At
		return nil
	}
	slot, missed := slots[len(slots)-1], len(slots)-1
	r, created, err := p.store.OpenIssue(ctx, n.Name, digest.EditionScheduled, digest.Slot(slot), now)
	if err != nil {
		return fmt.Errorf("open the issue of %s: %w", slot.Local, err)
	}
	if !created {
		return nil
	}
	if missed > 0 {
		p.o.Alert(fmt.Sprintf("%s: %d earlier slots were missed; %s covers their articles", n.Name, missed, r.Name()))
	}
	if late := now.Sub(slot.At); late > n.CatchUp {
		return p.skip(ctx, r, fmt.Sprintf("missed by %s, which is more than catch_up allows (%s)",
			late.Round(time.Minute), n.CatchUp))
	}
	return nil
}

// lastSlot is the instant after which slots count: when the schedule was first
// seen, or the last slot that has an issue.
func (p *Publisher) lastSlot(ctx context.Context, n *Newsletter) (time.Time, error) {
	after := p.since[n.Name]
	issues, err := p.store.Issues(ctx, n.Name, 0)
	if err != nil {
		return after, fmt.Errorf("read the issues of %s: %w", n.Name, err)
	}
	for _, r := range issues {
		if !r.Slot.Extra() && r.Slot.At.After(after) {
			after = r.Slot.At
		}
	}
	return after, nil
}

// Next is the newsletter's next slot.
func (p *Publisher) Next(n *Newsletter) digest.Slot {
	return digest.Slot(n.Schedule.Next(p.o.Now()))
}

// skip ends an issue that will not be sent, and tells the operator.
func (p *Publisher) skip(ctx context.Context, r digest.IssueRecord, why string) error {
	if err := p.drop(ctx, r, why); err != nil {
		return err
	}
	p.o.Alert(fmt.Sprintf("%s is skipped: %s", r.Name(), why))
	return nil
}

// drop ends an issue that has nothing to send.
func (p *Publisher) drop(ctx context.Context, r digest.IssueRecord, why string) error {
	_, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssuePlanning, digest.IssueHeld},
		digest.IssueMove{To: digest.IssueSkipped, Reason: why, At: p.o.Now()})
	if err != nil {
		return fmt.Errorf("skip %s: %w", r.Name(), err)
	}
	p.o.Log.Info("issue skipped", "issue", r.Name(), "reason", why)
	return nil
}
