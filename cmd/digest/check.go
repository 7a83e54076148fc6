package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"digest.example/internal/config"
	"digest.example/internal/digest"
)

func (a *app) checkCommand() *cobra.Command {
	var smtp bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration",
		Long: `Say what is wrong with the configuration, each mistake in a line with its file, key
and remedy. --smtp also connects to the relay and authenticates, without sending.`,
		Example: `  digest check
  digest check --smtp --config /etc/digest/config.yaml`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return a.check(c.Context(), smtp) },
	}
	c.Flags().BoolVar(&smtp, "smtp", false, "connect to the relay and authenticate")
	return c
}

func (a *app) check(ctx context.Context, smtp bool) error {
	_, err := a.load()
	var problems config.Problems
	if errors.As(err, &problems) {
		if a.json {
			_ = a.print(problems, nil)
		} else {
			for _, p := range problems {
				fmt.Fprintln(a.out, p)
			}
		}
		return fmt.Errorf("%w: %d mistakes", digest.ErrConfig, len(problems))
	}
	if err != nil {
		return err
	}
	if _, err := a.dialer(); err != nil {
		return fmt.Errorf("%w: smtp: %w", digest.ErrConfig, err)
	}
	if smtp {
		if err := a.greet(ctx); err != nil {
			return err
		}
	}
	return a.print(map[string]any{"ok": true}, func(w io.Writer) {
		fmt.Fprintln(w, a.configName()+": no mistakes found")
		if placeholder(a.config.Web.PublicURL) {
			fmt.Fprintf(w, "note: web.public_url is still the placeholder %s: nothing goes out until readers can unsubscribe there\n", a.config.Web.PublicURL)
		}
	})
}

// greet opens and ends a session with the relay.
func (a *app) greet(ctx context.Context) error {
	dialer, err := a.dialer()
	if err != nil {
		return err
	}
	session, err := dialer.Dial(ctx)
	if err != nil {
		return err
	}
	c := a.config.SMTP
	fmt.Fprintf(a.out, "%s:%d takes us (tls: %s, user: %q)\n", c.Host, c.Port, c.TLS, c.Username)
	return session.Close()
}
