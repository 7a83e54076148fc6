package main

import (
	"context"
	"database/sql"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/pgtest"
	"digest.example/internal/smtptest"
)

// The server dies in the midst of sending and comes back: nobody notices but who
// reads the log.
func TestServerCrashes(t *testing.T) {
	t.Parallel()
	const recipients = 300
	database := pgtest.Start(t)
	_, server, o, goOn := stoppedAt(t, database.Database(t), recipients, 40)
	database.Crash()
	goOn()
	o.says("sending waits", 1)
	database.Restart(t)
	o.ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// The way to the server is blocked, then cut, then free: meanwhile nobody gets
// mail but those whose intent was stored.
func TestServerOutOfReach(t *testing.T) {
	t.Parallel()
	const recipients = 300
	database := pgtest.Start(t)
	way, dsn := database.Proxy(t), database.Database(t)
	v, server, o, goOn := stoppedAt(t, way.Through(dsn)+"&connect_timeout=1", recipients, 40)
	had := len(server.Messages())
	open := way.Block()
	goOn()
	way.Cut()
	o.says("sending waits", 1)
	if n := len(server.Messages()); n > had+connections {
		t.Errorf("%d were sent while nothing could be stored", n-had)
	}
	open()
	o.ends(exitOK, exitIncomplete)
	v.ends()
	copies(t, server, recipients, oneCopy)
}

// ends lets the program go on until the issue is done: where a claim was not heard
// of, its lease has to end first.
func (v *victim) ends() {
	v.Helper()
	v.goesOn(func(code int) bool { return code == exitOK })
}

// settles lets it go on until nobody is left but those in doubt, which a dead process's
// rows become a while after its lease.
func (v *victim) settles() {
	v.Helper()
	v.goesOn(func(int) bool {
		for _, state := range v.missing("weekly/1") {
			if state != delivery.InDoubt {
				return false
			}
		}
		return true
	})
}

func (v *victim) goesOn(done func(code int) bool) {
	v.Helper()
	for deadline := time.Now().Add(time.Minute); !done(v.observe().ends(exitOK, exitIncomplete)); {
		if time.Now().After(deadline) {
			v.Fatalf("the issue does not end: %v", v.missing("weekly/1"))
		}
	}
}

// Again and again a commit is made and its answer lost, be it a claim's, an
// intent's or a result's: nobody is in doubt, and nobody gets two.
func TestCommitsUnheard(t *testing.T) {
	t.Parallel()
	const recipients = 300
	database := pgtest.Start(t)
	way, dsn := database.Proxy(t), database.Database(t)
	var dots atomic.Int64
	v, server := newPatientAt(t, way.Through(dsn), recipients, func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Dot && dots.Add(1)%50 == 25 {
			way.Deafen(1)
		}
		return smtptest.Action{}
	})
	v.observe().ends(exitOK, exitIncomplete, exitFailure)
	way.Deafen(0)
	v.ends()
	copies(t, server, recipients, oneCopy)
}

// Somebody has locked the tables for ever: asked to stop twice, the program stops,
// and goes on when they are free.
func TestServerLockedForEver(t *testing.T) {
	t.Parallel()
	const recipients = 300
	dsn := pgtest.Start(t).Database(t)
	v, server, o, goOn := stoppedAt(t, dsn+"&lock_timeout=200", recipients, 40)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	held, err := db.BeginTx(context.Background(), nil)
	if err == nil {
		_, err = held.Exec(`LOCK TABLE delivery, issue IN ACCESS EXCLUSIVE MODE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	goOn()
	o.says("sending waits", 1)
	o.signal(syscall.SIGTERM)
	o.says("stopping", 1)
	o.insist(syscall.SIGTERM)
	o.ends(exitFailure, exitBusy)
	had := len(server.Messages())
	v.observe().ends(exitFailure, exitBusy)
	if n := len(server.Messages()); n != had {
		t.Errorf("%d were sent while the tables were locked from the beginning", n-had)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	v.settles()
	v.accounted(server, recipients, connections)
}
