package mail

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// maxHandshake is more than greeting, EHLO, certificates and AUTH ever need.
const maxHandshake = 256 << 10

var errTalkative = errors.New("the server sends more than a greeting needs; is it an SMTP server?")

// guardedConn limits what a server may send while go-mail, which reads replies
// of any length, is talking to it.
type guardedConn struct {
	net.Conn
	left      atomic.Int64
	free      atomic.Bool
	written   atomic.Int64 // bytes that the system took, TLS included
	closeOnce sync.Once
	closeErr  error
	hangup    *hangup
	corked    *corked
	more      bool // what is written is a part of what will be written soon
	hurried   bool // Read takes what has arrived, and waits for nothing
	records   records
	one       [1][]byte
}

func guard(c net.Conn) *guardedConn {
	g := &guardedConn{Conn: c, hangup: watchFor(c), corked: cork(c)}
	g.left.Store(maxHandshake)
	return g
}

// release ends the limit: from here on replies are read by readReply.
func (g *guardedConn) release() { g.free.Store(true) }

// Read reads within the limit, if that is still there.
func (g *guardedConn) Read(p []byte) (int, error) {
	n, err := g.read(p)
	g.records.read(p[:n])
	return n, err
}

func (g *guardedConn) read(p []byte) (int, error) {
	if g.hurried {
		return g.hangup.read(p)
	}
	if g.free.Load() {
		return g.Conn.Read(p)
	}
	if g.left.Load() <= 0 {
		return 0, errTalkative
	}
	n, err := g.Conn.Read(p)
	g.left.Add(-int64(n))
	return n, err
}

// Write counts what left, so that Commit can tell a dot that was never sent.
func (g *guardedConn) Write(p []byte) (int, error) {
	g.records.written(p)
	if g.more {
		g.one[0] = p
		n, err := g.WriteParts(g.one[:])
		return int(n), err
	}
	n, err := g.Conn.Write(p)
	g.written.Add(int64(n))
	return n, err
}

// WriteParts writes them as one, with more to follow. It uses up the list, not
// what it refers to.
func (g *guardedConn) WriteParts(parts [][]byte) (int64, error) {
	n, err := g.corked.write(parts)
	g.written.Add(n)
	return n, err
}

// Close closes once, whoever calls it: a session, a cancelled context, go-mail.
func (g *guardedConn) Close() error {
	g.closeOnce.Do(func() { g.closeErr = g.Conn.Close() })
	return g.closeErr
}
