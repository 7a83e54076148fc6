package main

import (
	"context"
	"fmt"
	"io"
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
		RunE: func(c *cobra.Command, _ []string) error {
			return a.alone(c.Context(), func(_ context.Context, s *store.Store) error { return a.migrated(s.Migrated()) })
		},
	}
}

// migrated says what was done to the schema.
func (a *app) migrated(m store.Migration) error {
	result := map[string]any{"changed": m.To > 0, "from": m.From, "to": m.To, "backup": m.Backup}
	return a.print(result, func(w io.Writer) {
		switch {
		case m.To == 0:
			fmt.Fprintln(w, "the schema is up to date; nothing was changed")
		case m.From == 0:
			fmt.Fprintf(w, "made the database, with schema %d\n", m.To)
		default:
			fmt.Fprintf(w, "migrated the schema from %d to %d\n", m.From, m.To)
		}
		if m.Backup != "" {
			fmt.Fprintln(w, "the database as it was:", m.Backup)
		}
	})
}

// alone runs do while no other process can send.
func (a *app) alone(ctx context.Context, do func(context.Context, *store.Store) error) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	s, lock, err := a.locked(ctx)
	if err != nil {
		return err
	}
	defer release(&err, lock)
	defer closing(&err, s)
	return do(ctx, s)
}

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database to a file while it is in use",
		Long: `Copy a SQLite database to a new file, consistently, while digest goes on running.
Keep the key file (digest.db.key) with it: unsubscribe links that are out need it.`,
		Example: "  digest backup /var/backups/digest-2026-11-22.db",
		Args:    exactly(1, "the file to write"),
		RunE:    func(c *cobra.Command, args []string) error { return a.backup(c.Context(), args[0]) },
	}
}

func (a *app) backup(ctx context.Context, file string) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	if err := s.Backup(ctx, file); err != nil {
		return err
	}
	return a.print(map[string]string{"file": file}, func(w io.Writer) {
		fmt.Fprintln(w, "wrote", file)
		if a.config.Secret == "" {
			fmt.Fprintf(w, "keep a copy of %s with it\n", a.keyFile())
		}
	})
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  digest version",
		Args:    none,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			v := versionOf(info)
			return a.print(v, func(w io.Writer) { fmt.Fprintf(w, "digest %s %s %s\n", v.Version, v.Go, v.Platform) })
		},
	}
}

// version is what digest version prints.
type version struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// versionOf is the version that a build was stamped with; "(devel)" is Go's own
// word for one that was not.
func versionOf(info *debug.BuildInfo) version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	return v
}
