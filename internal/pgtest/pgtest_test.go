//go:build linux

package pgtest

import (
	"database/sql"
	"testing"
)

func TestDatabasesAreApart(t *testing.T) {
	s := Start(t)
	first := s.Database(t)
	open := func(url string) *sql.DB {
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open(first)
	if _, err := db.Exec("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	copied := open(s.Clone(t, first))
	defer func() { _ = copied.Close() }()
	var n int
	if err := copied.QueryRow("SELECT n FROM t").Scan(&n); err != nil || n != 7 {
		t.Errorf("the copy holds %d, %v; want 7", n, err)
	}
	fresh := open(s.Database(t))
	defer func() { _ = fresh.Close() }()
	if err := fresh.QueryRow("SELECT n FROM t").Scan(&n); err == nil {
		t.Error("a fresh database knows another's table")
	}
}
