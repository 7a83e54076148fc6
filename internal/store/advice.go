package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advised adds to what the engines say, SQLite in a few words and a number, what
// an operator can do about it.
func advised(err error) error {
	var unreached *pgconn.ConnectError
	if errors.As(err, &unreached) {
		return fmt.Errorf("%w: does the server run there, and has it the role (createuser) and the database (createdb) "+
			"that the setting database names?", brief{err})
	}
	advice := ""
	switch primaryCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		advice = "is the disk full? Make room, or look into the system's log for errors of the disk"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		advice = "do it and the files that begin with its name belong to the user that runs digest?"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		advice = "it is damaged, or no database of digest: stop digest serve, put the file aside and restore a backup"
	default:
		return err
	}
	return fmt.Errorf("%w: %s", err, advice)
}

// primaryCode is SQLite's primary result code, the low byte; the rest says in which of
// its steps (https://www.sqlite.org/rescode.html). 0: the error is none of SQLite's.
func primaryCode(err error) int {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return 0
	}
	return failed.Code() & 0xff
}

// brief is an error in one line, in which nothing is said twice: pgx has a line for
// each try to connect, mostly one with TLS and one without.
type brief struct{ error }

func (b brief) Error() string {
	var said []string
	for line := range strings.Lines(b.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

func (b brief) Unwrap() error { return b.error }
