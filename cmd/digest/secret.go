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
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// secretBytes is the length of a secret that we make.
const secretBytes = 32

// known tells whether the database was used before, and with which secrets: its
// readers then hold links that only those can verify.
type known interface {
	Pinned(ctx context.Context) (bool, error)
	PinSecret(ctx context.Context, fingerprint string) (bool, error)
	Rotations(ctx context.Context) ([]time.Time, error)
}

// keys derives the installation's keys from its secrets, which must be those
// that the database was used with before.
func (a *app) keys(ctx context.Context, db known, readOnly bool) (*subscribers.Keys, error) {
	secrets, err := a.secrets(ctx, db, readOnly)
	if err != nil {
		return nil, err
	}
	keys, err := subscribers.Keyring(a.now, secrets...)
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

// secrets are all that there are, with the times at which they took over. Those
// that are derived are all there at once: of several processes, one that was
// started before a rotation knows the links that the others make after it.
func (a *app) secrets(ctx context.Context, db known, readOnly bool) ([]subscribers.Secret, error) {
	since, err := db.Rotations(ctx)
	if err != nil {
		return nil, err
	}
	values, err := a.secretValues(ctx, db, readOnly, subscribers.MaxKeys)
	if err != nil {
		return nil, err
	}
	if len(values) <= len(since) {
		return nil, fmt.Errorf("%w: %s holds %d keys, but %s was used with %d: unsubscribe links that are out "+
			"would stop working. Put the newer file back from a backup", digest.ErrConfig, a.keyFile(), len(values),
			a.databaseName(), len(since)+1)
	}
	all := make([]subscribers.Secret, len(values))
	for i, v := range values {
		all[i].Value = v
		if i > 0 && i <= len(since) {
			all[i].Since = since[i-1]
		}
	}
	return all, nil
}

// secretValues are those of the file beside a SQLite database, which is made on
// first use, or the setting and n-1 that follow from it.
func (a *app) secretValues(ctx context.Context, db known, readOnly bool, n int) ([][]byte, error) {
	if a.config.Secret != "" {
		values := [][]byte{[]byte(a.config.Secret)}
		for len(values) < n {
			next, err := subscribers.Successor(values[0], len(values)+1)
			if err != nil {
				return nil, err
			}
			values = append(values, next)
		}
		return values, nil
	}
	if a.config.Postgres() {
		return nil, fmt.Errorf("%w: secret: a PostgreSQL database needs one, since no file stands beside it: set DIGEST_SECRET to "+
			"the output of openssl rand -hex 32, or DIGEST_SECRET_FILE to a file with it", digest.ErrConfig)
	}
	values, err := readKeys(a.keyFile())
	if errors.Is(err, fs.ErrNotExist) {
		first, err := a.firstKey(ctx, db, readOnly)
		return [][]byte{first}, err
	}
	return values, err
}

// databaseName is the database as an error may show it.
func (a *app) databaseName() string { return a.config.Redacted().Database }

// firstKey makes the key file, unless the database was used with one before.
func (a *app) firstKey(ctx context.Context, db known, readOnly bool) ([]byte, error) {
	before, err := db.Pinned(ctx)
	if err != nil {
		return nil, err
	}
	if before {
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
		return nil, fmt.Errorf("read the key file: %w", denied(err))
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
