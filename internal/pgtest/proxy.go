//go:build linux

package pgtest

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Proxy is a way to a server, over TCP, that a test can block or cut.
type Proxy struct {
	listener net.Listener
	server   string // its socket

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed chan struct{} // if set, no byte passes until it is closed
	deaf   int           // of so many commits the answer is cut off
}

// Proxy opens a way to the server.
func (s *Server) Proxy(tb testing.TB) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{listener: l, server: filepath.Join(s.folder, ".s.PGSQL.5432"), open: map[net.Conn]bool{}}
	go p.accept()
	tb.Cleanup(func() {
		_ = l.Close()
		p.Cut()
	})
	return p
}

// Through is the address of a database, by this way.
func (p *Proxy) Through(url string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(url, "postgres:///"), "?")
	return "postgres://postgres@" + p.listener.Addr().String() + "/" + name + "?sslmode=disable"
}

// Block lets no byte pass, either way, until open is called. Whoever writes or
// connects is not told.
func (p *Proxy) Block() (open func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	closed := make(chan struct{})
	p.closed = closed
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.closed = nil
		close(closed)
	}
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// Deafen lets the next n commits through, and ends their connections in place of
// the answer.
func (p *Proxy) Deafen(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = n
}

// Deaf is how many of them are still to come.
func (p *Proxy) Deaf() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaf
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.join(c)
	}
}

// join carries a connection's bytes both ways until either end is closed.
func (p *Proxy) join(client net.Conn) {
	defer func() { _ = client.Close() }()
	p.pass()
	server, err := net.Dial("unix", p.server)
	if err != nil {
		return
	}
	p.keep(client, true)
	defer p.keep(client, false)
	unheard := make(chan struct{})
	go func() {
		p.carry(server, client, func(b []byte) {
			if commits(b) && p.cuts() {
				close(unheard)
			}
		})
		_ = server.Close()
	}()
	p.carry(client, server, func([]byte) {
		select {
		case <-unheard:
			_ = client.Close()
		default:
		}
	})
	_ = server.Close()
}

func (p *Proxy) keep(c net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open {
		p.open[c] = true
	} else {
		delete(p.open, c)
	}
}

// pass waits while the way is blocked.
func (p *Proxy) pass() {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed != nil {
		<-closed
	}
}

// carry shows what comes to look before it goes on.
func (p *Proxy) carry(to io.Writer, from io.Reader, look func([]byte)) {
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		p.pass()
		look(buf[:n])
		if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}

// commits says whether a client's bytes are those that end a transaction.
func commits(b []byte) bool { return bytes.Contains(bytes.ToLower(b), []byte("commit\x00")) }

func (p *Proxy) cuts() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deaf == 0 {
		return false
	}
	p.deaf--
	return true
}
