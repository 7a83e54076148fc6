package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// shown is how many issues status lists.
const shown = 10

func (a *app) statusCommand() *cobra.Command {
	var issue string
	var missing bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show issues, recipients and sources; who did not get an issue, and why",
		Example: `  digest status
  digest status --issue weekly/47
  digest status --issue weekly/47 --missing --json`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if issue == "" && missing {
				return fmt.Errorf("%w: --missing needs --issue", digest.ErrUsage)
			}
			return a.status(c.Context(), issue, missing)
		},
	}
	c.Flags().StringVar(&issue, "issue", "", "one issue, like weekly/47")
	c.Flags().BoolVar(&missing, "missing", false, "list everybody who did not get it, and why")
	return c
}

func (a *app) status(ctx context.Context, issue string, missing bool) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	if issue == "" {
		return a.overview(ctx, s, newsletters)
	}
	name, number, err := digest.ParseIssueName(issue)
	if err != nil {
		return err
	}
	r, err := s.IssueByName(ctx, name, number)
	if err != nil {
		return err
	}
	one, err := describeIssue(ctx, s, r)
	if err != nil {
		return err
	}
	states := []delivery.State{delivery.InDoubt, delivery.Committing}
	if missing {
		states = notDelivered
	}
	if one.Missing, err = recipientsIn(ctx, s, r.ID, states); err != nil {
		return err
	}
	return a.print(one, one.print)
}

// notDelivered are the states of those who have not got the mail.
var notDelivered = []delivery.State{
	delivery.Ready, delivery.Claimed, delivery.Committing, delivery.InDoubt, delivery.Failed,
	delivery.RenderError, delivery.Skipped, delivery.Expired, delivery.Bounced,
}

// overviewOf is digest status as JSON.
type overviewOf struct {
	Newsletters []newsletterStatus    `json:"newsletters"`
	Sources     []digest.SourceHealth `json:"sources"`
}

// newsletterStatus is one newsletter in it.
type newsletterStatus struct {
	Name    string         `json:"name"`
	Next    time.Time      `json:"next_slot"`
	Active  int            `json:"active"`
	LeftOut map[string]int `json:"left_out,omitempty"`
	Issues  []issueStatus  `json:"issues"`
}

// issueStatus is one issue in it.
type issueStatus struct {
	Name      string            `json:"name"`
	Slot      time.Time         `json:"slot"`
	State     digest.IssueState `json:"state"`
	Reason    string            `json:"reason,omitempty"`
	HoldUntil time.Time         `json:"hold_until,omitzero"`
	Counts    delivery.Counts   `json:"counts"`
	NextTry   time.Time         `json:"next_try,omitzero"`
	Missing   []missingStatus   `json:"missing,omitempty"`
}

// missingStatus is one recipient who has not got an issue.
type missingStatus struct {
	Address  string         `json:"address"`
	State    delivery.State `json:"state"`
	Why      string         `json:"why,omitempty"`
	Attempts int            `json:"attempts"`
	NextTry  time.Time      `json:"next_try,omitzero"`
}

func (a *app) overview(ctx context.Context, s *store.Store, newsletters []publish.Newsletter) error {
	var all overviewOf
	for _, n := range newsletters {
		one, err := describeNewsletter(ctx, s, n)
		if err != nil {
			return err
		}
		all.Newsletters = append(all.Newsletters, one)
	}
	var err error
	if all.Sources, err = s.SourceHealth(ctx); err != nil {
		return err
	}
	return a.print(all, all.print)
}

func describeNewsletter(ctx context.Context, s *store.Store, n publish.Newsletter) (newsletterStatus, error) {
	one := newsletterStatus{Name: n.Name, Next: n.Schedule.Next(time.Now()).At.In(n.Location), LeftOut: map[string]int{}}
	err := s.Recipients(ctx, n.Name, func(r digest.Recipient) error {
		if r.LeftOut == "" {
			one.Active++
		} else {
			one.LeftOut[r.LeftOut]++
		}
		return nil
	})
	if err != nil {
		return one, err
	}
	issues, err := s.Issues(ctx, n.Name, shown)
	if err != nil {
		return one, err
	}
	for _, r := range issues {
		i, err := describeIssue(ctx, s, r)
		if err != nil {
			return one, err
		}
		if i.Missing, err = recipientsIn(ctx, s, r.ID, []delivery.State{delivery.InDoubt}); err != nil {
			return one, err
		}
		i.Slot = i.Slot.In(n.Location)
		one.Issues = append(one.Issues, i)
	}
	return one, nil
}

func describeIssue(ctx context.Context, s *store.Store, r digest.IssueRecord) (issueStatus, error) {
	counts, err := s.Counts(ctx, r.ID)
	if err != nil {
		return issueStatus{}, err
	}
	left, err := s.Backlog(ctx, r.ID)
	return issueStatus{
		Name: r.Name(), Slot: r.Slot.At, State: r.State, Reason: r.Reason, HoldUntil: r.HoldUntil,
		Counts: counts, NextTry: left.NextAt,
	}, err
}

func recipientsIn(ctx context.Context, s *store.Store, issue string, states []delivery.State) ([]missingStatus, error) {
	var all []missingStatus
	err := s.Deliveries(ctx, issue, states, func(d delivery.Delivery) error {
		m := missingStatus{Address: d.Address, State: d.State, Why: d.LastReply, Attempts: d.Attempts}
		if m.Address == "" {
			m.Address = "(erased)"
		}
		if d.State == delivery.Ready {
			m.NextTry = d.NextAt
		}
		all = append(all, m)
		return nil
	})
	return all, err
}

func (o overviewOf) print(w io.Writer) {
	for _, n := range o.Newsletters {
		fmt.Fprintf(w, "%s: %d active subscribers", n.Name, n.Active)
		for _, reason := range sortedKeys(n.LeftOut) {
			fmt.Fprintf(w, ", %d %s", n.LeftOut[reason], reason)
		}
		fmt.Fprintf(w, "\nnext slot: %s\n", n.Next.Format("Mon 2 Jan 2006 15:04 MST"))
		for _, i := range n.Issues {
			i.print(w)
		}
	}
	for _, s := range o.Sources {
		fmt.Fprintf(w, "source %s: %d articles, %d comments, last pulled %s", s.Name, s.Articles, s.Comments, s.Succeeded.Format("Mon 2 Jan 15:04"))
		if s.Failures > 0 {
			fmt.Fprintf(w, "; failed %d times since: %s", s.Failures, s.LastError)
		}
		fmt.Fprintln(w)
	}
}

// inDoubtShown is how many recipients in doubt the overview names for an issue.
const inDoubtShown = 100

func (i issueStatus) print(w io.Writer) {
	fmt.Fprintf(w, "  %s  %s  %s", i.Name, i.Slot.Format("2006-01-02 15:04"), i.State)
	if i.Reason != "" {
		fmt.Fprintf(w, " (%s)", i.Reason)
	}
	if line := countLine(i.Counts); line != "" {
		fmt.Fprintf(w, ": %s", line)
	}
	if !i.HoldUntil.IsZero() && i.State == digest.IssueHeld {
		fmt.Fprintf(w, "; given up at %s", i.HoldUntil.Format("Mon 15:04"))
	}
	if i.State == digest.IssueSending && !i.NextTry.IsZero() {
		fmt.Fprintf(w, "; next try %s", i.NextTry.Local().Format("Mon 15:04:05"))
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for k, m := range i.Missing {
		if k == inDoubtShown && len(i.Missing) > k+1 && m.State == delivery.InDoubt {
			fmt.Fprintf(t, "    …\tand %d more\n", len(i.Missing)-k)
			break
		}
		fmt.Fprintf(t, "    %s\t%s\t%s\n", m.Address, m.State, m.Why)
	}
	_ = t.Flush()
}
