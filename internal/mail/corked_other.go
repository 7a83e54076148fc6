//go:build !linux

package mail

import "net"

// corked writes what more will follow soon; here it goes out at once.
type corked struct{ conn net.Conn }

func cork(c net.Conn) *corked { return &corked{c} }

// write writes parts, using up the list, and says how many bytes the system took.
func (k *corked) write(parts [][]byte) (int64, error) {
	rest := net.Buffers(parts)
	return rest.WriteTo(k.conn)
}
