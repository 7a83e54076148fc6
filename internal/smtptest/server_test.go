package smtptest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client speaks lines with a server.
type client struct {
	t *testing.T
	*textproto.Conn
}

func dial(t *testing.T, s *Server) client {
	t.Helper()
	conn, err := textproto.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return client{t, conn}
}

// want writes lines as they are and then expects the code.
func (c client) want(code int, send string) {
	c.t.Helper()
	if _, err := io.WriteString(c.W, send); err != nil || c.W.Flush() != nil {
		c.t.Fatalf("write %q: %v", send, err)
	}
	if got, text, err := c.ReadResponse(0); err != nil || got != code {
		c.t.Fatalf("after %q: %d %s, %v; want %d", send, got, text, err, code)
	}
}

// gone expects the connection to end.
func (c client) gone(send string) {
	c.t.Helper()
	_, _ = io.WriteString(c.W, send)
	_ = c.W.Flush()
	if line, err := c.ReadLine(); err == nil {
		c.t.Fatalf("after %q: %q, want the end", send, line)
	}
}

func (c client) envelope(to string) {
	c.t.Helper()
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(250, "MAIL FROM:<a@example.org>\r\n")
	c.want(250, "RCPT TO:<"+to+">\r\n")
}

func TestKeepsWhatItAccepts(t *testing.T) {
	s := New(t, Options{})
	c := dial(t, s)
	c.envelope("b@example.net")
	c.want(354, "DATA\r\n")
	c.want(250, "Subject: x\r\n\r\n..\r\n...y\r\n.\r\n")
	c.want(250, "MAIL FROM:<a@example.org> SIZE=1\r\n")
	c.want(250, "RCPT TO:<b@example.net>\r\n")
	c.want(250, "RCPT TO:<c@example.net>\r\n")
	c.want(354, "DATA\r\n")
	c.want(250, "second\r\n.\r\n")
	c.want(221, "QUIT\r\n")
	if err := s.WaitFor(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()
	if len(m) != 2 || m[0].From != "a@example.org" || string(m[0].Data) != "Subject: x\r\n\r\n.\r\n..y\r\n" ||
		!slices.Equal(m[1].To, []string{"b@example.net", "c@example.net"}) {
		t.Errorf("%+v", m)
	}
	if a := s.Accepted(); a["b@example.net"] != 2 || a["c@example.net"] != 1 {
		t.Errorf("%v", a)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("%q", v)
	}
}

func TestRefusesDisorder(t *testing.T) {
	s := New(t, Options{})
	c := dial(t, s)
	c.want(220, "")
	c.want(503, "MAIL FROM:<a@example.org>\r\n")
	c.want(250, "HELO test\r\n")
	c.want(503, "RCPT TO:<b@example.net>\r\n")
	c.want(554, "DATA\r\n")
	c.want(501, "MAIL FROM:a@example.org\r\n")
	c.want(501, "MAIL TO\r\n")
	c.want(250, "MAIL FROM:<>\r\n")
	c.want(503, "MAIL FROM:<>\r\n")
	c.want(503, "RCPT TO:<>\r\n")
	c.want(250, "RSET\r\n")
	c.want(503, "RCPT TO:<b@example.net>\r\n")
	c.want(250, "NOOP\r\n")
	c.want(500, "VRFY x\r\n")
	c.want(503, "STARTTLS\r\n")
	c.want(503, "AUTH PLAIN\r\n")
}

func TestSeesBreaches(t *testing.T) {
	for body, what := range map[string]string{
		"a\n.\nb":                   "bare LF",
		"a\rb":                      "bare CR",
		"a\r\n.b":                   "unstuffed dot",
		strings.Repeat("x", 999):    "line over",
		"a\r\n.\rMAIL FROM:<x>\r\n": "bare CR",
	} {
		s := New(t, Options{})
		c := dial(t, s)
		c.envelope("b@example.net")
		c.want(354, "DATA\r\n")
		c.want(250, body+"\r\n.\r\n")
		if v := s.Violations(); len(v) == 0 || !strings.Contains(v[0], what) {
			t.Errorf("%q: %q", body, v)
		}
		if len(s.Messages()) != 1 {
			t.Errorf("%q was taken for %d messages", body, len(s.Messages()))
		}
	}
	s := New(t, Options{})
	c := dial(t, s)
	c.want(220, "")
	c.gone("EHLO test\n")
	if v := s.Violations(); len(v) != 1 {
		t.Errorf("%q", v)
	}
}

func TestScriptDecides(t *testing.T) {
	s := New(t, Options{Script: FirstOf(
		Once(At(Rcpt, "b@example.net", Action{Reply: "451 4.7.1 a\n451 4.7.1 b"})),
		At(Dot, "refused@example.net", Action{Reply: "550 5.7.1 no"}),
		At(Dot, "kept@example.net", Action{Drop: true, Accept: true}),
		At(Dot, "lost@example.net", Action{Drop: true}),
		At(Body, "amid@example.net", Action{Drop: true}),
		At(Body, "early@example.net", Action{Reply: "552 5.3.4 too big"}),
		At(Data, "closing@example.net", Action{Reply: "421 4.3.2 closing"}),
		Refuse(Rset, "500 what"),
	)})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(250, "MAIL FROM:<a@example.org>\r\n")
	c.want(451, "RCPT TO:<b@example.net>\r\n")
	c.want(554, "DATA\r\n")
	c.want(250, "RCPT TO:<b@example.net>\r\n")
	c.want(500, "RSET\r\n")

	c = dial(t, s)
	c.envelope("refused@example.net")
	c.want(354, "DATA\r\n")
	c.want(550, "x\r\n.\r\n")
	for _, to := range []string{"kept", "lost", "amid"} {
		c = dial(t, s)
		c.envelope(to + "@example.net")
		c.want(354, "DATA\r\n")
		c.gone("x\r\n.\r\n")
	}
	c = dial(t, s)
	c.envelope("early@example.net")
	c.want(354, "DATA\r\n")
	c.want(552, "x\r\n")
	c = dial(t, s)
	c.envelope("closing@example.net")
	c.want(421, "DATA\r\n")
	c.gone("")
	if a := s.Accepted(); len(a) != 1 || a["kept@example.net"] != 1 {
		t.Errorf("%v", a)
	}
}

func TestStallsUntilReleased(t *testing.T) {
	release := make(chan struct{})
	s := New(t, Options{Script: At(Dot, "", Action{Wait: release})})
	c := dial(t, s)
	c.envelope("b@example.net")
	c.want(354, "DATA\r\n")
	if _, err := io.WriteString(c.W, "x\r\n.\r\n"); err != nil || c.W.Flush() != nil {
		t.Fatal(err)
	}
	if err := s.WaitFor(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	close(release)
	c.want(250, "")
}

func TestCloseReleasesEverything(t *testing.T) {
	s := New(t, Options{Script: FirstOf(
		At(Rcpt, "", Action{Wait: make(chan struct{})}), At(Body, "", Action{Wait: make(chan struct{})}),
	)})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(250, "MAIL FROM:<>\r\n")
	if _, err := io.WriteString(c.W, "RCPT TO:<b@example.net>\r\n"); err != nil || c.W.Flush() != nil {
		t.Fatal(err)
	}
	err := s.Await(t.Context(), "RCPT", func() bool { return len(s.Commands()) == 3 })
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close()
	c.gone("")
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("still listening")
	}
}

func TestDropConnectionsLeavesTheServerUp(t *testing.T) {
	s := New(t, Options{})
	c := dial(t, s)
	c.want(220, "")
	s.DropConnections()
	c.gone("")
	dial(t, s).want(220, "")
	if total, _ := s.Sessions(); total != 2 {
		t.Errorf("%d sessions", total)
	}
}

func TestAwaitGivesUp(t *testing.T) {
	s := New(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.WaitFor(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The standard library's client is another opinion on TLS and AUTH.
func TestTLSAndAuth(t *testing.T) {
	for name, password := range map[string]string{"right": "p", "wrong": "q"} {
		t.Run(name, func(t *testing.T) {
			s := New(t, Options{StartTLS: true, Username: "u", Password: "p", Extensions: []string{"PIPELINING"}})
			c, err := smtp.Dial(s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			if ok, _ := c.Extension("PIPELINING"); !ok {
				t.Error("extension missing")
			}
			if err := c.Mail("a@example.org"); err == nil || !strings.HasPrefix(err.Error(), "530") {
				t.Errorf("mail without TLS: %v", err)
			}
			if err := c.StartTLS(&tls.Config{ServerName: s.Host(), RootCAs: s.Pool()}); err != nil {
				t.Fatal(err)
			}
			if err := c.Mail("a@example.org"); err == nil || !strings.HasPrefix(err.Error(), "530") {
				t.Errorf("mail without AUTH: %v", err)
			}
			err = c.Auth(smtp.PlainAuth("", "u", password, s.Host()))
			if (err == nil) != (password == "p") {
				t.Errorf("AUTH: %v", err)
			}
		})
	}
}

func TestAuthByDialogue(t *testing.T) {
	s := New(t, Options{Username: "u", Password: "p"})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(504, "AUTH NTLM\r\n")
	c.want(334, "AUTH PLAIN\r\n")
	c.want(535, "not three parts\r\n")
	c.want(334, "AUTH LOGIN\r\n")
	c.want(334, "dQ==\r\n")
	c.want(235, "cA==\r\n")
	c.want(503, "AUTH LOGIN\r\n")
}

func TestImplicitTLS(t *testing.T) {
	s := New(t, Options{Implicit: true})
	conn, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: s.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, textproto.NewConn(conn)}
	t.Cleanup(func() { _ = c.Close() })
	c.want(220, "")
	if !strings.Contains(string(s.CertPEM()), "BEGIN CERTIFICATE") {
		t.Error("no PEM")
	}
}
