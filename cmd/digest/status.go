package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// shown is how many issues of a newsletter status lists.
const shown = 10

func (a *app) statusCommand() *cobra.Command {
	var issue string
	var missing bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show issues, recipients and sources; who did not get an issue, and why",
		Long: `Show the newsletters with their next slot, their last issues and the recipients in
doubt by name, and the sources. --issue shows one issue; with --missing, everybody
who did not get it, and why.`,
		Example: `  digest status
  digest status --issue weekly/47
  digest status --issue weekly/47 --missing --json`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if issue == "" && missing {
				return fmt.Errorf("%w: --missing needs --issue, such as --issue weekly/47", digest.ErrUsage)
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
	a.tellSample()
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	if issue == "" {
		return a.overview(ctx, s, newsletters)
	}
	r, err := issueNamed(ctx, s, issue)
	if err != nil {
		return err
	}
	states := uncertain
	if missing {
		states = notDelivered
	}
	one, err := describeIssue(ctx, s, r, states)
	if err != nil {
		return err
	}
	return a.print(one, one.print)
}

// uncertain are the states of those who may or may not have the mail. Between
// dot and reply is one of them: if that process is dead, they stay there until
// the next one starts.
var uncertain = []delivery.State{delivery.InDoubt, delivery.Committing}

// notDelivered are the states of those who have not got the mail, or may not.
var notDelivered = []delivery.State{
	delivery.Ready, delivery.Claimed, delivery.Committing, delivery.InDoubt, delivery.Failed,
	delivery.RenderError, delivery.Skipped, delivery.Expired, delivery.Bounced,
}

// meaning says what a state amounts to where no reply of the relay's does.
var meaning = map[delivery.State]string{
	delivery.Ready:       "not tried yet",
	delivery.Claimed:     "about to be sent",
	delivery.Committing:  "being sent; in doubt if the process that sends has died",
	delivery.InDoubt:     "nobody knows whether the relay took it: digest resolve",
	delivery.RenderError: "no message could be built",
	delivery.Skipped:     "had left the list",
	delivery.Expired:     "given up after trying for too long",
}

// overviewOf is digest status as JSON.
type overviewOf struct {
	// Problems are what of the configuration does not belong to the database, so that
	// neither serve nor send would start.
	Problems    []string           `json:"problems,omitempty"`
	AwaySince   time.Time          `json:"relay_away_since,omitzero"`
	AwayTried   time.Time          `json:"relay_last_tried,omitzero"` // while it is away
	Newsletters []newsletterStatus `json:"newsletters"`
	Letters     lettersStatus      `json:"letters"`
	Sources     []sourceStatus     `json:"sources"`
}

// newsletterStatus is one newsletter in it.
type newsletterStatus struct {
	Name    string         `json:"name"`
	Next    time.Time      `json:"next_slot"`
	Active  int            `json:"active"`
	LeftOut map[string]int `json:"left_out,omitempty"` // by reason
	Issues  []issueStatus  `json:"issues"`
}

// sourceStatus is one source in it.
type sourceStatus struct {
	Name      string    `json:"name"`
	Pulled    time.Time `json:"pulled,omitzero"`
	Succeeded time.Time `json:"succeeded,omitzero"`
	Failures  int       `json:"failures"` // in a row
	LastError string    `json:"last_error,omitempty"`
	Warnings  []string  `json:"warnings,omitempty"`
	Articles  int       `json:"articles"`
	Comments  int       `json:"comments"`
}

// issueStatus is one issue, in it or on its own.
type issueStatus struct {
	Name      string            `json:"name"`
	Slot      time.Time         `json:"slot"`
	State     digest.IssueState `json:"state"`
	Reason    string            `json:"reason,omitempty"`
	Code      string            `json:"code,omitempty"`
	HoldUntil time.Time         `json:"hold_until,omitzero"`
	Counts    delivery.Counts   `json:"counts"`
	NextTry   time.Time         `json:"next_try,omitzero"`
	Missing   []missingStatus   `json:"missing,omitempty"`
	Forgotten int               `json:"missing_forgotten,omitempty"` // how many more there are, whose names are not kept any more
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
	all := overviewOf{Sources: []sourceStatus{}}
	misfits, err := a.misfitsWith(ctx, s, newsletters)
	if err != nil {
		return err
	}
	for _, p := range misfits {
		all.Problems = append(all.Problems, p.Key+": "+p.Text)
	}
	outage, err := s.Outage(ctx)
	if err != nil {
		return err
	}
	outage = outage.Lasting(a.now())
	all.AwaySince, all.AwayTried = outage.Since, outage.Last
	for _, n := range newsletters {
		one, err := describeNewsletter(ctx, s, n)
		if err != nil {
			return err
		}
		all.Newsletters = append(all.Newsletters, one)
	}
	if all.Letters, err = describeLetters(ctx, s); err != nil {
		return err
	}
	sources, err := s.SourcesInFull(ctx)
	if err != nil {
		return err
	}
	for _, h := range sources {
		all.Sources = append(all.Sources, describeSource(h))
	}
	return a.print(all, all.print)
}

func describeSource(h digest.SourceHealth) sourceStatus {
	return sourceStatus{
		Name: h.Name, Pulled: h.Pulled, Succeeded: h.Succeeded, Failures: h.Failures, LastError: h.LastError,
		Warnings: h.Warnings, Articles: h.Articles, Comments: h.Comments,
	}
}

func describeNewsletter(ctx context.Context, s *store.Store, n publish.Newsletter) (newsletterStatus, error) {
	one := newsletterStatus{
		Name: n.Name, Next: n.Schedule.Next(time.Now()).At.In(n.Location),
		Issues: []issueStatus{},
	}
	list, err := s.CountList(ctx, n.Name, time.Now())
	if err != nil {
		return one, err
	}
	one.Active = list[""]
	delete(list, "")
	one.LeftOut = list
	issues, err := s.Issues(ctx, n.Name, shown)
	if err != nil {
		return one, err
	}
	for _, r := range issues {
		i, err := describeIssue(ctx, s, r, uncertain)
		if err != nil {
			return one, err
		}
		one.Issues = append(one.Issues, i)
	}
	return one, nil
}

// describeIssue reads an issue's status, with the recipients in the given states.
func describeIssue(ctx context.Context, s *store.Store, r digest.IssueRecord, states []delivery.State) (issueStatus, error) {
	counts, err := s.Counts(ctx, r.ID)
	if err != nil {
		return issueStatus{}, err
	}
	left, err := s.Backlog(ctx, r.ID)
	if err != nil {
		return issueStatus{}, err
	}
	one := issueStatus{
		Name: r.Name(), Slot: r.Slot.At.In(zone(r)), State: r.State, Reason: r.Reason, Code: r.Code, Counts: counts,
	}
	if r.State == digest.IssueHeld {
		one.HoldUntil = r.HoldUntil.In(zone(r))
	}
	if left.Ready && !left.NextAt.IsZero() {
		one.NextTry = left.NextAt.In(zone(r))
	}
	forgotten, err := s.Forgotten(ctx, r.ID)
	if err != nil {
		return one, err
	}
	for _, state := range states {
		one.Forgotten += forgotten[state]
	}
	one.Missing, err = recipientsIn(ctx, s, r, states)
	return one, err
}

// stale says that a row's reply belongs to an earlier try, and not to its state.
func stale(s delivery.State) bool {
	return s == delivery.Claimed || s == delivery.Committing || s == delivery.Skipped
}

func recipientsIn(ctx context.Context, s *store.Store, r digest.IssueRecord, states []delivery.State) ([]missingStatus, error) {
	var all []missingStatus
	err := s.Deliveries(ctx, r.ID, states, func(d delivery.Delivery) error {
		m := missingStatus{Address: d.Address, State: d.State, Why: d.LastReply, Attempts: d.Attempts}
		if m.Address == "" {
			m.Address = "(erased)"
		}
		if m.Why == "" || stale(d.State) {
			m.Why = meaning[d.State]
		}
		if d.State == delivery.Ready && d.Attempts > 0 {
			m.NextTry = d.NextAt.In(zone(r))
		}
		all = append(all, m)
		return nil
	})
	return all, err
}
