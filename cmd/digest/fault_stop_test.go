package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"digest.example/internal/delivery"
)

// Asked to stop, it finishes what is open, which on each connection is a message
// and one that was announced with its dot, begins nothing, and leaves nobody in
// doubt.
func TestStopFinishesWhatIsOpen(t *testing.T) {
	t.Parallel()
	const recipients = 200
	v, server, o, open := stopped(t, recipients, 0)
	o.signal(syscall.SIGTERM)
	o.says("stopping", 1)
	open()
	o.ends(exitIncomplete)
	if n := len(server.Messages()); n > 2*connections {
		t.Errorf("%d messages for %d connections", n, connections)
	}
	v.leavesReady()
	v.observe().ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// leavesReady wants that all who have not got the issue are still to be sent to.
func (v *victim) leavesReady() {
	v.Helper()
	for to, state := range v.missing("weekly/1") {
		if state != delivery.Ready {
			v.Errorf("%s is left %s", to, state)
		}
	}
}

// One wish can come as two signals: timeout(1) sends its own to the program and
// then to its group, to which the program belongs.
func TestTwoSignalsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	const recipients = 200
	v, server, o, open := stopped(t, recipients, 0)
	o.signal(syscall.SIGTERM)
	o.signal(syscall.SIGINT) // another one, since the system joins two of a kind
	o.says("stopping", 1)
	open()
	o.ends(exitIncomplete)
	v.leavesReady()
	v.observe().ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// A terminal that is closed, or a connection to this machine that breaks, is a
// wish to stop as well.
func TestHangUpFinishesWhatIsOpen(t *testing.T) {
	t.Parallel()
	const recipients = 200
	v, server, o, open := stopped(t, recipients, 0)
	o.signal(syscall.SIGHUP)
	o.says("stopping", 1)
	open()
	o.ends(exitIncomplete)
	v.observe().ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// Who stops "send | tee" ends tee as well: having nobody to talk to must not end
// the program in the midst of a message.
func TestNobodyReadsWhatItSays(t *testing.T) {
	t.Parallel()
	const recipients = 20
	v, server := newPatient(t, recipients, nil)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	v.observeAs(func(c *exec.Cmd) { c.Stdout, c.Stderr = write, write }).ends(exitOK, exitFailure)
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if missing := v.missing("weekly/1"); len(missing) > 0 {
		t.Errorf("not sent: %v", missing)
	}
	copies(t, server, recipients, oneCopy)
}

// Asked twice, it stops at once: what stands between dot and reply is in doubt,
// and all else is sent later.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	const recipients = 200
	v, server, o, open := stopped(t, recipients, 0)
	o.signal(syscall.SIGTERM)
	o.says("stopping", 1)
	o.insist(syscall.SIGTERM)
	o.ends(exitFailure, exitIncomplete)
	doubts := 0
	for to, state := range v.missing("weekly/1") {
		switch state {
		case delivery.InDoubt:
			doubts++
		case delivery.Ready:
		default:
			t.Errorf("%s is left %s", to, state)
		}
	}
	if doubts == 0 || doubts > connections {
		t.Errorf("%d in doubt for %d connections", doubts, connections)
	}
	if why := v.do("status", "--issue", "weekly/1", "--missing"); strings.Count(why, "aborted") != doubts {
		t.Errorf("they are not in doubt because it stopped at once:\n%s", why)
	}
	open()
	v.observe().ends(exitIncomplete)
	v.accounted(server, recipients, connections)
}
