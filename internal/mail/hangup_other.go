//go:build !unix

package mail

import (
	"net"
	"os"
)

// hangup cannot be told here; the dot is written and its fate is in doubt.
type hangup struct{}

func watchFor(net.Conn) *hangup { return nil }

func (*hangup) now() bool { return false }

func (*hangup) read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }
