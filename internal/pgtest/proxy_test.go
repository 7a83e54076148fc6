//go:build linux

package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// count is how many rows there are, where the server can be asked.
func count(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM t`).Scan(&n)
	return n, err
}

func TestCrash(t *testing.T) {
	s := Start(t)
	db := open(t, s.Database(t))
	if _, err := db.Exec(`CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	s.Crash()
	if _, err := count(t.Context(), db); err == nil {
		t.Error("it answers after its crash")
	}
	s.Restart(t)
	if n, err := count(t.Context(), db); err != nil || n != 1 {
		t.Errorf("restarted, it knows %d rows, %v; want 1", n, err)
	}
}

func TestProxy(t *testing.T) {
	s := Start(t)
	p := s.Proxy(t)
	url := s.Database(t)
	straight, through := open(t, url), open(t, p.Through(url))
	if _, err := through.Exec(`CREATE TABLE t (n BIGINT)`); err != nil {
		t.Fatal(err)
	}

	p.Deafen(1)
	tx, err := through.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`INSERT INTO t VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err == nil || p.Deaf() != 0 {
		t.Error("the commit's answer is heard")
	}
	if n, err := count(t.Context(), straight); err != nil || n != 1 {
		t.Errorf("what was committed unheard are %d rows, %v; want 1", n, err)
	}

	release := p.Block()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := count(ctx, through); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("by a way that is blocked: %v", err)
	}
	if _, err := count(t.Context(), straight); err != nil {
		t.Errorf("by another way: %v", err)
	}
	release()
	if n, err := count(t.Context(), through); err != nil || n != 1 {
		t.Errorf("the way is free, and there are %d rows, %v", n, err)
	}

	conn, err := through.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := conn.ExecContext(t.Context(), `SELECT 1`); err == nil {
		t.Error("a connection that was cut works")
	}
	_ = conn.Close()
}
