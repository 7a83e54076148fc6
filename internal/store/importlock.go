package store

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"digest.example/internal/digest"
)

// advisoryImport is the PostgreSQL lock that whoever imports a list holds.
const advisoryImport = advisory + 1

// lockImports takes the lock of the one that imports, or fails with
// digest.ErrBusy at once. It ends with its process, so that whoever has it knows
// that no other import is alive. With SQLite it is a file of its own: sending
// needs the other one.
func (s *Store) lockImports(ctx context.Context) (unlock func() error, err error) {
	busy := fmt.Errorf("%w: another import runs; try again when it is done", digest.ErrBusy)
	if s.file == "" {
		return s.adviseImports(ctx, busy)
	}
	f, err := os.OpenFile(s.file+".import.lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock imports: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = busy
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// adviseImports keeps a connection of its own, since the lock is the connection's.
func (s *Store) adviseImports(ctx context.Context, busy error) (unlock func() error, err error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock imports: %w", err)
	}
	var got bool
	err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(advisoryImport)).Scan(&got)
	if err == nil && !got {
		err = busy
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(advisoryImport))
		return errors.Join(err, conn.Close())
	}, nil
}
