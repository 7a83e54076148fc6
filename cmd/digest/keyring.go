package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"digest.example/internal/digest"
)

// ringHeader begins a key file that holds several secrets, each in hex on a line
// of its own, the first of which is what the file held before. A file without it
// holds one secret and nothing else.
const ringHeader = "digest keys\n"

// readKeys reads the secrets of a key file.
func readKeys(file string) ([][]byte, error) {
	data, err := readKey(file)
	if err != nil {
		return nil, err
	}
	list, several := bytes.CutPrefix(data, []byte(ringHeader))
	if !several {
		return [][]byte{data}, nil
	}
	var secrets [][]byte
	for line := range bytes.Lines(list) {
		secret, err := hex.DecodeString(string(bytes.TrimSuffix(line, []byte("\n"))))
		if err != nil || !bytes.HasSuffix(line, []byte("\n")) {
			return nil, fmt.Errorf("%w: %s: line %d is broken: put the file back from a backup",
				digest.ErrConfig, file, len(secrets)+2)
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// addKey adds a new secret to a key file, durably and whole, and returns all.
func addKey(file string, secrets [][]byte) ([][]byte, error) {
	fresh := make([]byte, secretBytes)
	rand.Read(fresh) // never fails
	secrets = append(slices.Clone(secrets), fresh)
	data := []byte(ringHeader)
	for _, s := range secrets {
		data = append(hex.AppendEncode(data, s), '\n')
	}
	if err := replaceKey(file, data); err != nil {
		return nil, fmt.Errorf("add a key to %s: %w", file, err)
	}
	return secrets, nil
}

// replaceKey keeps the file's owner: whoever rotates keys need not be who runs
// digest.
func replaceKey(file string, data []byte) error {
	var was unix.Stat_t
	if err := unix.Stat(file, &was); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if int(was.Uid) != os.Geteuid() {
		err = errors.Join(err, f.Chown(int(was.Uid), int(was.Gid)))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}
