package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"digest.example/internal/digest"
)

// place is where a database is: a file, or else a PostgreSQL server's URL.
type place struct {
	file string // absolute, symbolic links resolved
	url  string
}

// parse reads the configuration's address of a database. Errors do not repeat
// it where it may hold a password.
func parse(address string) (place, error) {
	scheme, _, isURL := strings.Cut(address, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return place{url: address}, nil
	case isURL:
		return place{}, fmt.Errorf("%w: database: %q is not supported; give a path or postgres://…",
			digest.ErrConfig, scheme+"://")
	case address == "" || strings.ContainsRune(address, 0):
		return place{}, fmt.Errorf("%w: database: %q is not a path", digest.ErrConfig, address)
	}
	file, err := resolve(address)
	return place{file: file}, err
}

// resolve gives each file one name, so that two names of a database cannot
// have two locks.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("database %s: %w", path, err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		folder, err := filepath.EvalSymlinks(filepath.Dir(abs))
		if err != nil {
			return abs, nil // the folder is missing too; opening will say so
		}
		return filepath.Join(folder, filepath.Base(abs)), nil
	}
	if err != nil {
		return "", fmt.Errorf("database %s: %w", path, err)
	}
	return real, nil
}

// exists says whether there is a file to open at all.
func exists(file string) (bool, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%w: database: %s is not a file", digest.ErrConfig, file)
	}
	return true, nil
}

// writable says what keeps a process from using a database. Even to read one,
// SQLite makes a write-ahead log; where the database is read-only, so is the log,
// and it stays and keeps the next process from writing.
func writable(file string) error {
	for _, path := range []string{file, filepath.Dir(file), file + "-wal", file + "-shm"} {
		if err := unix.Access(path, unix.W_OK); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s must be writable for the user who runs digest: %w", path, err)
		}
	}
	return nil
}

// dsn is a file's address for the driver. Never mode=rwc: what makes a database
// makes it whole.
func dsn(file string, settings ...string) string {
	path := (&url.URL{Path: file}).EscapedPath()
	return "file:" + path + "?" + strings.Join(append([]string{"mode=rw"}, settings...), "&")
}

// forReading are the settings of connections that never write. They must not
// name a journal mode: setting it writes.
func forReading() []string {
	return []string{"_pragma=busy_timeout(5000)", "_pragma=query_only(1)"}
}

// forWriting are the settings of the one connection that writes.
// synchronous=FULL makes every commit durable, also against loss of power. What
// is needed to undo a statement that inserts many rows stays in memory.
func forWriting() []string {
	return []string{
		"_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
		"_pragma=foreign_keys(1)", "_pragma=secure_delete(1)", "_pragma=temp_store(2)",
		"_pragma=cache_size(-16384)", "_txlock=immediate",
	}
}
