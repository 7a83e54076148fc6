package publish

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// openDue opens the issue of the newsletter's latest slot that has come and has
// no issue yet. Earlier slots that were missed too are never sent: their
// articles are in this issue, and two mails back to back help nobody. For the
// same reason a missed slot is left to the next one where that is near: less
// than a quarter of the time between them away.
func (p *Publisher) openDue(ctx context.Context, n *Newsletter) error {
	if p.idle[n.Name].covers(p.o.Now()) {
		return nil
	}
	after, err := p.lastSlot(ctx, n)
	if err != nil {
		return err
	}
	now := p.o.Now()
	slots := n.Schedule.Between(after, now)
	if len(slots) == 0 {
		p.idle[n.Name] = span{now, n.Schedule.Next(now).At}
		return nil
	}
	slot, missed := slots[len(slots)-1], len(slots)-1
	next := n.Schedule.Next(now).At
	if late := now.Sub(slot.At); late > punctual && 4*next.Sub(now) < next.Sub(slot.At) {
		p.o.Log.Info("a missed slot is left to the next, which is near", "newsletter", n.Name, "slot", slot.Local)
		p.idle[n.Name] = span{now, next}
		return nil
	}
	r, created, err := p.store.OpenIssue(ctx, n.Name, digest.EditionScheduled, digest.Slot(slot), now)
	if err != nil {
		return fmt.Errorf("open the issue of %s: %w", slot.Local, err)
	}
	if !created { // its instant has changed, with the rules of its zone
		p.idle[n.Name] = span{now, next}
		return nil
	}
	if missed > 0 {
		covers := r.Name()
		if p.tooLate(n, r) {
			covers = "the next issue"
		}
		p.o.Alert(fmt.Sprintf("%s: %d earlier slots were missed; %s covers their articles", n.Name, missed, covers))
	}
	return nil
}

// punctual is how late a slot may be and not count as missed: what calls digest
// send every ten minutes is never missing anything.
const punctual = 15 * time.Minute

// tooLate says whether catch_up no longer covers an issue's slot.
func (p *Publisher) tooLate(n *Newsletter, r digest.IssueRecord) bool {
	return p.o.Now().Sub(r.Slot.At) > max(n.CatchUp, punctual)
}

// span is from one instant up to another. A clock that is set back leaves it.
type span struct{ from, until time.Time }

func (s span) covers(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

// lastSlot is the instant after which slots count: when the schedule was first
// seen, or the last slot that has an issue. What a clock that ran ahead left in
// the future does not count: nothing would be sent until then.
func (p *Publisher) lastSlot(ctx context.Context, n *Newsletter) (time.Time, error) {
	now := p.o.Now()
	after := p.since[n.Name]
	issues, err := p.store.Issues(ctx, n.Name, 0)
	if err != nil {
		return after, fmt.Errorf("read the issues of %s: %w", n.Name, err)
	}
	for _, r := range issues {
		if !r.Slot.Extra() && r.Slot.At.After(after) && !r.Slot.At.After(now) {
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
	ok, err := p.drop(ctx, r, why)
	if ok {
		p.o.Alert(fmt.Sprintf("%s is skipped: %s", r.Name(), why))
	}
	return err
}

// drop ends an issue that has nothing to send, unless somebody else ended or
// paused it; ok says whether it did.
func (p *Publisher) drop(ctx context.Context, r digest.IssueRecord, why string) (ok bool, err error) {
	ok, err = p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssuePlanning, digest.IssueHeld},
		digest.IssueMove{To: digest.IssueSkipped, Reason: why, At: p.o.Now()})
	if err != nil {
		return false, fmt.Errorf("skip %s: %w", r.Name(), err)
	}
	if ok {
		p.o.Log.Info("issue skipped", "issue", r.Name(), "reason", why)
	}
	return ok, nil
}
