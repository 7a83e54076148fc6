package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"digest.example/internal/library"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

func (a *app) pullCommand() *cobra.Command {
	var newsletter string
	c := &cobra.Command{
		Use:   "pull",
		Short: "Pull the sources into the library now",
		Long: `Pull what the sources published in the span of the next issue into the library.
Sending does this by itself, and a running digest serve every library.pull_every.
Where digest send is called from the system's cron instead, call this hourly too if a
feed shows fewer articles than appear in a week.`,
		Example: "  digest pull",
		Args:    none,
		RunE:    func(c *cobra.Command, _ []string) error { return a.pull(c.Context(), newsletter) },
	}
	c.Flags().StringVar(&newsletter, "newsletter", "", "only this newsletter's")
	return c
}

// pulled is what a source gave.
type pulled struct {
	Source   string   `json:"source"`
	Articles int      `json:"articles"`
	Comments int      `json:"comments"`
	Warnings []string `json:"warnings,omitempty"`
	Error    string   `json:"error,omitempty"` // nothing was harvested
}

func (a *app) pull(ctx context.Context, newsletter string) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	chosen, err := picks(newsletters, newsletter)
	if err != nil {
		return err
	}
	return a.withPublisher(ctx, newsletters, func(_ *store.Store, _ *subscribers.Keys, p *publish.Publisher) error {
		all := []pulled{}
		var problems []error
		for _, n := range chosen {
			results, err := p.PullNow(ctx, n)
			for _, r := range results {
				all = append(all, pulledOf(r))
			}
			if err != nil {
				// Its kind would say that an issue is held, and none is.
				problems = append(problems, fmt.Errorf("pull %s: %v", n.Name, err))
			}
		}
		problems = append(problems, a.print(all, func(w io.Writer) {
			for _, one := range all {
				one.print(w)
			}
		}))
		return errors.Join(problems...)
	})
}

func pulledOf(r library.Result) pulled {
	one := pulled{Source: r.Source.Name, Articles: r.Articles, Comments: r.Comments, Warnings: r.Warnings}
	if r.Err != nil {
		one.Error = r.Err.Error()
	}
	return one
}

func (p pulled) print(w io.Writer) {
	if p.Error != "" {
		fmt.Fprintf(w, "%s: %s\n", p.Source, sanitize.Line(p.Error))
		return
	}
	fmt.Fprintf(w, "%s: %s, %s\n", p.Source, plural(p.Articles, "article"), plural(p.Comments, "comment"))
}
