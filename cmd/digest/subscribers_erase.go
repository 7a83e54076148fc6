package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

func (a *app) eraseCommand(newsletter *string) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "erase ADDRESS --yes",
		Short: "Forget somebody for good, who asked you to",
		Long: `Forget somebody for good, in all newsletters: the address, the name, what they agreed
to and its history, letters to them and what mail servers replied. What stays is a keyed
hash of the address, so that no import and no form puts it on a list again, and a row
without a name for each issue, so that its numbers still add up.

With SQLite it leaves the database's files too; while others are reading that may take
a running digest serve some minutes. Your backups, exports and logs, and those of the
mail server, are yours to look through. What you have to give somebody who asks for
their data shows: digest subscribers show ADDRESS --json`,
		Example: `  digest subscribers show ann@example.org --json > ann.json
  digest subscribers erase ann@example.org --yes`,
		Args: exactly(1, "one address"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := everywhere(c, *newsletter); err != nil {
				return err
			}
			if !yes {
				return fmt.Errorf("%w: this cannot be undone: look with digest subscribers show %s, then add --yes",
					digest.ErrUsage, args[0])
			}
			return a.erase(c.Context(), args[0])
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do it: it cannot be undone")
	return c
}

func (a *app) erase(ctx context.Context, address string) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	scrubbed := false
	copies := []string{}
	err = a.withPublisher(ctx, newsletters, func(s *store.Store, keys *subscribers.Keys, _ *publish.Publisher) error {
		err := a.service(s, keys).EraseAddress(ctx, address)
		if err != nil && !errors.Is(err, digest.ErrNotFound) {
			return err
		}
		// Also where somebody was erased before, and others were reading.
		clean, failed := patiently(ctx, func() (bool, error) { return s.CleanUp(ctx, a.now()) })
		scrubbed = clean
		beside, unread := s.Copies()
		copies = append(copies, beside...)
		return errors.Join(err, failed, unread)
	})
	if errors.Is(err, digest.ErrNotFound) {
		return fmt.Errorf("%w: there is nothing to erase of %s", digest.ErrNotFound, address)
	}
	if err != nil {
		return err
	}
	if a.config.Postgres() {
		scrubbed = false // old rows stay until VACUUM
	}
	return a.print(map[string]any{"erased": true, "scrubbed": scrubbed, "copies": copies}, func(w io.Writer) {
		fmt.Fprintln(w, "erased; only a keyed hash is left, by which the address is suppressed")
		switch {
		case scrubbed:
		case a.config.Postgres():
			fmt.Fprintln(w, "PostgreSQL keeps old rows in its files until it vacuums them, and in its archived log")
		default:
			fmt.Fprintln(w, "The database's files still hold it, since others are reading: digest serve sees to it, or call this again in a minute")
		}
		for _, file := range copies {
			fmt.Fprintf(w, "%s is from before an upgrade and still holds what it held then: delete it when you need it no more\n", file)
		}
	})
}

// patience is how long a command waits until nobody reads, and between its tries.
const (
	readersTime  = 5 * time.Second
	patienceStep = 200 * time.Millisecond
)

// patiently tries something until it is done, but not for ever.
func patiently(ctx context.Context, do func() (done bool, err error)) (bool, error) {
	for left := readersTime; ; left -= patienceStep {
		done, err := do()
		if done || err != nil || left <= 0 {
			return done, err
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-time.After(patienceStep):
		}
	}
}

// cleanEvery is how often a running digest looks whether erasing has left it
// something to do.
const cleanEvery = time.Minute

// keepClean finishes what erasing people leaves to do, until ctx ends.
func (a *app) keepClean(ctx context.Context, s *store.Store) {
	ticker := time.NewTicker(cleanEvery)
	defer ticker.Stop()
	for {
		if _, err := s.CleanUp(ctx, a.now()); err != nil && ctx.Err() == nil {
			a.log().Error("what was erased is not out of the database's files yet; it will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
