package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

func (a *app) keysCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "keys",
		Short:   "Change the key that readers' links are signed with",
		Example: "  digest keys rotate",
	}, a.rotateCommand())
}

func (a *app) rotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Sign readers' links with a new key from now on",
		Long: `Sign readers' links with a new key from now on. Unsubscribe links that are out go on
working for ever, links to preferences for 90 days. Suppressed addresses stay so: their
hashes have a key that never changes.

With SQLite, serve must not be running, and the key file holds one key more: back it up.
Where the secret is a setting, each key follows from it, so that whoever knows the secret
knows them all; other processes take the new key up when they are started again.`,
		Example: "  digest keys rotate",
		Args:    none,
		RunE:    func(c *cobra.Command, _ []string) error { return a.alone(c.Context(), a.rotate) },
	}
}

// rotated is what digest keys rotate prints.
type rotated struct {
	Key         int       `json:"key"` // its number
	Preferences time.Time `json:"old_preferences_links_until"`
}

func (a *app) rotate(ctx context.Context, s *store.Store) error {
	if _, err := a.keys(ctx, s, false); err != nil { // a wrong secret must not be replaced
		return err
	}
	secrets, err := a.secrets(ctx, s, false)
	if err != nil {
		return err
	}
	since, err := s.Rotations(ctx)
	if err != nil {
		return err
	}
	n := len(since) + 2
	if n > subscribers.MaxKeys {
		return fmt.Errorf("%w: there have been %d keys, and a link has no room for more", digest.ErrRefused, subscribers.MaxKeys)
	}
	// The file goes first: a key that the database knows of must not get lost. One
	// that it does not know of yet is left from an attempt that was cut off.
	if len(secrets) < n {
		values := make([][]byte, len(secrets))
		for i, secret := range secrets {
			values[i] = secret.Value
		}
		if _, err := addKey(a.keyFile(), values); err != nil {
			return err
		}
	}
	now := a.now()
	if err := s.Rotate(ctx, n, now); err != nil {
		return err
	}
	result := rotated{n, now.Add(subscribers.KeyGrace).UTC().Truncate(time.Second)}
	return a.print(result, func(w io.Writer) {
		fmt.Fprintf(w, "links are signed with key %d from now on\n", n)
		fmt.Fprintf(w, "links to preferences that are out work until %s, unsubscribe links for ever\n",
			result.Preferences.Format(time.DateOnly))
		if a.config.Secret == "" {
			fmt.Fprintf(w, "back up %s: it holds the new key\n", a.keyFile())
		}
	})
}
