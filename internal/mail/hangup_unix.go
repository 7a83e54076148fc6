//go:build unix

package mail

import (
	"errors"
	"net"
	"syscall"
)

// hangup looks whether the other side has closed the connection already, or has
// said something that nobody asked for, without reading anything from it. A dot
// into a closed connection would leave open who owns the message, although nobody
// can have it; and what was said before the dot, such as "421 timeout", would be
// taken for the answer to it.
type hangup struct {
	raw  syscall.RawConn // nil: it cannot be told
	peek func(fd uintptr)
	over bool
}

func watchFor(c net.Conn) *hangup {
	h := &hangup{}
	if s, ok := c.(syscall.Conn); ok {
		h.raw, _ = s.SyscallConn()
	}
	// Kept, because it is asked before every dot.
	h.peek = func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		closed := (n == 0 && err == nil) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
		// What begins with no digit is a record of TLS, which is for TLS to read.
		spoke := n == 1 && one[0] >= '0' && one[0] <= '9'
		h.over = closed || spoke
	}
	return h
}

// now says whether it has happened.
func (h *hangup) now() bool {
	h.over = false
	return h.raw != nil && h.raw.Control(h.peek) == nil && h.over
}
