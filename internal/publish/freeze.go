package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/sources"
)

// material is what an issue is drafted from, beside the database.
type material struct {
	harvests []digest.Harvest // not in the library yet
	answered []library.Source // whom a recheck may ask
	warnings []string
	// amend keeps what a recheck found changed.
	amend library.Keep
	now   time.Time
	force []string
}

// draft chooses and renders the issue as it would be at this moment. It is what
// a dry run shows and what freezing stores.
func (p *Publisher) draft(ctx context.Context, n *Newsletter, r digest.IssueRecord, m material) (digest.Issue, compose.Rendered, error) {
	none := compose.Rendered{}
	history, err := p.history(ctx, n)
	if err != nil {
		return digest.Issue{}, none, err
	}
	var names []string
	for _, s := range n.Sources {
		names = append(names, s.Name)
	}
	reach := since(n.Newsletter, history.CutOff, m.now).Add(-discussReach)
	kept, err := p.store.Library(ctx, names, reach)
	if err != nil {
		return digest.Issue{}, none, fmt.Errorf("read the library: %w", err)
	}
	note, written, err := draftNote(n.NoteFile, m.force)
	if err != nil {
		return digest.Issue{}, none, err
	}
	issue, err := p.settle(ctx, Choice{
		Newsletter: n.Newsletter, Number: r.Number, Slot: r.Slot,
		Library: within(merge(kept, m.harvests, m.now), reach), Warnings: m.warnings,
		History: history, Note: note.Text, Subject: note.Subject, Preheader: note.Preheader,
		Pins: note.Pins, Drops: note.Drops, Now: m.now,
	}, m)
	if err != nil {
		return digest.Issue{}, none, err
	}
	issue.Draft = written
	issue.Title, issue.Language = n.Title, n.Newsletter.Language // as the archive will show it
	if issue.Empty() {
		return issue, none, nil
	}
	rendered, err := p.o.Composer.Render(issue, n.Newsletter, compose.IDs{
		Boundary: boundary(r.ID), Date: m.now.In(n.Location).Truncate(time.Second),
	})
	if err != nil {
		return issue, none, fmt.Errorf("render %s: %w", r.Name(), err)
	}
	return issue, rendered, nil
}

func (p *Publisher) history(ctx context.Context, n *Newsletter) (History, error) {
	cutOff, err := p.cutOff(ctx, n)
	if err != nil {
		return History{}, err
	}
	items, err := p.store.Printed(ctx, n.Name, digest.EditionScheduled)
	if err != nil {
		return History{}, fmt.Errorf("read what %s printed: %w", n.Name, err)
	}
	return History{Printed: items, CutOff: cutOff}, nil
}

func (p *Publisher) cutOff(ctx context.Context, n *Newsletter) (time.Time, error) {
	at, err := p.store.CutOff(ctx, n.Name, digest.EditionScheduled)
	if err != nil {
		return at, fmt.Errorf("read how far %s has come: %w", n.Name, err)
	}
	return at, nil
}

// window is the span that an issue's sources are asked for: new articles, and
// older ones that may still be discussed.
func (p *Publisher) window(ctx context.Context, n *Newsletter, now time.Time) (sources.Window, error) {
	cutOff, err := p.cutOff(ctx, n)
	return sources.Window{Since: since(n.Newsletter, cutOff, now).Add(-discussReach), Until: now}, err
}

// boundary is the MIME boundary of an issue: never the same in two issues, and
// always the same in one.
func boundary(id string) string {
	sum := sha256.Sum256([]byte("boundary " + id))
	return "digest_" + hex.EncodeToString(sum[:12])
}

// freeze makes the issue's content final, unless it is already. It returns a
// hold where the issue must wait, and says whether there is anything to send.
func (p *Publisher) freeze(ctx context.Context, n *Newsletter, r digest.IssueRecord, force []string) (bool, error) {
	if !r.Frozen.IsZero() {
		return true, nil
	}
	id, err := p.store.DatabaseID(ctx)
	if err != nil {
		return false, fmt.Errorf("read the database's id: %w", err)
	}
	if err := p.o.Reachable(ctx, n.PublicURL, id); err != nil && !slices.Contains(force, HoldUnsubscribe) {
		return false, hold{HoldUnsubscribe, err.Error()}
	}
	now := p.o.Now()
	w, err := p.window(ctx, n, now)
	if err != nil {
		return false, err
	}
	p.o.Log.Info("pulling", "issue", r.Name(), "sources", len(n.Sources))
	results, err := p.o.Library.Pull(ctx, n.Sources, w, force)
	if err == nil {
		err = missing(results, force)
	}
	if err != nil {
		return false, err
	}
	issue, rendered, err := p.draft(ctx, n, r, material{
		answered: answered(results), warnings: warnings(results), amend: p.o.Library.Amend, now: now, force: force,
	})
	if broken := (brokenNote{}); errors.As(err, &broken) {
		// Whoever wrote it mends it, and the issue goes out by itself.
		return false, hold{HoldNote, broken.Error()}
	}
	if err == nil && issue.Empty() {
		p.tellMissing(r, results)
	}
	if err != nil || issue.Empty() {
		return false, err
	}
	findings, err := p.cleared(ctx, n, r, issue, rendered, force)
	if err != nil {
		return false, err
	}
	stencil, err := rendered.Stencil.MarshalBinary()
	if err != nil {
		return false, fmt.Errorf("store the stencil of %s: %w", r.Name(), err)
	}
	plain, err := rendered.Plain.MarshalBinary()
	if err != nil {
		return false, fmt.Errorf("store the plain stencil of %s: %w", r.Name(), err)
	}
	err = p.store.Freeze(ctx, r.ID, digest.Frozen{
		Content: issue, Items: rendered.Items, Stencil: stencil, Plain: plain, From: n.EnvelopeFrom, At: now,
	})
	if err == nil {
		p.tellMissing(r, results)
		p.tellFindings(r, findings)
	}
	return true, err
}

// tellMissing tells the operator which sources an issue goes without.
func (p *Publisher) tellMissing(r digest.IssueRecord, results []library.Result) {
	for _, s := range results {
		if s.Err != nil {
			p.o.Alert(fmt.Sprintf("%s has to do without anything new from %s: %v", r.Name(), s.Source.Name, s.Err))
		}
	}
}
