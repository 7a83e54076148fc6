package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// occupy holds the victim's database as a foreign program would, until the
// function that it returns is called.
func (v *victim) occupy() (release func()) {
	v.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+v.dsn+"?_pragma=busy_timeout(5000)")
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(ctx)
	if err != nil {
		v.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, `BEGIN EXCLUSIVE`); err != nil {
		v.Fatal(err)
	}
	return func() {
		v.Helper()
		if _, err := conn.ExecContext(ctx, `ROLLBACK`); err != nil {
			v.Error(err)
		}
		if err := conn.Close(); err != nil {
			v.Error(err)
		}
	}
}

// Somebody else holds the database in the midst of sending, for longer than the
// program's patience: it waits, writes no dot meanwhile, and goes on.
func TestDatabaseLockedForAWhile(t *testing.T) {
	t.Parallel()
	const recipients = 300
	v, server, o, goOn := stopped(t, recipients, 40)
	release := v.occupy()
	had := len(server.Messages())
	goOn()
	o.says("sending waits", 1)
	if n := len(server.Messages()); n > had+connections {
		t.Errorf("%d were sent while nothing could be written", n-had)
	}
	release()
	o.ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// It holds it for ever: asked to stop twice, the program stops, and whoever comes
// while it is locked fails and is not killed. Then everybody is accounted for.
func TestDatabaseLockedForEver(t *testing.T) {
	t.Parallel()
	const recipients = 300
	v, server, o, goOn := stopped(t, recipients, 40)
	release := v.occupy()
	goOn()
	o.says("sending waits", 1)
	o.signal(syscall.SIGTERM)
	o.says("stopping", 1)
	tries := strings.Count(o.said(), "sending waits")
	o.insist(syscall.SIGTERM)
	o.ends(exitFailure, exitIncomplete, exitBusy)
	if n := strings.Count(o.said(), "sending waits"); n > tries+1 {
		t.Errorf("asked to stop at once, it tries %d times more", n-tries)
	}
	had := len(server.Messages())
	v.observe().ends(exitFailure, exitBusy)
	if n := len(server.Messages()); n != had {
		t.Errorf("%d were sent while the database was locked from the beginning", n-had)
	}
	release()
	v.observe().ends(exitOK, exitIncomplete)
	v.accounted(server, recipients, connections)
}

// The log of the last transactions is removed after a crash: the database knows
// less than the relay, and says so instead of sending again.
func TestWriteAheadLogRemoved(t *testing.T) {
	t.Parallel()
	const recipients = 300
	v, server, first, goOn := stopped(t, recipients, 40)
	first.kill()
	goOn()
	had := len(server.Messages())
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(v.folder, "digest.db"+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	o := v.observe()
	o.ends(exitOK, exitIncomplete)
	o.says("restored backup", 1)
	if n := len(server.Messages()); n != had {
		t.Errorf("%d were sent from a database that had forgotten", n-had)
	}
	copies(t, server, recipients, func(i int) int { return min(server.Accepted()[address(i)], 1) })
}
