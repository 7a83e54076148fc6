package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/store"
)

func (a *app) newslettersCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "newsletters",
		Short: "Rename or retire a newsletter that the database knows",
		Example: `  digest newsletters rename weekly sunday
  digest newsletters retire weekly`,
	}, &cobra.Command{
		Use:     "rename OLD NEW",
		Short:   "Give a newsletter another name; its readers, issues and links stay",
		Example: "  digest newsletters rename weekly sunday",
		Args:    exactly(2, "the old and the new name"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, s *store.Store) error {
				if err := s.RenameNewsletter(ctx, args[0], args[1]); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s is now called %s; use that name in the configuration\n", args[0], args[1])
				return nil
			})
		},
	}, &cobra.Command{
		Use:     "retire NAME",
		Short:   "Say that a newsletter has ended; its data stay",
		Example: "  digest newsletters retire weekly",
		Args:    exactly(1, "the newsletter's name"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, s *store.Store) error {
				if err := s.RetireNewsletter(ctx, args[0], time.Now()); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s is retired\n", args[0])
				return nil
			})
		},
	})
}

// withStore opens the database for a short change.
func (a *app) withStore(ctx context.Context, do func(context.Context, *store.Store) error) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	return do(ctx, s)
}
