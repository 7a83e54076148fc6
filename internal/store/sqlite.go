package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"digest.example/internal/digest"
)

// readers is how many queries may run beside the one that writes.
const readers = 8

func (s *Store) openSQLite(ctx context.Context, file string, mode Mode, migrations fs.FS) error {
	s.dialect, s.file = sqlite, file
	there, err := exists(file)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if mode == ReadOnly {
		return s.openToRead(ctx, there, migrations)
	}
	if !there {
		if err := s.create(ctx, migrations); err != nil {
			return fmt.Errorf("create database %s: %w", file, err)
		}
	}
	if err := writable(file); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if err := s.connect(file, forWriting()); err != nil {
		return err
	}
	return s.prepareSchema(ctx, mode, migrations)
}

// connect opens the two pools.
func (s *Store) connect(file string, settings []string) error {
	var err error
	if s.write, err = s.openPool(dsn(file, settings...), 1); err != nil {
		return err
	}
	s.onClose(s.compiled.close)
	s.read, err = s.openPool(dsn(file, forReading()...), readers)
	return err
}

func (s *Store) openPool(dsn string, size int) (*pool, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", s.file, err)
	}
	s.onClose(db.Close)
	return newPool(db, size, true), nil
}

// create makes the whole database under another name first, so that nobody,
// whenever it stops, finds half of one. If two do it at once, the first wins.
func (s *Store) create(ctx context.Context, migrations fs.FS) error {
	f, err := os.CreateTemp(filepath.Dir(s.file), ".new-digest-*") // mode 0600
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() { _ = os.Remove(name) }()
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.build(ctx, name, migrations); err != nil {
		return err
	}
	err = os.Link(name, s.file)
	switch {
	case err == nil:
		s.migrated = Migration{To: s.known}
		return nil
	case errors.Is(err, fs.ErrExist):
		return nil
	default: // a file system without hard links
		return os.Rename(name, s.file)
	}
}

// build brings the schema of a file that nobody else knows up to date.
func (s *Store) build(ctx context.Context, file string, migrations fs.FS) (err error) {
	db, err := sql.Open("sqlite", dsn(file, forWriting()...))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, s.dialect, migrations); err != nil {
		return err
	}
	return s.nameDatabase(ctx, db)
}

// openToRead leaves no trace. What has to be changed to be read is changed in a
// copy that Close removes.
func (s *Store) openToRead(ctx context.Context, there bool, migrations fs.FS) error {
	if !there {
		return s.openCopy(ctx, func(string) error { return nil }, migrations)
	}
	if err := writable(s.file); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	release, err := keepJournal(s.file)
	if err != nil {
		return fmt.Errorf("open database %s: %w", s.file, err)
	}
	s.onClose(release)
	if s.read, err = s.openPool(dsn(s.file, forReading()...), readers); err != nil {
		return err
	}
	s.write = s.read
	have, err := version(ctx, s.read.DB, s.dialect)
	if err != nil {
		return fmt.Errorf("open database %s: %w", s.file, err)
	}
	switch {
	case have > s.known:
		return s.tooNew(have)
	case have == s.known:
		return nil
	}
	return s.openCopy(ctx, func(to string) error { return copyDatabase(ctx, s.file, to) }, migrations)
}

func (s *Store) openCopy(ctx context.Context, fill func(file string) error, migrations fs.FS) error {
	folder, err := os.MkdirTemp("", "digest-")
	if err != nil {
		return err
	}
	s.onClose(func() error { return os.RemoveAll(folder) })
	file := filepath.Join(folder, "copy.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if err := fill(file); err != nil {
		return err
	}
	if err := s.build(ctx, file, migrations); err != nil {
		return fmt.Errorf("migrate a copy of %s: %w", s.file, err)
	}
	s.read, err = s.openPool(dsn(file, forReading()...), readers)
	s.write = s.read
	return err
}

func (s *Store) tooNew(have int64) error {
	return fmt.Errorf("%w: the database has schema %d, made by a newer digest; this one knows %d",
		digest.ErrSchema, have, s.known)
}
