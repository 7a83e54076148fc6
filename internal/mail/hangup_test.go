//go:build unix

package mail

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"digest.example/internal/smtptest"
)

// Whatever a server does before it has the dot is noticed, encrypted or not, and
// the dot not written.
func TestWhatComesBeforeTheDotIsNoticed(t *testing.T) {
	for name, early := range map[string]smtptest.Action{
		"250":      {Raw: "250 2.0.0 ok\r\n"},
		"421":      {Reply: "421 4.4.2 timeout"},
		"words":    {Raw: "thank you\r\n"},
		"a break":  {Raw: "\r\n"},
		"the end":  {Drop: true},
		"a letter": {Raw: "x"},
	} {
		for _, mode := range []TLSMode{NoTLS, StartTLS, ImplicitTLS} {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				server := smtptest.New(t, smtptest.Options{
					StartTLS: mode == StartTLS, Implicit: mode == ImplicitTLS,
					Script: smtptest.At(smtptest.Body, "hasty@example.net", early),
				})
				s := offered(t, server, mode)
				for began := time.Now(); !s.over() && time.Since(began) < 10*time.Second; {
					runtime.Gosched()
				}
				if _, err := s.Commit(t.Context()); !errors.Is(err, ErrNotCommitted) || !s.Broken() {
					t.Errorf("%v, broken %v", err, s.Broken())
				}
				if n := server.Accepted()["hasty@example.net"]; n != 0 {
					t.Errorf("accepted %d times", n)
				}
			})
		}
	}
}

// offered is a session on which the server has kept to the order once, and which has
// offered it a message to hasty@example.net.
func offered(t *testing.T, server *smtptest.Server, mode TLSMode) *Session {
	t.Helper()
	o := optionsFor(server)
	o.TLS = mode
	s, err := dial(t, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, s, "calm@example.net"); err != nil {
		t.Fatalf("a server that keeps to the order: %v", err)
	}
	if err := s.Offer(t.Context(), sender, "hasty@example.net", message(t, "x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	return s
}

// cut is a connection that sends the next of what is written only in part, and the
// rest before what is written then.
type cut struct {
	net.Conn
	mu   sync.Mutex
	at   int // bytes of it that go out at once; 0: all of everything
	rest []byte
	done chan struct{} // closed when they have gone out
}

func (c *cut) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := append(c.rest, p...)
	c.rest = nil
	if c.at > 0 {
		out, c.rest = out[:c.at:c.at], out[c.at:]
		c.at = 0
		defer close(c.done)
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *cut) arm(at int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// A server that begins a TLS record before it has the dot, and ends it afterwards,
// has not answered the dot by it: here it refuses the message right behind.
func TestRecordBegunBeforeTheDot(t *testing.T) {
	for _, mode := range []TLSMode{StartTLS, ImplicitTLS} {
		for _, at := range []int{1, 4, 5, 6, 20} {
			t.Run(fmt.Sprintf("%s, %d bytes", mode, at), func(t *testing.T) {
				below := &cut{done: make(chan struct{})}
				server := smtptest.New(t, smtptest.Options{
					StartTLS: mode == StartTLS, Implicit: mode == ImplicitTLS,
					Below: func(c net.Conn) net.Conn { below.Conn = c; return below },
					Script: func(e smtptest.Event) smtptest.Action {
						switch {
						case e.To != "hasty@example.net":
						case e.Stage == smtptest.Body:
							below.arm(at)
							return smtptest.Action{Raw: "250 2.0.0 ok\r\n"}
						case e.Stage == smtptest.Dot:
							return smtptest.Action{Reply: "554 5.6.0 no"}
						}
						return smtptest.Action{}
					},
				})
				s := offered(t, server, mode)
				<-below.done
				if reply, err := s.Commit(t.Context()); !errors.Is(err, ErrNotCommitted) || !s.Broken() {
					t.Errorf("%v, %v, broken %v", reply, err, s.Broken())
				}
			})
		}
	}
}
