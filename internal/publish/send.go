package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// Pending says what there is to send of a newsletter, reading only: the issues
// that have not ended, and whether a slot has come that has no issue yet.
func (p *Publisher) Pending(ctx context.Context, n *Newsletter) (unended []digest.IssueRecord, due bool, err error) {
	all, err := p.store.Unended(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read the unended issues: %w", err)
	}
	for _, r := range all {
		if r.Newsletter == n.Name {
			unended = append(unended, r)
		}
	}
	after, err := p.lastSlot(ctx, n)
	if err != nil {
		return nil, false, err
	}
	return unended, len(n.Schedule.Between(after, p.o.Now())) > 0, nil
}

// SendDue opens what is due of the given newsletters and sends what has not
// ended, until nothing can be done within wait. It returns the ids of the issues
// that it worked on. What goes wrong with one does not stop the next.
func (p *Publisher) SendDue(ctx context.Context, newsletters []*Newsletter, force []string, wait time.Duration) ([]string, error) {
	var ids, well []string
	var problems []error
	for _, n := range newsletters {
		if err := p.openDue(ctx, n); err != nil {
			problems = append(problems, err)
		}
		unended, _, err := p.Pending(ctx, n)
		problems = append(problems, err)
		for _, r := range unended {
			ids = append(ids, r.ID)
			if err := unasked(ctx, p.advance(ctx, r, force)); err != nil {
				problems = append(problems, err)
				continue
			}
			well = append(well, r.ID)
		}
	}
	problems = append(problems, p.follow(ctx, well, wait))
	return ids, errors.Join(problems...)
}

// unasked is an error, unless it only says that we were asked to stop: what is
// not done then stands in the ledger.
func unasked(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// SendNow opens an extra issue, or takes up the one that was asked for before
// and is still held, and sends it as SendDue does.
func (p *Publisher) SendNow(ctx context.Context, n *Newsletter, force []string, wait time.Duration) (string, error) {
	r, err := p.openExtra(ctx, n, p.o.Now())
	if err != nil {
		return "", err
	}
	if err := unasked(ctx, p.advance(ctx, r, force)); err != nil {
		return r.ID, err
	}
	return r.ID, p.follow(ctx, []string{r.ID}, wait)
}

// openExtra opens the issue that was asked for at that instant. Asking again
// with the same instant gives the same issue.
func (p *Publisher) openExtra(ctx context.Context, n *Newsletter, asked time.Time) (digest.IssueRecord, error) {
	unended, _, err := p.Pending(ctx, n)
	if err != nil {
		return digest.IssueRecord{}, err
	}
	for _, r := range unended {
		if r.Slot.Extra() && r.Frozen.IsZero() && r.State != digest.IssuePaused {
			p.wake(r.ID)
			return r, nil
		}
	}
	slot := digest.ExtraSlot(asked, n.Location.String())
	r, _, err := p.store.OpenIssue(ctx, n.Name, digest.EditionScheduled, slot, p.o.Now())
	if err != nil {
		return r, fmt.Errorf("open an extra issue of %s: %w", n.Name, err)
	}
	return r, nil
}

// follow goes on with the issues while something of them comes due within wait
// from now on. One that fails is left, and the others go on.
func (p *Publisher) follow(ctx context.Context, ids []string, wait time.Duration) error {
	var problems []error
	end := p.o.Now().Add(wait)
	for ctx.Err() == nil {
		next, err := p.nextDue(ctx, ids)
		if err != nil || next.IsZero() || next.After(end) || !p.o.Now().Before(end) {
			return errors.Join(append(problems, err)...)
		}
		p.o.Log.Info("waiting for what is due next", "at", next.Format(time.TimeOnly))
		// What is due already was tried a moment ago: do not try it without end.
		sleep(ctx, max(next.Sub(p.o.Now()), tick))
		if ctx.Err() != nil {
			break
		}
		ids = slices.DeleteFunc(ids, func(id string) bool {
			err := unasked(ctx, p.proceed(ctx, id))
			problems = append(problems, err)
			return err != nil
		})
	}
	return errors.Join(problems...)
}

// proceed sends what is due of an issue, if it still may be sent.
func (p *Publisher) proceed(ctx context.Context, id string) error {
	r, err := p.store.Issue(ctx, id)
	if err != nil || r.State != digest.IssueSending {
		return err
	}
	return p.advance(ctx, r, nil)
}

// nextDue is when one of the issues that are sending has something to do, or to
// wait for; zero if none ever has.
func (p *Publisher) nextDue(ctx context.Context, ids []string) (time.Time, error) {
	var next time.Time
	for _, id := range ids {
		left, err := p.store.Backlog(ctx, id)
		if err != nil {
			return next, fmt.Errorf("read what is left: %w", err)
		}
		if !left.Sending {
			continue
		}
		at := left.NextAt
		if !left.Ready {
			at = p.o.Now() // another process has the rest in hand, or had: then it is to be ended
		}
		if w := p.resting(id).until; w.After(at) {
			at = w
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
