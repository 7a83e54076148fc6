package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"digest.example/internal/digest"
)

// Lock is held by the one process that sends from an SQLite database. Its file
// also keeps the run counter, outside the database, so that a restored backup
// can be told from the database that it replaced.
type Lock struct {
	f *os.File // nil: PostgreSQL, which needs no lock
}

// AcquireLock takes the lock of the database at url, or fails with
// digest.ErrBusy at once. The kernel releases it however the process ends. For
// PostgreSQL it locks nothing: any number of processes may send.
func AcquireLock(url string) (*Lock, error) {
	place, err := parse(url)
	if err != nil || place.file == "" {
		return &Lock{}, err
	}
	f, err := os.OpenFile(place.file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%w: another digest sends from %s: stop it first; fuser %s.lock tells which process it is",
			digest.ErrBusy, place.file, place.file)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Lock{f: f}, nil
}

// Release gives the lock back. The file stays, for the counter in it. It may be
// called twice.
func (l *Lock) Release() error {
	if l == nil || l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// counterWidth is that of the largest int64: the text is always overwritten whole.
const counterWidth = 19

// counter reads the run counter; 0 in a new file.
func (l *Lock) counter() (int64, error) {
	text := make([]byte, counterWidth)
	n, err := l.f.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read run counter: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	counter, err := strconv.ParseInt(strings.TrimSpace(string(text[:n])), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("run counter in %s: %w; pause what is sending, then remove the file", l.f.Name(), err)
	}
	return counter, nil
}

// setCounter follows the database's commit and is not synced: a crash between
// leaves the file behind the database, which means nothing, and never ahead.
func (l *Lock) setCounter(counter int64) error {
	if _, err := l.f.WriteAt(fmt.Appendf(nil, "%0*d\n", counterWidth, counter), 0); err != nil {
		return fmt.Errorf("write run counter: %w", err)
	}
	return nil
}

// Restored says, once, that the database is older than its lock file: that it
// is a restored backup, whose mail may have been sent since it was made. Before
// it says so, it pauses every issue that has not ended, doubts every letter, and
// lets no slot before now count as missed: it may have had an issue that the
// backup does not know. It needs Options.Lock.
func (s *Store) Restored(ctx context.Context, now time.Time) (bool, error) {
	if s.lock == nil || s.lock.f == nil {
		return false, nil
	}
	counter, err := s.lock.counter()
	if err != nil {
		return false, err
	}
	restored := false
	err = s.change(ctx, "look for a restored backup", func(t tx) error {
		n, err := t.exec(`INSERT INTO run (name, owner, counter) VALUES ('sender', '', $1)
			ON CONFLICT (name) DO UPDATE SET counter = excluded.counter WHERE run.counter < excluded.counter`, counter)
		if restored = n > 0 && counter > 0; err != nil || !restored {
			return err
		}
		err = t.pauseUnended("the database is a restored backup: what it lacks may have been sent already")
		if err != nil {
			return err
		}
		if err := t.doubtLetters(now); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE newsletter SET schedule_seen = $1`, ms(now))
		return err
	})
	return restored, err
}
