package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"digest.example/internal/digest"
)

// Backup writes a consistent copy of the database to a new file with mode 0600,
// while others go on working. The file must not exist. It is for SQLite; for
// PostgreSQL it fails with digest.ErrRefused.
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.file == "" {
		return fmt.Errorf("%w: back up a PostgreSQL database with pg_dump", digest.ErrRefused)
	}
	there, err := exists(s.file)
	if err == nil && !there {
		err = fmt.Errorf("%w: there is no database %s yet", digest.ErrNotFound, s.file)
	}
	if err == nil {
		err = backup(ctx, s.file, file)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s is there already: give the backup another name", digest.ErrRefused, file)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no folder for %s: make it first", digest.ErrNotFound, file)
	case err != nil:
		return fmt.Errorf("backup to %s: %w", file, advised(err))
	}
	return nil
}

// Copies are the copies that upgrades have left beside the database. What was
// erased since is still in them.
func (s *Store) Copies() ([]string, error) {
	if s.file == "" {
		return nil, nil
	}
	beside, err := os.ReadDir(filepath.Dir(s.file))
	if err != nil {
		return nil, fmt.Errorf("look for copies of the database: %w", err)
	}
	var copies []string
	for _, f := range beside {
		if strings.HasPrefix(f.Name(), filepath.Base(s.file)+copySuffix) {
			copies = append(copies, filepath.Join(filepath.Dir(s.file), f.Name()))
		}
	}
	return copies, nil
}

// backup copies a database to a file that it makes.
func backup(ctx context.Context, from, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = copyDatabase(ctx, from, to)
	if err == nil {
		err = f.Sync() // VACUUM INTO leaves that to the kernel
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}

// copyDatabase copies a database to an empty file, as one moment shows it.
func copyDatabase(ctx context.Context, from, to string) (err error) {
	db, err := sql.Open("sqlite", dsn(from, "_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, to)
	return failed(err)
}
