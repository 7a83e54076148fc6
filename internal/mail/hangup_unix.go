//go:build unix

package mail

import (
	"errors"
	"net"
	"syscall"
)

// hungUp says whether the other side has closed the connection already, or has
// said something that nobody asked for, without reading anything from it. A dot
// into a closed connection would leave open who owns the message, although nobody
// can have it; and what was said before the dot, such as "421 timeout", would be
// taken for the answer to it.
func hungUp(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	over := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		closed := (n == 0 && err == nil) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
		// What begins with no digit is a record of TLS, which is for TLS to read.
		spoke := n == 1 && one[0] >= '0' && one[0] <= '9'
		over = closed || spoke
	})
	return err == nil && over
}
