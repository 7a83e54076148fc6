package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

func (a *app) pullCommand() *cobra.Command {
	var newsletter string
	c := &cobra.Command{
		Use:   "pull",
		Short: "Pull the sources into the library now",
		Long: `Pull what the sources published in the span of the next issue into the library.
Sending does this by itself.`,
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
			harvests, err := p.PullNow(ctx, n)
			for _, h := range harvests {
				all = append(all, summary(h))
			}
			if err != nil {
				// Its kind would say that an issue is held, and none is.
				problems = append(problems, fmt.Errorf("pull %s: %v", n.Name, err))
			}
		}
		problems = append(problems, a.print(all, func(w io.Writer) {
			for _, one := range all {
				fmt.Fprintf(w, "%s: %s, %s\n", one.Source, plural(one.Articles, "article"), plural(one.Comments, "comment"))
			}
		}))
		return errors.Join(problems...)
	})
}

func summary(h digest.Harvest) pulled {
	one := pulled{Source: h.Source, Articles: len(h.Articles), Warnings: h.Warnings}
	for _, article := range h.Articles {
		one.Comments += len(article.Comments)
	}
	return one
}
