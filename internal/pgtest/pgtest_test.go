//go:build linux

package pgtest

import "testing"

func TestDatabasesAreApart(t *testing.T) {
	s := Start(t)
	first := s.Database(t)
	db := open(t, first)
	if _, err := db.Exec("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	copied := open(t, s.Clone(t, first))
	var n int
	if err := copied.QueryRow("SELECT n FROM t").Scan(&n); err != nil || n != 7 {
		t.Errorf("the copy holds %d, %v; want 7", n, err)
	}
	fresh := open(t, s.Database(t))
	if err := fresh.QueryRow("SELECT n FROM t").Scan(&n); err == nil {
		t.Error("a fresh database knows another's table")
	}
}
