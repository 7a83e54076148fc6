//go:build !unix

package mail

import "net"

// hungUp cannot be told here; the dot is written and its fate is in doubt.
func hungUp(net.Conn) bool { return false }
