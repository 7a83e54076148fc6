package publish

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// clockSlack is how far the ledger may be ahead of the clock: more than a clock is
// ever set back for a good reason, or than the clocks of several machines differ.
const clockSlack = time.Hour

// Start makes the newsletters known and puts right what a process that died, a
// restored backup or a wrong clock left behind. It comes before anything else.
func (p *Publisher) Start(ctx context.Context) error {
	if err := p.distrustBackup(ctx); err != nil {
		return err
	}
	if err := p.distrustClock(ctx); err != nil {
		return err
	}
	if err := p.Register(ctx); err != nil {
		return err
	}
	return p.recover(ctx)
}

// Register records each newsletter's schedule, and refuses to go on without one
// that the database knows: its readers would silently get nothing.
func (p *Publisher) Register(ctx context.Context) error {
	known, err := p.store.Newsletters(ctx)
	if err != nil {
		return fmt.Errorf("read the known newsletters: %w", err)
	}
	for _, name := range known {
		if p.names[name] == nil {
			return fmt.Errorf("%w: newsletter %q is in the database but not in the configuration: put it back, "+
				"or say what became of it: digest newsletters rename %s NEW, or digest newsletters retire %s",
				digest.ErrConfig, name, name, name)
		}
	}
	for i := range p.o.Newsletters {
		n := &p.o.Newsletters[i]
		id, since, err := p.store.RegisterNewsletter(ctx, n.Name, n.Spec, n.Location.String(), p.o.Now())
		if err != nil {
			return fmt.Errorf("register newsletter %s: %w", n.Name, err)
		}
		n.ID, p.since[n.Name] = id, since
	}
	return nil
}

// distrustBackup tells the operator of a restored backup: its ledger does not
// know who got the mail after it was made, nor which slots had their issue.
func (p *Publisher) distrustBackup(ctx context.Context) error {
	restored, err := p.store.Restored(ctx, p.o.Now())
	if err != nil || !restored {
		return err
	}
	p.o.Alert("the database is a restored backup. Slots that came since it was made are not caught up: " +
		"if one of them was not sent, call digest send --now")
	issues, err := p.store.Unended(ctx)
	if err != nil {
		return err
	}
	for _, r := range issues {
		p.o.Alert(fmt.Sprintf("%s is paused: the backup does not know who got it after it was made. digest resume %s "+
			"sends it to everybody else, digest cancel %s gives it up", r.Name(), r.Name(), r.Name()))
	}
	return nil
}

// distrustClock stops at a clock by which the ledger was written in the future.
// When to try again and when to give up would both be wrong.
func (p *Publisher) distrustClock(ctx context.Context) error {
	last, err := p.store.Ahead(ctx, p.o.Now(), clockSlack)
	if err != nil || last.IsZero() {
		return err
	}
	issues, err := p.store.Unended(ctx)
	if err != nil {
		return err
	}
	for _, r := range issues {
		p.o.Alert(fmt.Sprintf("%s is paused: the clock says %s, but the ledger was written at %s. Put the clock right; "+
			"then digest resume %s sends the rest, digest cancel %s gives it up", r.Name(),
			p.o.Now().UTC().Format(time.RFC3339), last.Format(time.RFC3339), r.Name(), r.Name()))
	}
	return nil
}

// recover frees the rows of dead owners.
func (p *Publisher) recover(ctx context.Context) error {
	ready, inDoubt, err := p.store.Recover(ctx, p.o.Owner, p.o.Exclusive, p.o.Grace, p.o.Now())
	if err != nil {
		return fmt.Errorf("recover the ledger: %w", err)
	}
	if ready+inDoubt > 0 {
		p.o.Log.Warn("an earlier run did not end well", "to_send_again", ready, "in_doubt", inDoubt)
	}
	issues, err := p.store.Unended(ctx)
	if err != nil {
		return err
	}
	for _, r := range issues {
		switch n := p.names[r.Newsletter]; {
		case n == nil:
		case n.Resend:
			_, err = Resolve(ctx, p.store, r, delivery.Ready, "", "the resend setting", p.o.Now())
		case inDoubt > 0:
			err = p.recount(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pause stops an issue until its operator resumes it.
func (p *Publisher) pause(ctx context.Context, r digest.IssueRecord, why string) error {
	ok, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssuePlanning, digest.IssueSending, digest.IssueHeld},
		digest.IssueMove{To: digest.IssuePaused, Reason: why, At: p.o.Now()})
	if err != nil {
		return fmt.Errorf("pause %s: %w", r.Name(), err)
	}
	if !ok {
		return nil // its operator was quicker
	}
	p.o.Alert(fmt.Sprintf("%s is paused: %s (digest resume %s, or digest cancel %s)", r.Name(), why, r.Name(), r.Name()))
	return nil
}
