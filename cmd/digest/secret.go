package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// secretBytes is the length of a secret that we make.
const secretBytes = 32

// known tells whether the database was used before: its readers then hold links
// that only the old secret can verify.
type known interface {
	Newsletters(ctx context.Context) ([]string, error)
}

// keys derives the installation's keys from its secret: the setting, or the
// file beside a SQLite database, which is made on first use.
func (a *app) keys(ctx context.Context, db known, readOnly bool) (*subscribers.Keys, error) {
	if a.config.Secret != "" {
		return subscribers.NewKeys([]byte(a.config.Secret))
	}
	if isPostgres(a.config.Database) {
		return nil, fmt.Errorf("%w: secret: a PostgreSQL database needs one, since no file stands beside it: "+
			"set DIGEST_SECRET or DIGEST_SECRET_FILE to 32 random bytes, e.g. from: openssl rand -base64 32", digest.ErrConfig)
	}
	file := a.config.Database + ".key"
	secret, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		names, err := db.Newsletters(ctx)
		switch {
		case err != nil:
			return nil, err
		case len(names) > 0:
			return nil, fmt.Errorf("%w: %s is gone, but %s has been used with it: unsubscribe links that are out "+
				"would stop working. Put the file back from a backup", digest.ErrConfig, file, a.config.Database)
		case readOnly:
			// Nothing was ever sent, so that any key will do to look at.
			return subscribers.NewKeys(bytes.Repeat([]byte("preview."), secretBytes/8))
		}
		secret, err = makeKey(file)
		if err != nil {
			return nil, err
		}
		return subscribers.NewKeys(secret)
	}
	if err != nil {
		return nil, err
	}
	return subscribers.NewKeys(secret)
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// readKey reads a key file that nobody else can read.
func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s can be read by others: chmod 600 %s", digest.ErrConfig, file, file)
	}
	secret, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	return secret, nil
}

// makeKey makes a key file, durably and whole, or reads the one that another
// process made first.
func makeKey(file string) ([]byte, error) {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(secret)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	if err := os.Link(f.Name(), file); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return readKey(file)
		}
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	return secret, nil
}
