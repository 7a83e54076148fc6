package store

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// impatient has the system give a connection up that gets no acknowledgement. By
// itself it would send again for a quarter of an hour.
func impatient(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(answerTime.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
