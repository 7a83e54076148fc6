package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"digest.example/internal/digest"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// open opens the database for what a command is about to do.
func (a *app) open(ctx context.Context, mode store.Mode) (*store.Store, error) {
	if err := a.folder(); err != nil {
		return nil, err
	}
	if mode != store.ReadOnly {
		a.tellSample()
	}
	s, err := store.Open(ctx, a.config.Database, store.Options{Mode: mode, Logger: a.log()})
	return s, denied(err)
}

// look opens the database only to read it, with the keys of its readers' links.
func (a *app) look(ctx context.Context) (*store.Store, *subscribers.Keys, error) {
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return nil, nil, err
	}
	keys, err := a.keys(ctx, s, true)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, keys, nil
}

// locked takes the lock of the one sending process and brings the schema up to
// date, which only its holder may do.
func (a *app) locked(ctx context.Context) (*store.Store, *store.Lock, error) {
	if err := a.folder(); err != nil {
		return nil, nil, err
	}
	a.tellSample()
	lock, err := store.AcquireLock(a.config.Database)
	if err != nil {
		return nil, nil, denied(err)
	}
	s, err := store.Open(ctx, a.config.Database, store.Options{Mode: store.Upgrade, Lock: lock, Logger: a.log()})
	if err != nil {
		return nil, nil, errors.Join(denied(err), lock.Release())
	}
	return s, lock, nil
}

// folder says that the database's folder is missing before the system does so
// in words about some file in it.
func (a *app) folder() error {
	if a.config.Postgres() {
		return nil
	}
	folder := filepath.Dir(a.config.Database)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: database: there is no folder %s: make it, or let %s name another",
			digest.ErrConfig, folder, a.configName())
	}
	return nil
}

// denied adds what to do where the system denies access.
func denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: call digest as the user that the database and its folder belong to, or give that user the file", err)
	}
	return err
}
