package main

import (
	"math"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// room lets the files of a running program grow to so many bytes and no more.
func (o *observed) room(bytes uint64) {
	o.t.Helper()
	room(o.t, o.Process, bytes)
}

func room(tb testing.TB, p *os.Process, bytes uint64) {
	tb.Helper()
	limit := unix.Rlimit{Cur: bytes, Max: math.MaxUint64}
	if err := unix.Prlimit(p.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		tb.Fatal(err)
	}
}

// full takes the disk's room from a program that serves, until release.
func (h *host) full() (release func()) {
	h.Helper()
	room(h, h.process, 0)
	return func() { room(h, h.process, math.MaxUint64) }
}

// The disk fills up in the midst of sending: no dot is written whose intent is
// not on it, nobody is lost or in doubt, and it goes on when there is room.
func TestDiskFullWhileSending(t *testing.T) {
	t.Parallel()
	const recipients = 300
	_, server, o, goOn := stopped(t, recipients, 40)
	o.room(0)
	had := len(server.Messages())
	goOn()
	o.says("sending waits", 2)
	if n := len(server.Messages()); n > had+connections {
		t.Errorf("%d were sent while nothing could be written", n-had)
	}
	o.room(math.MaxUint64)
	o.ends(exitOK)
	copies(t, server, recipients, oneCopy)
}

// Stopped while the disk is full, it leaves in doubt at most what was between
// dot and reply, and sends it to nobody a second time.
func TestStoppedWhileTheDiskIsFull(t *testing.T) {
	t.Parallel()
	const recipients = 300
	v, server, o, goOn := stopped(t, recipients, 40)
	o.room(0)
	goOn()
	o.says("sending waits", 1)
	o.signal(unix.SIGTERM)
	o.says("stopping", 1)
	o.insist(unix.SIGTERM)
	o.ends(exitFailure, exitIncomplete)
	v.observe().ends(exitOK, exitIncomplete)
	v.accounted(server, recipients, connections)
}

// However little room there is when it begins, it fails without a trace, or waits
// in the midst of sending; and once there is enough, everybody has one.
func TestDiskFullWhilePlanning(t *testing.T) {
	t.Parallel()
	const recipients = 1500
	v, server := newPatient(t, recipients, nil)
	room, failed := uint64(16<<10), 0
	for ; ; room *= 2 {
		o := v.observe()
		o.room(room)
		o.saysOrEnds("sending waits")
		if !o.ended() {
			o.room(math.MaxUint64)
			o.ends(exitOK)
			break
		}
		if o.ends(exitOK, exitFailure, exitIncomplete, exitHeld) == exitOK {
			break
		}
		failed++
		if n := len(server.Messages()); n > 0 {
			t.Fatalf("with room for %d bytes %d were sent:\n%s", room, n, o.said())
		}
	}
	if failed == 0 {
		t.Error("there was room enough all the time")
	}
	t.Logf("sending began with room for %d bytes", room)
	copies(t, server, recipients, oneCopy)
}
