package store

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Where SQLite puts its shared lock in a database file (its file format, "Lock-Byte Page").
const (
	sharedFirst = 0x40000002
	sharedSize  = 510
)

// keepJournal keeps the write-ahead log of a process that died as it is. SQLite
// would write it into the database when the last connection closes, unless
// somebody holds the shared lock: here that is an open file description, whose
// lock counts as another process's. Without a log there is nothing to keep,
// and SQLite removes the empty one that it makes itself.
//
// Releasing must come after the connections are closed, and drops every other
// lock that this process has on the file (POSIX): so a process opens a database
// either for reading or for writing.
func keepJournal(file string) (release func() error, err error) {
	info, err := os.Stat(file + "-wal")
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart, Start: sharedFirst, Len: sharedSize}
	// A failure means that a writer is just closing, or that the kernel has no
	// such locks; reading works all the same.
	_ = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
	return f.Close, nil
}
