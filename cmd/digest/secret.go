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

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// secretBytes is the length of a secret that we make.
const secretBytes = 32

// known tells whether the database was used before, and with this secret: its
// readers then hold links that only that one can verify.
type known interface {
	Newsletters(ctx context.Context) ([]string, error)
	PinSecret(ctx context.Context, fingerprint string) (bool, error)
}

// keys derives the installation's keys from its secret, which must be the one
// that the database was used with before.
func (a *app) keys(ctx context.Context, db known, readOnly bool) (*subscribers.Keys, error) {
	secret, err := a.secret(ctx, db, readOnly)
	if err != nil {
		return nil, err
	}
	keys, err := subscribers.NewKeys(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: put the file back from a backup", a.keyFile(), err)
	}
	same, err := db.PinSecret(ctx, keys.Fingerprint())
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, fmt.Errorf("%w: secret: this is not the secret that %s was used with: unsubscribe links that are out "+
			"would stop working. Put the old one back (secret, DIGEST_SECRET or the key file)", digest.ErrConfig, a.databaseName())
	}
	return keys, nil
}

// secret is the setting, or the file beside a SQLite database, which is made on
// first use.
func (a *app) secret(ctx context.Context, db known, readOnly bool) ([]byte, error) {
	if a.config.Secret != "" {
		return []byte(a.config.Secret), nil
	}
	if a.config.Postgres() {
		return nil, fmt.Errorf("%w: secret: a PostgreSQL database needs one, since no file stands beside it: set DIGEST_SECRET or "+
			"DIGEST_SECRET_FILE to the output of openssl rand -hex 32", digest.ErrConfig)
	}
	secret, err := readKey(a.keyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return a.firstKey(ctx, db, readOnly)
	}
	return secret, err
}

// databaseName is the database as an error may show it.
func (a *app) databaseName() string { return a.config.Redacted().Database }

// firstKey makes the key file, unless the database was used with one before.
func (a *app) firstKey(ctx context.Context, db known, readOnly bool) ([]byte, error) {
	names, err := db.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("%w: %s is gone, but %s has been used with it: unsubscribe links that are out "+
			"would stop working. Put the file back from a backup", digest.ErrConfig, a.keyFile(), a.config.Database)
	}
	if readOnly {
		// Nothing was ever sent, so that any key will do to look at.
		return bytes.Repeat([]byte("preview."), secretBytes/8), nil
	}
	return makeKey(a.keyFile())
}

// keyFile is where the secret of a SQLite database stands.
func (a *app) keyFile() string { return a.config.Database + ".key" }

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
	err = os.Link(f.Name(), file)
	switch {
	case errors.Is(err, fs.ErrExist):
		return readKey(file)
	case err != nil: // a file system without hard links
		err = os.Rename(f.Name(), file)
	}
	if err = errors.Join(err, syncFolder(filepath.Dir(file))); err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	return secret, nil
}

// syncFolder makes a new name in a folder survive a loss of power: mails whose
// key is lost could never be unsubscribed from.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
