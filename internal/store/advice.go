package store

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advised adds to what SQLite says, which are a few words and a number, what an
// operator can do about it.
func advised(err error) error {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return err
	}
	advice := ""
	switch failed.Code() & 0xff { // the rest says in which of its steps
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
