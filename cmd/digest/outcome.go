package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// outcome is what became of an issue, for people and scripts.
type outcome struct {
	Issue  string            `json:"issue"`
	State  digest.IssueState `json:"state"`
	Reason string            `json:"reason,omitempty"`
	Code   string            `json:"code,omitempty"`
	Counts delivery.Counts   `json:"counts"`
}

// ledger is what judging an issue needs.
type ledger interface {
	Issue(ctx context.Context, id string) (digest.IssueRecord, error)
	Counts(ctx context.Context, id string) (delivery.Counts, error)
	Backlog(ctx context.Context, issue string) (delivery.Backlog, error)
}

// outcome prints what became of the issues and returns the kind of error, if
// any, that the exit code tells of.
func (a *app) outcome(ctx context.Context, l ledger, ids []string) error {
	var all []outcome
	var worst error
	for _, id := range ids {
		if id == "" {
			continue
		}
		r, err := l.Issue(ctx, id)
		if err != nil {
			return err
		}
		counts, err := l.Counts(ctx, id)
		if err != nil {
			return err
		}
		left, err := l.Backlog(ctx, id)
		if err != nil {
			return err
		}
		all = append(all, outcome{r.Name(), r.State, r.Reason, r.Code, counts})
		worst = worse(worst, verdict(r, counts, left))
	}
	if err := a.print(all, func(w io.Writer) { printOutcomes(w, all) }); err != nil {
		return err
	}
	return worst
}

// verdict is the kind of error that an issue's state amounts to.
func verdict(r digest.IssueRecord, counts delivery.Counts, left delivery.Backlog) error {
	name := r.Name()
	switch {
	case r.State == digest.IssueHeld:
		return fmt.Errorf("%w: %s: %s", digest.ErrHeld, name, r.Reason)
	case r.State == digest.IssuePaused:
		return fmt.Errorf("%w: %s is paused: %s (digest resume %s, or digest cancel %s)", digest.ErrIncomplete, name, r.Reason, name, name)
	case r.State == digest.IssueSkipped && r.Reason != publish.NothingNew:
		return fmt.Errorf("%w: %s was skipped: %s", digest.ErrIncomplete, name, r.Reason)
	case left.Ready > 0:
		return fmt.Errorf("%w: %s has %d recipients still to be tried, the next at %s (digest status --issue %s --missing)",
			digest.ErrIncomplete, name, left.Ready, left.NextAt.Format("Mon 15:04:05"), name)
	case counts.Missing() > 0:
		return fmt.Errorf("%w: %d recipients of %s did not get it or are in doubt (digest status --issue %s --missing)",
			digest.ErrIncomplete, counts.Missing(), name, name)
	default:
		return nil
	}
}

// worse is the error that says more: held, then incomplete.
func worse(a, b error) error {
	if a == nil || (b != nil && exitCode(b) > exitCode(a)) {
		return b
	}
	return a
}

func printOutcomes(w io.Writer, all []outcome) {
	for _, o := range all {
		fmt.Fprintf(w, "%s: %s", o.Issue, o.State)
		if o.Reason != "" {
			fmt.Fprintf(w, " (%s)", o.Reason)
		}
		if line := countLine(o.Counts); line != "" {
			fmt.Fprintf(w, ": %s", line)
		}
		fmt.Fprintln(w)
	}
}

// countLine is a ledger in a line, such as "1998 accepted, 2 in doubt".
func countLine(c delivery.Counts) string {
	var parts []string
	for _, s := range delivery.States {
		if c[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c[s], strings.ReplaceAll(string(s), "_", " ")))
		}
	}
	return strings.Join(parts, ", ")
}
