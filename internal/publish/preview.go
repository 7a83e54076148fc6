package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/mail"
)

// Preview is an issue as it would be at this moment.
type Preview struct {
	Issue    digest.Issue
	Rendered compose.Rendered // zero where the issue is empty
	Holds    []Hold           // what would hold it back
	Failures []string         // sources that gave nothing
}

// Hold is a reason not to send, with the code that --force takes.
type Hold struct {
	Code string `json:"code"`
	Why  string `json:"why"`
}

// Preview makes the issue that sending at this moment would make, by the same
// steps, and changes nothing.
func (p *Publisher) Preview(ctx context.Context, n *Newsletter) (Preview, error) {
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
	harvests, results, err := p.peek(ctx, n, w)
	if err != nil {
		return Preview{}, err
	}
	v := Preview{Holds: p.holds(ctx, n, results)}
	for _, r := range results {
		if r.Err != nil {
			v.Failures = append(v.Failures, fmt.Sprintf("%s: %v", r.Source.Name, r.Err))
		}
	}
	forget := func(context.Context, digest.Harvest) error { return nil }
	v.Issue, v.Rendered, err = p.draft(ctx, n, r, material{
		harvests: harvests, warnings: warnings(results), amend: forget, now: now,
	})
	return v, err
}

// holds is what would hold an issue back.
func (p *Publisher) holds(ctx context.Context, n *Newsletter, results []library.Result) []Hold {
	var holds []Hold
	id, err := p.store.DatabaseID(ctx)
	if err == nil {
		err = p.o.Reachable(ctx, n.PublicURL, id)
	}
	if err != nil {
		holds = append(holds, Hold{HoldUnsubscribe, err.Error()})
	}
	var h hold
	if errors.As(missing(results, nil), &h) {
		holds = append(holds, Hold{h.code, h.why})
	}
	return holds
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
