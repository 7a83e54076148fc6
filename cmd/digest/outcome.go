package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// sendReport is what digest send prints.
type sendReport struct {
	// Letters is what became of the single mails that were due, such as
	// confirmations.
	Letters delivery.Counts `json:"letters,omitempty"`
	Issues  []outcome       `json:"issues"`
	Waiting []waiting       `json:"waiting"`
	// Other says that another process sends.
	Other bool `json:"left_to_another_process,omitempty"`
}

// outcome is what became of an issue.
type outcome struct {
	Issue     string            `json:"issue"`
	State     digest.IssueState `json:"state"`
	Reason    string            `json:"reason,omitempty"`
	Code      string            `json:"code,omitempty"`
	HoldUntil time.Time         `json:"hold_until,omitzero"`
	Counts    delivery.Counts   `json:"counts"`
}

// waiting is a newsletter of which nothing can be sent now.
type waiting struct {
	Newsletter string    `json:"newsletter"`
	Next       time.Time `json:"next_slot"`
	Paused     []string  `json:"paused,omitempty"`
}

// ledger is what judging an issue needs.
type ledger interface {
	Issue(ctx context.Context, id string) (digest.IssueRecord, error)
	Counts(ctx context.Context, id string) (delivery.Counts, error)
	Backlog(ctx context.Context, issue string) (delivery.Backlog, error)
}

// reportTime is how long the end of a command waits for a database that may have
// fallen silent.
const reportTime = 15 * time.Second

// outcome prints what became of the issues and returns the kind of error, if
// any, that the exit code tells of. It does so also where ctx has ended.
func (a *app) outcome(ctx context.Context, l ledger, ids []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	report := sendReport{Letters: a.lettersSent, Issues: []outcome{}, Waiting: []waiting{}}
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
		one := outcome{Issue: r.Name(), State: r.State, Reason: r.Reason, Code: r.Code, Counts: counts}
		if r.State == digest.IssueHeld {
			one.HoldUntil = r.HoldUntil.In(zone(r))
		}
		report.Issues = append(report.Issues, one)
		worst = worse(worst, verdict(r, counts, left, a.now()))
	}
	a.unsaid(report.Issues)
	if err := a.print(report, report.print); err != nil {
		return err
	}
	return worst
}

// zone is the time zone of an issue's newsletter.
func zone(r digest.IssueRecord) *time.Location {
	if l, err := time.LoadLocation(r.Slot.Zone); err == nil {
		return l
	}
	return time.UTC
}

// unsaid logs the alerts that the report does not repeat.
func (a *app) unsaid(reported []outcome) {
	told := a.told
	a.told, a.reports = nil, false
	for _, text := range told {
		if !aboutOneOf(text, reported) {
			a.log().Warn(text) // whom alert names was told at once
		}
	}
}

func aboutOneOf(alert string, reported []outcome) bool {
	for _, o := range reported {
		if strings.HasPrefix(alert, o.Issue+" is ") {
			return true
		}
	}
	return false
}

// verdict is the kind of error that an issue's state amounts to, with what to
// do next. The reason stands in the report.
func verdict(r digest.IssueRecord, counts delivery.Counts, left delivery.Backlog, now time.Time) error {
	name := r.Name()
	switch {
	case r.State == digest.IssueHeld:
		return fmt.Errorf("%w: %s: put right what holds it and call digest send again (digest serve tries by itself), "+
			"or send it all the same with --force %s", digest.ErrHeld, name, r.Code)
	case r.State == digest.IssuePaused:
		return pausedError(name)
	case r.State == digest.IssueSkipped && r.Reason != publish.NothingNew:
		return fmt.Errorf("%w: %s was skipped: its articles appear in the next issue; digest send --now sends one now",
			digest.ErrIncomplete, name)
	case left.Ready && !left.NextAt.After(now): // the relay is away, or we were told not to wait
		return fmt.Errorf("%w: %s of %s still to be tried: call digest send again, or leave digest serve running",
			digest.ErrIncomplete, plural(counts[delivery.Ready], "recipient"), name)
	case left.Ready:
		return fmt.Errorf("%w: %s of %s still to be tried, the next at %s: call digest send then, or leave digest serve running",
			digest.ErrIncomplete, plural(counts[delivery.Ready], "recipient"), name, left.NextAt.In(zone(r)).Format(momentLayout))
	case counts.Missing() > 0:
		return fmt.Errorf("%w: %s of %s without it or in doubt: digest status --issue %s --missing says who and why",
			digest.ErrIncomplete, plural(counts.Missing(), "recipient"), name, name)
	case !r.State.Ended():
		return fmt.Errorf("%w: %s is not sent yet: call digest send again", digest.ErrIncomplete, name)
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

func (r sendReport) print(w io.Writer) {
	if r.Other {
		fmt.Fprintln(w, "another digest is running here: it sends what is due")
	}
	if r.Letters.Total() > 0 {
		fmt.Fprintf(w, "letters: %s\n", countLine(r.Letters))
	}
	for _, o := range r.Issues {
		o.print(w)
	}
	for _, n := range r.Waiting {
		fmt.Fprintf(w, "%s: nothing due. Next slot: %s\n", n.Newsletter, n.Next.Format(dayLayout))
		for _, p := range n.Paused {
			fmt.Fprintf(w, "  paused: %s\n", p)
		}
	}
}

func (o outcome) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s", o.Issue, o.State)
	if !o.HoldUntil.IsZero() {
		fmt.Fprintf(w, " until %s", o.HoldUntil.Format(momentLayout))
	}
	if o.Reason != "" {
		fmt.Fprintf(w, " (%s)", o.Reason)
	}
	if line := countLine(o.Counts); line != "" {
		fmt.Fprintf(w, ": %s", line)
	}
	fmt.Fprintln(w)
}

// countLine is a ledger in a line, such as "1998 accepted, 2 in doubt".
func countLine(c delivery.Counts) string {
	var parts []string
	for _, s := range delivery.States {
		if c[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c[s], words(s)))
		}
	}
	return strings.Join(parts, ", ")
}

// words is a state as people write it.
func words(s delivery.State) string { return strings.ReplaceAll(string(s), "_", " ") }
