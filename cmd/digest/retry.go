package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

func (a *app) retryCommand() *cobra.Command {
	var only string
	c := &cobra.Command{
		Use:   "retry ISSUE",
		Short: "Try once more those whose mail was refused, could not be made or came too late",
		Long: `Have an issue sent again to those who did not get it and will not be tried by
themselves: the relay refused them for good, no message could be built for them, or
they were given up. Nobody who may have got it gets it twice: for recipients in doubt
see digest resolve. Whose address is suppressed since, or who has left, stays out.
It works until the issue is given up, shortly before the next one.`,
		Example: `  digest status --issue weekly/47 --missing
  digest retry weekly/47
  digest retry weekly/47 --only ann@example.org`,
		Args: exactly(1, "the name of an issue, like weekly/47"),
		RunE: func(c *cobra.Command, args []string) error { return a.retry(c.Context(), args[0], only) },
	}
	c.Flags().StringVar(&only, "only", "", "only this address")
	return c
}

// retried is what digest retry prints.
type retried struct {
	Issue   string            `json:"issue"`
	State   digest.IssueState `json:"state"`
	Retried int               `json:"retried"`
	LeftOut map[string]int    `json:"left_out"` // by reason
}

func (a *app) retry(ctx context.Context, name, only string) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	return a.withIssue(ctx, name, func(s *store.Store, r digest.IssueRecord) error {
		n, err := pick(newsletters, r.Newsletter)
		if err != nil {
			return err
		}
		done, err := publish.Retry(ctx, s, n, r, only, "the operator", a.now())
		if err != nil {
			return err
		}
		if only != "" && done.Again == 0 {
			return notRetried(r, only, done)
		}
		if r, err = s.Issue(ctx, r.ID); err != nil {
			return err
		}
		report := retried{Issue: r.Name(), State: r.State, Retried: done.Again, LeftOut: done.LeftOut}
		return a.print(report, report.print)
	})
}

// notRetried says why an address that was named is not tried again.
func notRetried(r digest.IssueRecord, only string, done publish.Retried) error {
	for why := range done.LeftOut {
		return fmt.Errorf("%w: %s gets no mail any more: %s", digest.ErrRefused, only, why)
	}
	return fmt.Errorf("%w: nothing of %s to %s has failed: digest status --issue %s --missing says whose has",
		digest.ErrNotFound, r.Name(), only, r.Name())
}

func (r retried) print(w io.Writer) {
	switch {
	case r.Retried == 0 && len(r.LeftOut) == 0:
		fmt.Fprintf(w, "%s: there is nobody to try again\n", r.Issue)
	case r.Retried == 0:
		fmt.Fprintf(w, "%s: nobody is tried again\n", r.Issue)
	case r.State == digest.IssuePaused:
		fmt.Fprintf(w, "%s: %s to be tried again, once digest resume %s lets it go on\n", r.Issue, plural(r.Retried, "recipient"), r.Issue)
	default:
		fmt.Fprintf(w, "%s: %s to be tried again: a running digest serve does it, otherwise digest send\n",
			r.Issue, plural(r.Retried, "recipient"))
	}
	for _, why := range sortedKeys(r.LeftOut) {
		fmt.Fprintf(w, "  %d stay out: %s\n", r.LeftOut[why], why)
	}
}
