package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

// books are a ledger of issues, by id.
type books map[string]struct {
	issue  digest.IssueRecord
	counts delivery.Counts
	left   delivery.Backlog
}

func (b books) Issue(_ context.Context, id string) (digest.IssueRecord, error) {
	if one, ok := b[id]; ok {
		return one.issue, nil
	}
	return digest.IssueRecord{}, digest.ErrNotFound
}

func (b books) Counts(_ context.Context, id string) (delivery.Counts, error) {
	return b[id].counts, nil
}

func (b books) Backlog(_ context.Context, id string) (delivery.Backlog, error) {
	return b[id].left, nil
}

func issueIn(state digest.IssueState, reason string) digest.IssueRecord {
	return digest.IssueRecord{
		Newsletter: "weekly", Number: 47, State: state, Reason: reason, Code: publish.HoldSource,
		Slot: digest.Slot{Zone: "Europe/London"}, HoldUntil: time.Date(2026, 7, 5, 9, 0, 0, 0, time.UTC),
	}
}

func TestVerdict(t *testing.T) {
	at := time.Date(2026, 7, 5, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		issue  digest.IssueRecord
		counts delivery.Counts
		left   delivery.Backlog
		want   error
		says   string
	}{
		{"all accepted", issueIn(digest.IssueDone, ""), delivery.Counts{delivery.Accepted: 9}, delivery.Backlog{}, nil, ""},
		{"who left is nobody missing", issueIn(digest.IssueDone, ""), delivery.Counts{delivery.Skipped: 2}, delivery.Backlog{}, nil, ""},
		{"a later bounce too", issueIn(digest.IssueDone, ""), delivery.Counts{delivery.Bounced: 1}, delivery.Backlog{}, nil, ""},
		{"nothing new", issueIn(digest.IssueSkipped, publish.NothingNew), nil, delivery.Backlog{}, nil, ""},
		{"one failed", issueIn(digest.IssueDone, ""), delivery.Counts{delivery.Failed: 1}, delivery.Backlog{}, digest.ErrIncomplete, "1 recipient of weekly/47"},
		{"two in doubt", issueIn(digest.IssueDone, ""), delivery.Counts{delivery.InDoubt: 2}, delivery.Backlog{}, digest.ErrIncomplete, "status --issue weekly/47 --missing"},
		{"held", issueIn(digest.IssueHeld, "down"), nil, delivery.Backlog{}, digest.ErrHeld, "--force source-failed"},
		{"paused", issueIn(digest.IssuePaused, "down"), nil, delivery.Backlog{}, digest.ErrIncomplete, "digest resume weekly/47"},
		{"skipped", issueIn(digest.IssueSkipped, "too late"), nil, delivery.Backlog{}, digest.ErrIncomplete, "send --now"},
		{"retries", issueIn(digest.IssueSending, ""), delivery.Counts{delivery.Ready: 1}, delivery.Backlog{Ready: true, NextAt: at}, digest.ErrIncomplete, "Sun 5 Jul 10:00 BST"},
		{"due already", issueIn(digest.IssueSending, ""), delivery.Counts{delivery.Ready: 2}, delivery.Backlog{Ready: true, NextAt: at.Add(-time.Minute)}, digest.ErrIncomplete, "2 recipients of weekly/47 still to be tried: call digest send again"},
		{"interrupted before it was planned", issueIn(digest.IssuePlanning, ""), nil, delivery.Backlog{}, digest.ErrIncomplete, "call digest send again"},
	} {
		err := verdict(c.issue, c.counts, c.left, at.Add(-time.Second))
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", c.name, err, c.says)
		}
		if err != nil && c.issue.Reason != "" && strings.Contains(err.Error(), c.issue.Reason) {
			t.Errorf("%s: the reason, which the report gives, is repeated: %v", c.name, err)
		}
	}
}

func TestOutcomeTellsTheWorstAndSaysNothingTwice(t *testing.T) {
	var out, log bytes.Buffer
	a := &app{out: &out, err: &log, now: time.Now, reports: true}
	a.alert("weekly/47 is held until Sunday: the site is down")
	a.alert("weekly/470 is skipped: too late")
	if log.Len() > 0 {
		t.Errorf("an alert did not wait: %s", &log)
	}
	held, done := issueIn(digest.IssueHeld, "the site is down"), issueIn(digest.IssueDone, "")
	done.Number = 46
	b := books{
		"a": {issue: done, counts: delivery.Counts{delivery.InDoubt: 2, delivery.Accepted: 1998}},
		"b": {issue: held},
	}
	err := a.outcome(t.Context(), b, []string{"a", "", "b"})
	if !errors.Is(err, digest.ErrHeld) {
		t.Errorf("the worst is %v", err)
	}
	want := "weekly/46: done: 1998 accepted, 2 in doubt\nweekly/47: held until Sun 5 Jul 10:00 BST (the site is down)\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", &out, want)
	}
	if n := strings.Count(log.String(), "weekly/470 is skipped"); n != 1 || strings.Contains(log.String(), "weekly/47 ") {
		t.Errorf("logged %q", &log)
	}
	if err := a.outcome(t.Context(), b, []string{"nobody's"}); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("an unknown issue: %v", err)
	}
}

func TestWorse(t *testing.T) {
	for _, c := range []struct{ a, b, want error }{
		{nil, nil, nil},
		{nil, digest.ErrIncomplete, digest.ErrIncomplete},
		{digest.ErrIncomplete, nil, digest.ErrIncomplete},
		{digest.ErrIncomplete, digest.ErrHeld, digest.ErrHeld},
		{digest.ErrHeld, digest.ErrIncomplete, digest.ErrHeld},
	} {
		if got := worse(c.a, c.b); got != c.want {
			t.Errorf("worse(%v, %v) = %v", c.a, c.b, got)
		}
	}
}
