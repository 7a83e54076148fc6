package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

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

func (a *app) pull(ctx context.Context, newsletter string) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	chosen, err := picks(newsletters, newsletter)
	if err != nil {
		return err
	}
	return a.withPublisher(ctx, newsletters, func(_ *store.Store, _ *subscribers.Keys, p *publish.Publisher) error {
		for _, n := range chosen {
			harvests, err := p.PullNow(ctx, n)
			for _, h := range harvests {
				comments := 0
				for _, article := range h.Articles {
					comments += len(article.Comments)
				}
				fmt.Fprintf(a.out, "%s: %d articles, %d comments\n", h.Source, len(h.Articles), comments)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
