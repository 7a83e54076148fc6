package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// deliveries are an issue's, as text, to see whether anything in it changed.
func (w *world) deliveries(issue string) string {
	w.Helper()
	var b strings.Builder
	w.must(w.Deliveries(w.ctx, issue, delivery.States, func(d delivery.Delivery) error {
		fmt.Fprintln(&b, d.Subscriber, d.State, d.Attempts, d.Owner, d.Epoch, d.LastReply, d.NextAt)
		return nil
	}))
	return b.String()
}

// verbose are results whose replies need room.
func verbose(rows []delivery.Delivery) (changes []delivery.Change) {
	for _, d := range rows {
		c := change(d, delivery.Claimed, delivery.Failed)
		c.Reply = strings.Repeat("no room ", 100)
		changes = append(changes, c)
	}
	return changes
}

// A database that cannot grow, or may not be written, fails whole transactions,
// and goes on as soon as it can be written again.
func TestUnwritableDatabase(t *testing.T) {
	for _, c := range []struct {
		name        string
		spoil, heal string
		want        string // in the error
	}{
		{"disk full", `PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1000000`, "full"},
		{"read-only", `PRAGMA query_only = 1`, `PRAGMA query_only = 0`, "readonly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := file(t)
			_, issue := w.sending(300)
			claimed := w.claim(issue, "a", 200)
			before, spent := w.deliveries(issue), w.query(`SELECT COALESCE(spent, 0) FROM issue`)
			next, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(2), noon)
			w.must(err)
			w.exec(c.spoil)
			want := func(what string, err error) {
				t.Helper()
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v", what, err)
				}
				if errors.Is(err, digest.ErrSchema) {
					t.Errorf("%s ends the program: %v", what, err)
				}
			}
			_, err = w.Apply(w.ctx, noon, verbose(claimed))
			want("results", err)
			for range 3 {
				_, err = w.Plan(w.ctx, next.ID, 1000, noon)
			}
			want("a plan", err)
			if c.name == "read-only" {
				_, err = w.Apply(w.ctx, noon, []delivery.Change{change(claimed[0], delivery.Claimed, delivery.Committing)})
				want("an intent", err)
				_, err = w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "b", Now: noon, Lease: time.Minute, N: 10})
				want("a claim", err)
			}
			if after := w.deliveries(issue); after != before || w.query(`SELECT COALESCE(spent, 0) FROM issue`) != spent {
				t.Error("a transaction that failed left something behind")
			}
			if n := w.query(`SELECT COUNT(*) FROM delivery WHERE issue = $1`, next.ID); n != "0" {
				t.Errorf("%s recipients of a plan that failed", n)
			}
			w.exec(c.heal)
			for i, ok := range w.apply(verbose(claimed)...) {
				if !ok {
					t.Fatalf("result %d does not apply once there is room", i)
				}
			}
			w.planAll(next.ID)
			if n := w.query(`SELECT COUNT(*) FROM delivery WHERE issue = $1`, next.ID); n != "300" {
				t.Errorf("%s of 300 are planned once there is room", n)
			}
		})
	}
}

// rival is another process's connection to a database.
func rival(t *testing.T, url string) *sql.Conn {
	t.Helper()
	w := file(t) // for its pool's settings
	p, err := w.openPool(dsn(url, forWriting()...), 1)
	w.must(err)
	conn, err := p.Conn(w.ctx)
	w.must(err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Somebody else holds the database: what waits for it says that waiting cures
// it, changes nothing, and goes through afterwards.
func TestLockedDatabase(t *testing.T) {
	t.Parallel() // it waits for SQLite's patience
	w := file(t)
	_, issue := w.sending(3)
	rows := w.claim(issue, "a", 2)
	conn := rival(t, w.url)
	_, err := conn.ExecContext(w.ctx, `BEGIN EXCLUSIVE`)
	w.must(err)
	before := w.deliveries(issue)
	if _, err := w.Apply(w.ctx, noon, []delivery.Change{change(rows[0], delivery.Claimed, delivery.Committing)}); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("an intent: %v", err)
	}
	if after := w.deliveries(issue); after != before {
		t.Errorf("the ledger changed to %s", after)
	}
	_, err = conn.ExecContext(w.ctx, `ROLLBACK`)
	w.must(err)
	if !w.apply(change(rows[0], delivery.Claimed, delivery.Committing))[0] || len(w.claim(issue, "a", 5)) != 1 {
		t.Error("it does not go on when the lock is gone")
	}
}

// A write-ahead log that is removed takes the last transactions with it: the
// lock file's counter gives it away, and what was being sent pauses.
func TestLostLog(t *testing.T) {
	w := file(t)
	lock, err := AcquireLock(w.url)
	w.must(err)
	defer lock.Release()
	_, issue := w.sending(5)
	w.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	w.lock = lock
	w.claim(issue, "a", 1)
	copied := t.TempDir() + "/digest.db"
	for _, suffix := range []string{"", ".lock"} { // as a crash and rm leave them
		b, err := os.ReadFile(w.url + suffix)
		w.must(err)
		w.must(os.WriteFile(copied+suffix, b, 0o600))
	}
	second, err := AcquireLock(copied)
	w.must(err)
	defer second.Release()
	s := opened(t, copied, Options{Mode: Upgrade, Lock: second})
	restored, err := s.Restored(w.ctx, noon)
	w.must(err)
	r, err := s.Issue(w.ctx, issue)
	w.must(err)
	if !restored || r.State != digest.IssuePaused {
		t.Errorf("restored: %v, the issue is %s", restored, r.State)
	}
}
