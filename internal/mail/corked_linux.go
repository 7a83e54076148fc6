package mail

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// corked writes to a socket what more will follow soon: of it the system holds
// back what does not fill a packet, until that comes or for 200 ms (MSG_MORE). On
// the way to a relay on this machine a whole message fits into a packet, so that it
// and its dot travel, and wake the relay, together.
type corked struct {
	conn net.Conn
	raw  syscall.RawConn // nil: it is no socket
	send func(fd uintptr) bool

	parts   [][]byte // still to be written
	written int64
	err     error
}

func cork(c net.Conn) *corked {
	k := &corked{conn: c}
	if s, ok := c.(syscall.Conn); ok {
		k.raw, _ = s.SyscallConn()
	}
	k.send = k.some // made once: it is needed for every message
	return k
}

// write writes parts, using up the list, and says how many bytes the system took.
func (k *corked) write(parts [][]byte) (int64, error) {
	if k.raw == nil {
		rest := net.Buffers(parts)
		return rest.WriteTo(k.conn)
	}
	k.parts, k.written, k.err = parts, 0, nil
	if err := k.raw.Write(k.send); err != nil {
		return k.written, err
	}
	return k.written, k.err
}

// maxParts is how many parts a system call takes (UIO_MAXIOV).
const maxParts = 1024

// some sends what the system takes, and says false where that has to wait.
func (k *corked) some(fd uintptr) bool {
	for len(k.parts) > 0 {
		var n int
		n, k.err = unix.SendmsgBuffers(int(fd), k.parts[:min(len(k.parts), maxParts)], nil, nil, unix.MSG_MORE|unix.MSG_NOSIGNAL)
		switch {
		case errors.Is(k.err, unix.EINTR):
			continue
		case errors.Is(k.err, unix.EAGAIN):
			return false
		case k.err != nil:
			return true
		}
		k.written += int64(n)
		k.parts = after(k.parts, n)
	}
	return true
}

// after is what is left of parts behind their first n bytes.
func after(parts [][]byte, n int) [][]byte {
	for len(parts) > 0 && n >= len(parts[0]) {
		n -= len(parts[0])
		parts = parts[1:]
	}
	if n > 0 {
		parts[0] = parts[0][n:]
	}
	return parts
}
