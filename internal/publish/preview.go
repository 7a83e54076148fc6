package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/preflight"
)

// Preview is an issue as it would be at this moment.
type Preview struct {
	Issue    digest.Issue
	Rendered compose.Rendered // zero where the issue is empty
	// Findings are what is wrong with it, those marked that force goes past;
	// without force, those that block would hold it back.
	Findings []preflight.Finding
	Mail     preflight.Mail  // the sample that was looked over; zero where the issue is empty
	Facts    preflight.Facts // the same
	Failures []string        // sources that gave nothing
}

// Preview makes the issue that sending at this moment would make, by the same
// steps, and changes nothing. force names the codes of findings to go past.
func (p *Publisher) Preview(ctx context.Context, n *Newsletter, force ...string) (Preview, error) {
	now := p.o.Now()
	w, err := p.window(ctx, n, now)
	if err != nil {
		return Preview{}, err
	}
	last, err := p.store.Issues(ctx, n.Name, 1)
	if err != nil {
		return Preview{}, fmt.Errorf("read the last issue of %s: %w", n.Name, err)
	}
	r := digest.IssueRecord{
		ID: "preview", Newsletter: n.Name, Edition: digest.EditionScheduled,
		Number: 1, Slot: digest.ExtraSlot(now, n.Location.String()),
	}
	if len(last) > 0 {
		r.Number = last[0].Number + 1
	}
	harvests, results, err := p.peek(ctx, n, w, force)
	if err != nil {
		return Preview{}, err
	}
	v := Preview{Findings: append(p.unreachable(ctx, n), sourceFindings(results)...)}
	for _, r := range results {
		if r.Err != nil {
			v.Failures = append(v.Failures, fmt.Sprintf("%s: %v", r.Source.Name, r.Err))
		}
	}
	forget := func(context.Context, digest.Harvest) error { return nil }
	v.Issue, v.Rendered, err = p.draft(ctx, n, r, material{
		harvests: harvests, answered: answered(results), warnings: warnings(results), amend: forget, now: now, force: force,
	})
	var broken brokenNote
	if errors.As(err, &broken) {
		err = fmt.Errorf("%w (%s): %v; mend the note, or go without it with --force %s", digest.ErrHeld, HoldNote, broken, HoldNote)
	}
	if err == nil && !v.Issue.Empty() {
		var i inspection
		i, err = p.inspect(ctx, n, r, v.Issue, v.Rendered)
		v.Mail, v.Facts, v.Findings = i.mail, i.facts, append(v.Findings, i.findings...)
	}
	v.Findings = preflight.Force(preflight.Sorted(v.Findings), force)
	return v, err
}

// unreachable is what is wrong with the page that unsubscribe links lead to.
func (p *Publisher) unreachable(ctx context.Context, n *Newsletter) []preflight.Finding {
	id, err := p.store.DatabaseID(ctx)
	if err == nil {
		err = p.o.Reachable(ctx, n.PublicURL, id)
	}
	if err == nil {
		return nil
	}
	return []preflight.Finding{preflight.New(preflight.Unreachable, preflight.Blocks, err.Error())}
}

// Sample is one copy of a previewed issue for an address that need not be on
// the list. Its unsubscribe link belongs to nobody.
func (p *Publisher) Sample(n *Newsletter, address string) (mail.Personal, error) {
	known := *n
	if known.ID == "" {
		known.ID = "00000000" // the database has not seen it yet
	}
	return p.personal(&known, "sample "+p.o.Now().UTC().Format(time.RFC3339Nano), p.o.Nobody, address, "")
}
