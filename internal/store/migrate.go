package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"digest.example/internal/digest"
)

//go:embed migrations/*.sql
var files embed.FS

// Migration is what opening a database did to its schema. Where nothing was
// done, both versions are 0.
type Migration struct {
	From, To int64  // From is 0 where there was no schema
	Backup   string // the copy of the older SQLite file; empty: none was needed
}

func embedded() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // only for an invalid name
	}
	return sub
}

// ofEngine are the migrations of one engine: those for all, and its own. The
// other's have its name before their ending.
type ofEngine struct {
	fs.FS
	other string
}

// Glob implements fs.GlobFS.
func (o ofEngine) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(o.FS, pattern)
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "."+o.other+".sql") }), err
}

func latest(migrations fs.FS) (int64, error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("no migrations: %w", err)
	}
	return goose.NumericComponent(slices.Max(names))
}

// migrate runs what is missing of the migrations, each in a transaction. SQLite
// changes a column by building its table anew, and with foreign keys on, dropping
// the old one would delete what refers to it (https://www.sqlite.org/lang_altertable.html,
// section 7); db has one connection, so that the setting holds.
func migrate(ctx context.Context, db *sql.DB, d dialect, migrations fs.FS) (err error) {
	kind, own := goose.DialectSQLite3, ofEngine{migrations, postgres.name}
	if d.name == postgres.name {
		kind, own = goose.DialectPostgres, ofEngine{migrations, sqlite.name}
	}
	p, err := goose.NewProvider(kind, db, own,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if d.name == sqlite.name {
		if _, err := db.ExecContext(ctx, `PRAGMA foreign_keys = 0`); err != nil {
			return fmt.Errorf("migrate: %w", failed(err))
		}
		defer func() {
			_, off := db.ExecContext(context.WithoutCancel(ctx), `PRAGMA foreign_keys = 1`)
			err = errors.Join(err, off)
		}()
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", failed(err))
	}
	return nil
}

// version is the version of a database's schema; 0: it holds nothing at all.
func version(ctx context.Context, db *sql.DB, d dialect) (int64, error) {
	tables, err := collect(ctx, db, func(scan scan) (name string, err error) {
		return name, scan(&name)
	}, d.tables)
	if err != nil || len(tables) == 0 {
		return 0, err
	}
	if !slices.Contains(tables, "goose_db_version") {
		return 0, fmt.Errorf("%w: the database belongs to another program", digest.ErrSchema)
	}
	var have int64
	err = db.QueryRowContext(ctx, schemaVersion).Scan(&have)
	return have, err
}

const schemaVersion = `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`

// prepareSchema sees to it that the database has this program's schema and a name.
func (s *Store) prepareSchema(ctx context.Context, mode Mode, migrations fs.FS) error {
	have, err := version(ctx, s.write.DB, s.dialect)
	if err != nil {
		return fmt.Errorf("open database: %w", failed(err))
	}
	switch {
	case have > s.known:
		return s.tooNew(have)
	case have == s.known:
		return s.nameDatabase(ctx, s.write.DB)
	case have > 0 && mode != Upgrade:
		return s.tooOld(have)
	}
	s.migrated = Migration{From: have, To: s.known}
	if have > 0 {
		s.log.Info("migrating the database, which can take minutes if it is large", "from", have, "to", s.known)
	}
	if have > 0 && s.file != "" {
		if s.migrated.Backup, err = s.backupBefore(ctx, have); err != nil {
			return fmt.Errorf("back up before migrating: %w", err)
		}
	}
	if err := migrate(ctx, s.write.DB, s.dialect, migrations); err != nil {
		return err
	}
	if have > 0 { // to make the tables is no news
		s.log.Info("migrated the database", "from", have, "to", s.known, "backup", s.migrated.Backup)
	}
	return s.nameDatabase(ctx, s.write.DB)
}

// nameDatabase gives a new database its random name.
func (s *Store) nameDatabase(ctx context.Context, db *sql.DB) error {
	var have string
	err := db.QueryRowContext(ctx, databaseID).Scan(&have)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	id, err := s.id(16)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx,
		`INSERT INTO meta (name, value) VALUES ('database_id', $1) ON CONFLICT (name) DO NOTHING`, id)
	if err != nil {
		return fmt.Errorf("name database: %w", err)
	}
	return nil
}

const databaseID = `SELECT value FROM meta WHERE name = 'database_id'`

func (s *Store) tooOld(have int64) error {
	return fmt.Errorf("%w: the database has schema %d and this digest needs %d: run digest migrate",
		digest.ErrSchema, have, s.known)
}

// copySuffix follows the database's name in those of copies from before an upgrade.
const copySuffix = ".schema-"

// backupBefore copies the file beside itself, under a name that is free.
func (s *Store) backupBefore(ctx context.Context, have int64) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s%s%d.backup", s.file, copySuffix, have)
		if n > 1 {
			name += fmt.Sprintf(".%d", n)
		}
		err := backup(ctx, s.file, name)
		if !errors.Is(err, os.ErrExist) {
			return name, err
		}
	}
}
