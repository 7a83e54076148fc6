package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"digest.example/internal/digest"
)

// tx is a transaction on the connection that writes.
type tx struct {
	ctx context.Context // what its statements run under, whatever they are called with
	*sql.Tx
	conn *sql.Conn
	s    *Store
}

// change runs f in one transaction, which commits if f returns nil; f must then
// have heard of no error of a statement. With SQLite, other changes may be made in
// the same one, and f must not wait for anything but the database.
func (s *Store) change(ctx context.Context, what string, f func(tx) error) error {
	return s.transact(ctx, what, false, f)
}

// changeSoon is change for what issues are not sent by: while they are, it waits
// some milliseconds for a transaction that it can share.
func (s *Store) changeSoon(ctx context.Context, what string, f func(tx) error) error {
	return s.transact(ctx, what, true, f)
}

func (s *Store) transact(ctx context.Context, what string, patient bool, f func(tx) error) (err error) {
	if s.file == "" {
		err = within(ctx, answerTime, func(ctx context.Context) error { return s.alone(ctx, f) })
	} else {
		err = s.share(ctx, patient, f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, failed(err))
	}
	return nil
}

// alone runs f in a transaction of its own.
func (s *Store) alone(ctx context.Context, f func(tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx{ctx: ctx, Tx: t, conn: conn, s: s}); err != nil {
		_ = t.Rollback()
		return err
	}
	return t.Commit()
}

// QueryContext is for each and its like. It does not take their context: one
// that ends in the middle of a transaction would undo what is not theirs.
func (t tx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if p := t.s.write.statement(query); p != nil {
		return t.StmtContext(t.ctx, p).QueryContext(t.ctx, args...)
	}
	return t.Tx.QueryContext(t.ctx, query, args...)
}

// QueryRowContext is like QueryContext.
func (t tx) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	if p := t.s.write.statement(query); p != nil {
		return t.StmtContext(t.ctx, p).QueryRowContext(t.ctx, args...)
	}
	return t.Tx.QueryRowContext(t.ctx, query, args...)
}

// exec runs a statement and returns how many rows it changed.
func (t tx) exec(query string, args ...any) (int64, error) {
	var r sql.Result
	var err error
	if p := t.s.write.statement(query); p != nil {
		r, err = t.StmtContext(t.ctx, p).ExecContext(t.ctx, args...)
	} else {
		r, err = t.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// statement is a query with its arguments.
type statement struct {
	query string
	args  []any
}

// execAll runs statements in their order and returns how many rows each changed.
// To PostgreSQL they travel together: one by one, each would cost a round trip.
func (t tx) execAll(all []statement) ([]int64, error) {
	if t.s.file == "" {
		return t.pipeline(all)
	}
	return t.direct(all)
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scan is the Scan method of a row.
type scan func(...any) error

// each calls f for each row of a query. Rows stay open while f runs, so f must
// not write in the same transaction, nor ask the same query.
func each(ctx context.Context, q queryer, f func(scan) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return failed(rows.Err())
}

// collect returns what f makes of each row.
func collect[T any](ctx context.Context, q queryer, f func(scan) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, q, func(s scan) error {
		one, err := f(s)
		all = append(all, one)
		return err
	}, query, args...)
	return all, err
}

// one returns what f makes of the only row, or digest.ErrNotFound.
func one[T any](ctx context.Context, q queryer, f func(scan) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, q, f, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		if err == nil {
			err = digest.ErrNotFound
		}
		return none, err
	}
	return all[0], nil
}

// failed marks the errors that waiting cures: a lock that was not had in time.
func failed(err error) error {
	code := primaryCode(err)
	waited := lockTimeout(err) || code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	if waited && !errors.Is(err, digest.ErrBusy) {
		return fmt.Errorf("%w: the database is locked: %w", digest.ErrBusy, err)
	}
	return err
}

// in writes a list of n parameters that begins with $first.
func in(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return "(" + b.String() + ")"
}

// ms is a time as the database keeps it; 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// orNull is a time that is NULL where it is zero.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// at is the inverse of ms and orNull.
func at(ms sql.NullInt64) time.Time {
	if !ms.Valid || ms.Int64 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// maxReply is how much of a server's reply is kept, in bytes: an SMTP reply
// line has at most 512 (RFC 5321 section 4.5.3.1.5).
const maxReply = 1024

// text makes a string storable: PostgreSQL refuses NUL and invalid UTF-8 in TEXT.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// reply is a stranger's text, kept short. What is broken in it, or by the cut,
// becomes a question mark, so that it cannot grow again.
func reply(s string) string {
	s = strings.ReplaceAll(s[:min(len(s), maxReply)], "\x00", "")
	return strings.ToValidUTF8(s, "?")
}
