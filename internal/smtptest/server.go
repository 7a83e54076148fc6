// Package smtptest is an SMTP server for tests: it listens on loopback, keeps
// every message that it accepted, and does at each step what a script says:
// refuse, drop the connection, stall. It is strict where real servers are
// lenient, so that a client's bad line ends are seen.
package smtptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// Options is what the server offers. The zero value takes any mail in plain text.
type Options struct {
	Script   Script // nil: everything is accepted
	StartTLS bool   // offer STARTTLS, and refuse mail without it
	Implicit bool   // TLS from the first byte
	// Below, if set, stands between TLS and the network, and may cut records.
	Below    func(net.Conn) net.Conn
	Username string // not empty: AUTH is offered and needed
	Password string // with XOAUTH2: the access token
	// Auth are the mechanisms offered: PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-1,
	// SCRAM-SHA-256, XOAUTH2, or any that nobody can use; nil: the first two.
	Auth       []string
	Extensions []string // further EHLO lines; "PIPELINING" and "SMTPUTF8" are known, and checked for what RFC 2920 and 6531 forbid
}

// Message is one accepted message.
type Message struct {
	Session int      // which connection brought it, from 1
	From    string   // envelope sender, without angle brackets
	To      []string // envelope recipients, without angle brackets
	Data    []byte   // as the client meant it: not dot-stuffed, with its last CRLF
}

// Server is a running server. All methods may be called at any time from anywhere.
type Server struct {
	options  Options
	listener net.Listener
	tls      *tls.Config
	pool     *x509.CertPool
	certPEM  []byte
	closing  chan struct{}
	wg       sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	sessions   int
	conns      map[net.Conn]bool
	messages   []Message
	accepted   map[string]int
	commands   []string
	violations []string
	changed    chan struct{} // closed and replaced whenever something is recorded
}

// New starts a server that is stopped when the test ends.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatalf("start SMTP test server: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server on 127.0.0.1 at a free port.
func Start(o Options) (*Server, error) {
	config, pool, certPEM, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := &Server{
		options: o, listener: l, tls: config, pool: pool, certPEM: certPEM,
		closing: make(chan struct{}), conns: map[net.Conn]bool{},
		accepted: map[string]int{}, changed: make(chan struct{}),
	}
	s.wg.Go(s.serve)
	return s, nil
}

func (s *Server) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		n, ok := s.open(conn)
		if !ok {
			_ = conn.Close()
			return
		}
		s.wg.Go(func() {
			defer s.drop(conn)
			newSession(s, conn, n).run()
		})
	}
}

func (s *Server) open(conn net.Conn) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, false
	}
	s.sessions++
	s.conns[conn] = true
	s.notify()
	return s.sessions, true
}

func (s *Server) drop(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.notify()
}

// notify wakes those who wait; the lock is held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Close drops all connections, releases what stalls, and waits for it all to
// end. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
		_ = s.listener.Close()
		for conn := range s.conns {
			_ = conn.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// DropConnections drops all connections that are open now; new ones are taken.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// Host is the address that the server listens on and its certificate names.
func (s *Server) Host() string { return "127.0.0.1" }

// Port is the port that the server listens on.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Addr is Host and Port as net.Dial takes them.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host(), strconv.Itoa(s.Port())) }

// Pool trusts the server's certificate.
func (s *Server) Pool() *x509.CertPool { return s.pool }

// CertPEM is the server's certificate, for a process that reads SSL_CERT_FILE.
func (s *Server) CertPEM() []byte { return s.certPEM }

// Messages are the accepted messages in the order in which they were accepted.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Accepted is how many messages were accepted for each recipient, as written
// in RCPT.
func (s *Server) Accepted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.accepted)
}

// Commands are the command lines that were received, each behind its session's
// number: "1 MAIL FROM:<a@example.org>". Bodies are left out.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Violations are breaches of RFC 5321 and RFC 2920 that clients committed.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Sessions is the number of connections so far; open is how many there are now.
func (s *Server) Sessions() (total, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions, len(s.conns)
}

// WaitFor waits until n messages were accepted.
func (s *Server) WaitFor(ctx context.Context, n int) error {
	return s.Await(ctx, fmt.Sprintf("%d messages", n), func() bool { return s.count() >= n })
}

func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

// Await waits until done, which is asked again whenever a connection opens or
// closes, a command comes or a message is accepted. what names it in the error.
func (s *Server) Await(ctx context.Context, what string, done func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s (%d messages so far): %w", what, s.count(), ctx.Err())
		}
	}
}

func (s *Server) recordMessage(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	for _, to := range m.To {
		s.accepted[to]++
	}
	s.notify()
}

func (s *Server) recordCommand(session int, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, fmt.Sprintf("%d %s", session, line))
	s.notify()
}

func (s *Server) recordViolation(session int, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf("%d %s", session, what))
	s.notify()
}
