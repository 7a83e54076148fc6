//go:build unix

package mail

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// hangup looks whether the other side has closed the connection already, or has
// said something that nobody asked for. A dot into a closed connection would leave
// open who owns the message, although nobody can have it; and what was said before
// the dot, such as "421 timeout", would be taken for the answer to it.
type hangup struct {
	raw  syscall.RawConn // nil: it cannot be told
	peek func(fd uintptr)
	take func(fd uintptr)
	over bool

	into  []byte // what take fills
	taken int
	err   error
}

func watchFor(c net.Conn) *hangup {
	h := &hangup{}
	if s, ok := c.(syscall.Conn); ok {
		h.raw, _ = s.SyscallConn()
	}
	// Kept, because one of them is asked before every dot.
	h.peek = func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		h.over = err == nil || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
	h.take = func(fd uintptr) {
		h.taken, _, h.err = syscall.Recvfrom(int(fd), h.into, syscall.MSG_DONTWAIT)
	}
	return h
}

// now says whether it has happened, where there is no TLS.
func (h *hangup) now() bool {
	h.over = false
	return h.raw != nil && h.raw.Control(h.peek) == nil && h.over
}

// read is a Read that waits for nothing: os.ErrDeadlineExceeded says that nothing
// has arrived. TLS reads by it what only TLS can tell from records of its own.
func (h *hangup) read(p []byte) (int, error) {
	if h.raw == nil {
		return 0, os.ErrDeadlineExceeded
	}
	h.into = p
	err := h.raw.Control(h.take)
	h.into = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(h.err, syscall.EAGAIN) || errors.Is(h.err, syscall.EINTR):
		return 0, os.ErrDeadlineExceeded
	case h.err != nil:
		return 0, h.err
	case h.taken == 0:
		return 0, io.EOF
	}
	return h.taken, nil
}
