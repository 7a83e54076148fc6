package web

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// maxConns is how many connections may be open at once. Each is a file, which
// sending and pulling need too, and takes some 30 KB.
const maxConns = 500

// crowd keeps the number of connections down. Where there are too many, the one goes
// whose client has left the server waiting for a whole request the longest: who
// holds connections open only to have them loses those, and a reader gets in.
type crowd struct {
	most int

	mu    sync.Mutex
	open  map[net.Conn]int // since when they wait, as a number of turns; 0: a request is being answered
	turns int
}

func newCrowd(most int) *crowd { return &crowd{most: most, open: map[net.Conn]int{}} }

// connKey finds a request's connection in its context.
type connKey struct{}

// watch has the crowd follow a server's connections.
func (c *crowd) watch(s *http.Server) {
	s.ConnState = c.note
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	answer := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.answering(r.Context().Value(connKey{}).(net.Conn))
		answer.ServeHTTP(w, r)
	})
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
		c.open[conn] = c.turns
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
	for conn, since := range c.open {
		if since > 0 && (first == nil || since < c.open[first]) {
			first = conn
		}
	}
	delete(c.open, first)
	_ = first.Close() // nobody can do more about it
}

func (c *crowd) answering(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.open[conn]; open {
		c.open[conn] = 0
	}
}
