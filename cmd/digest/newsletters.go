package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/store"
)

func (a *app) newslettersCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "newsletters",
		Short: "Rename or retire a newsletter that the database knows",
		Long: `Rename or retire a newsletter that the database knows. Stop digest serve before, and
start it again when the configuration says the same.`,
		Example: `  digest newsletters rename weekly sunday
  digest newsletters retire weekly`,
	}, &cobra.Command{
		Use:     "rename OLD NEW",
		Short:   "Give a newsletter another name; its readers, issues and links stay",
		Example: "  digest newsletters rename weekly sunday",
		Args:    exactly(2, "the old and the new name"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.alone(c.Context(), func(ctx context.Context, s *store.Store) error {
				return a.rename(ctx, s, args[0], args[1])
			})
		},
	}, &cobra.Command{
		Use:     "retire NAME",
		Short:   "Say that a newsletter has ended; its data stay",
		Example: "  digest newsletters retire weekly",
		Args:    exactly(1, "the newsletter's name"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.alone(c.Context(), func(ctx context.Context, s *store.Store) error {
				return a.retire(ctx, s, args[0])
			})
		},
	})
}

func (a *app) rename(ctx context.Context, s *store.Store, from, to string) error {
	if err := a.nameable(to); err != nil {
		return err
	}
	if err := s.RenameNewsletter(ctx, from, to); err != nil {
		return a.withKnown(ctx, s, err)
	}
	return a.print(map[string]string{"from": from, "to": to}, func(w io.Writer) {
		fmt.Fprintf(w, "%s is now called %s; use that name in %s too\n", from, to, a.configName())
	})
}

func (a *app) retire(ctx context.Context, s *store.Store, name string) error {
	if err := s.RetireNewsletter(ctx, name, time.Now()); err != nil {
		return a.withKnown(ctx, s, err)
	}
	return a.print(map[string]string{"retired": name}, func(w io.Writer) {
		fmt.Fprintf(w, "%s is retired; take it out of %s, or it comes back\n", name, a.configName())
	})
}

// nameable refuses a name that the configuration could not repeat.
func (a *app) nameable(name string) error {
	c := a.config
	c.Newsletters = slices.Clone(c.Newsletters[:1])
	c.Newsletters[0].Name = name
	var problems config.Problems
	if !errors.As(c.Validate(), &problems) {
		return nil
	}
	for _, p := range problems {
		if p.Key == "newsletters[0].name" {
			return fmt.Errorf("%w: %s", digest.ErrUsage, p.Text)
		}
	}
	return nil
}

// withKnown adds to an error what newsletters there are.
func (a *app) withKnown(ctx context.Context, s *store.Store, err error) error {
	if !errors.Is(err, digest.ErrNotFound) {
		return err
	}
	known, listing := s.Newsletters(ctx)
	if listing != nil || len(known) == 0 {
		return err
	}
	return fmt.Errorf("%w; the database knows %s", err, strings.Join(known, ", "))
}
