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

func (a *app) pauseCommand() *cobra.Command {
	return a.issueCommand("pause", "Stop an issue until it is resumed",
		"Whoever is sending the issue stops within a second; open transactions finish.",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Pause(ctx, s, r, "by the operator", time.Now())
		})
}

func (a *app) resumeCommand() *cobra.Command {
	return a.issueCommand("resume", "Let a paused or held issue go on",
		"A running digest goes on with it by itself; otherwise call digest send.",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Resume(ctx, s, r, time.Now())
		})
}

func (a *app) cancelCommand() *cobra.Command {
	return a.issueCommand("cancel", "Give an issue up for good",
		"Who already has it, has it. Its articles appear in the next issue if nobody got this one.",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Cancel(ctx, s, r, "by the operator", time.Now())
		})
}

// issueCommand makes a command that changes one issue's state.
func (a *app) issueCommand(verb, short, long string, do func(context.Context, *store.Store, digest.IssueRecord) error) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " ISSUE",
		Short:   short,
		Long:    short + ". " + long,
		Example: "  digest " + verb + " weekly/47",
		Args:    exactly(1, "the name of an issue, like weekly/47"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withIssue(c.Context(), args[0], func(s *store.Store, r digest.IssueRecord) error {
				if err := do(c.Context(), s, r); err != nil {
					return err
				}
				r, err := s.Issue(c.Context(), r.ID)
				if err == nil {
					fmt.Fprintf(a.out, "%s: %s\n", r.Name(), r.State)
				}
				return err
			})
		},
	}
}

func (a *app) resolveCommand() *cobra.Command {
	var resend, accept bool
	var only string
	c := &cobra.Command{
		Use:   "resolve ISSUE --resend|--accept",
		Short: "Say what became of the recipients in doubt",
		Long: `After a crash or a lost connection nobody can know whether the relay took the last
messages. Such recipients are in doubt, and get no second copy without your word:
--accept where the relay's log shows them delivered, --resend to send once more.`,
		Example: `  digest status --issue weekly/47 --missing
  digest resolve weekly/47 --accept --only ann@example.org
  digest resolve weekly/47 --resend`,
		Args: exactly(1, "the name of an issue, like weekly/47"),
		RunE: func(c *cobra.Command, args []string) error {
			to := delivery.Accepted
			if resend {
				to = delivery.Ready
			}
			return a.withIssue(c.Context(), args[0], func(s *store.Store, r digest.IssueRecord) error {
				n, err := publish.Resolve(c.Context(), s, r, to, only, "the operator", time.Now())
				if err == nil {
					fmt.Fprintf(a.out, "%s: %d resolved as %s\n", r.Name(), n, to)
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&resend, "resend", false, "send them one more copy")
	c.Flags().BoolVar(&accept, "accept", false, "take them as delivered")
	c.Flags().StringVar(&only, "only", "", "only this address")
	c.MarkFlagsOneRequired("resend", "accept")
	c.MarkFlagsMutuallyExclusive("resend", "accept")
	return c
}

// withIssue opens the database and finds an issue by its name.
func (a *app) withIssue(ctx context.Context, name string, do func(*store.Store, digest.IssueRecord) error) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	newsletter, number, err := digest.ParseIssueName(name)
	if err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	r, err := s.IssueByName(ctx, newsletter, number)
	if err != nil {
		return err
	}
	return do(s, r)
}
