package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"digest.example/internal/store"
)

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Bring the database's schema up to date, after a backup beside it (SQLite). serve and
send do this by themselves when they start; it needs that neither is running.`,
		Example: "  digest migrate",
		Args:    none,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if _, err := a.load(); err != nil {
				return err
			}
			s, lock, err := a.locked(c.Context())
			if err != nil {
				return err
			}
			defer release(&err, lock)
			defer closing(&err, s)
			fmt.Fprintln(a.out, "the schema is up to date")
			return nil
		},
	}
}

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database to a file while it is in use",
		Long: `Copy a SQLite database to a new file, consistently, while digest goes on running.
Keep the key file (digest.db.key) with it: unsubscribe links that are out need it.`,
		Example: "  digest backup /var/backups/digest-2026-11-22.db",
		Args:    exactly(1, "the file to write"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, s *store.Store) error {
				if err := s.Backup(ctx, args[0]); err != nil {
					return err
				}
				fmt.Fprintln(a.out, "wrote", args[0])
				return nil
			})
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  digest version",
		Args:    none,
		RunE: func(*cobra.Command, []string) error {
			version := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
			}
			fmt.Fprintf(a.out, "digest %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
