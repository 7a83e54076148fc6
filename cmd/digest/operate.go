package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
)

// operation is a command that changes one issue's state.
type operation struct {
	verb, short, long string
	done              string // what to say then; %s is the issue
	do                func(context.Context, *store.Store, digest.IssueRecord) error
}

func (a *app) pauseCommand() *cobra.Command {
	return a.operationCommand(operation{
		"pause", "Stop an issue until it is resumed",
		"Whoever is sending the issue stops within a second; open transactions finish.",
		"%s is paused until digest resume %[1]s",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Pause(ctx, s, r, "by the operator", time.Now())
		},
	})
}

func (a *app) resumeCommand() *cobra.Command {
	return a.operationCommand(operation{
		"resume", "Let a paused or held issue go on",
		"A running digest serve goes on with it by itself; otherwise call digest send.",
		"%s may go on: a running digest serve sends it, otherwise digest send",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Resume(ctx, s, r, time.Now())
		},
	})
}

func (a *app) cancelCommand() *cobra.Command {
	return a.operationCommand(operation{
		"cancel", "Give an issue up for good",
		"Who already has it, has it. Its articles appear in the next issue if nobody got this one.",
		"%s is cancelled for good",
		func(ctx context.Context, s *store.Store, r digest.IssueRecord) error {
			return publish.Cancel(ctx, s, r, "by the operator", time.Now())
		},
	})
}

func (a *app) operationCommand(o operation) *cobra.Command {
	return &cobra.Command{
		Use:     o.verb + " ISSUE",
		Short:   o.short,
		Long:    o.short + ".\n" + o.long,
		Example: "  digest " + o.verb + " weekly/47",
		Args:    exactly(1, "the name of an issue, like weekly/47"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withIssue(c.Context(), args[0], func(s *store.Store, r digest.IssueRecord) error {
				if err := o.do(c.Context(), s, r); err != nil {
					return err
				}
				r, err := s.Issue(c.Context(), r.ID)
				if err != nil {
					return err
				}
				result := map[string]any{"issue": r.Name(), "state": r.State}
				return a.print(result, func(w io.Writer) { fmt.Fprintf(w, o.done+"\n", r.Name()) })
			})
		},
	}
}

// resolveOptions are the flags of digest resolve.
type resolveOptions struct {
	resend, accept bool
	only           string
}

func (a *app) resolveCommand() *cobra.Command {
	var o resolveOptions
	c := &cobra.Command{
		Use:   "resolve ISSUE --resend|--accept",
		Short: "Say what became of the recipients in doubt",
		Long: `After a crash or a lost connection nobody can know whether the relay took the last
messages. Such recipients are in doubt, and get no second copy without your word:
--accept where the relay's log shows them delivered, --resend to send once more.`,
		Example: `  digest status --issue weekly/47
  digest resolve weekly/47 --accept --only ann@example.org
  digest resolve weekly/47 --resend`,
		Args: exactly(1, "the name of an issue, like weekly/47"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.resend == o.accept {
				return fmt.Errorf("%w: say what became of them: --accept or --resend, one of the two", digest.ErrUsage)
			}
			return a.withIssue(c.Context(), args[0], func(s *store.Store, r digest.IssueRecord) error {
				return a.resolve(c.Context(), s, r, o)
			})
		},
	}
	c.Flags().BoolVar(&o.resend, "resend", false, "send them one more copy")
	c.Flags().BoolVar(&o.accept, "accept", false, "take them as delivered")
	c.Flags().StringVar(&o.only, "only", "", "only this address")
	return c
}

func (a *app) resolve(ctx context.Context, s *store.Store, r digest.IssueRecord, o resolveOptions) error {
	to := delivery.Accepted
	if o.resend {
		to = delivery.Ready
	}
	n, err := publish.Resolve(ctx, s, r, to, o.only, "the operator", time.Now())
	if err != nil {
		return err
	}
	if n == 0 && o.only != "" {
		return fmt.Errorf("%w: %s is not in doubt in %s: digest status --issue %s --missing says who is",
			digest.ErrNotFound, o.only, r.Name(), r.Name())
	}
	forgotten, err := s.Forgotten(ctx, r.ID)
	if err != nil {
		return err
	}
	result := map[string]any{"issue": r.Name(), "resolved": n, "state": to}
	return a.print(result, func(w io.Writer) {
		switch {
		case n == 0 && forgotten[delivery.InDoubt] > 0:
			fmt.Fprintf(w, "%s: %s in doubt, no longer known by name (ledger.keep)\n", r.Name(),
				plural(forgotten[delivery.InDoubt], "recipient"))
		case n == 0:
			fmt.Fprintf(w, "%s: nobody was in doubt\n", r.Name())
		case o.resend:
			fmt.Fprintf(w, "%s: %s to be sent again: a running digest serve does it, otherwise digest send\n", r.Name(), plural(n, "message"))
		default:
			fmt.Fprintf(w, "%s: %s taken as delivered\n", r.Name(), plural(n, "recipient"))
		}
	})
}

// withIssue opens the database and finds an issue by its name.
func (a *app) withIssue(ctx context.Context, name string, do func(*store.Store, digest.IssueRecord) error) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	r, err := issueNamed(ctx, s, name)
	if err != nil {
		return err
	}
	return do(s, r)
}

// issueNamed finds the issue that is called weekly/47 on the command line.
func issueNamed(ctx context.Context, s *store.Store, name string) (digest.IssueRecord, error) {
	newsletter, number, err := digest.ParseIssueName(name)
	if err != nil {
		return digest.IssueRecord{}, err
	}
	r, err := s.IssueByName(ctx, newsletter, number)
	if errors.Is(err, digest.ErrNotFound) {
		return r, fmt.Errorf("%w; digest status lists the issues", err)
	}
	return r, err
}
