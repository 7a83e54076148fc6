package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConns is how many connections may be open at once. Each is a file, which
// sending and pulling need too, and takes some 30 KB.
const maxConns = 500

// crowd keeps the number of connections down. Where there are too many, the one goes
// whose client has left the server waiting the longest, for a whole request or with
// an answer: who holds connections open only to have them loses those, and a reader
// gets in.
type crowd struct {
	most int

	mu    sync.Mutex
	open  map[net.Conn]place
	turns int
}

// place is where a connection stands.
type place struct {
	since     int // the turn at which it came, or its last request was answered
	answering bool
}

func newCrowd(most int) *crowd { return &crowd{most: most, open: map[net.Conn]place{}} }

// connKey finds a request's connection in its context.
type connKey struct{}

// watch has the crowd follow a server's connections, which come from the listener
// that it returns.
func (c *crowd) watch(s *http.Server, l net.Listener) net.Listener {
	s.ConnState = c.note
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	answer := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := r.Context().Value(connKey{}).(net.Conn)
		c.set(conn, true)
		r.Body = slowly{r.Body, c, conn}
		answer.ServeHTTP(w, r)
	})
	return door{l, c}
}

// note follows a connection. The first byte of a request changes nothing: the rest
// may never come.
func (c *crowd) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, open := c.open[conn]
	switch {
	case state == http.StateNew, state == http.StateIdle && open:
		c.turns++
		c.open[conn] = place{since: c.turns}
		if len(c.open) > c.most {
			c.makeRoom()
		}
	case state == http.StateClosed, state == http.StateHijacked:
		delete(c.open, conn)
	}
}

// makeRoom closes the connection that waits the longest. There is one: who has just
// come does.
func (c *crowd) makeRoom() {
	var first net.Conn
	for conn, at := range c.open {
		if !at.answering && (first == nil || at.since < c.open[first].since) {
			first = conn
		}
	}
	delete(c.open, first)
	_ = first.Close() // nobody can do more about it
}

// set notes whether it is the server's turn.
func (c *crowd) set(conn net.Conn, answering bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, open := c.open[conn]; open {
		at.answering = answering
		c.open[conn] = at
	}
}

// slowly is a request's body: while it comes, the server waits.
type slowly struct {
	io.ReadCloser
	crowd *crowd
	conn  net.Conn
}

func (b slowly) Read(p []byte) (int, error) {
	b.crowd.set(b.conn, false)
	defer b.crowd.set(b.conn, true)
	return b.ReadCloser.Read(p)
}

// door is a listener.
type door struct {
	net.Listener
	crowd *crowd
}

func (d door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err // as it is: the server tells its kinds apart
	}
	return &guest{conn, d.crowd}, nil
}

// guest is a connection: while an answer is not taken, the server waits.
type guest struct {
	net.Conn
	crowd *crowd
}

// slowReading is from when on it does.
const slowReading = time.Second

func (g *guest) Write(p []byte) (int, error) {
	waiting := time.AfterFunc(slowReading, func() { g.crowd.set(g, false) })
	n, err := g.Conn.Write(p)
	if !waiting.Stop() {
		g.crowd.set(g, true)
	}
	return n, err
}
