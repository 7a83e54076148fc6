//go:build unix

package mail

import (
	"errors"
	"runtime"
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
