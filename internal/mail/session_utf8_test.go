package mail

import (
	"errors"
	"slices"
	"testing"

	"digest.example/internal/smtptest"
)

// TestSessionSpeaksUTF8 to those who need it only, signed, whether the commands
// go out one by one or together.
func TestSessionSpeaksUTF8(t *testing.T) {
	for name, extensions := range map[string][]string{"one by one": {"SMTPUTF8"}, "pipelined": {"PIPELINING", "SMTPUTF8"}} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, smtptest.Options{Extensions: extensions})
			s, err := dial(t, optionsFor(server))
			if err != nil {
				t.Fatal(err)
			}
			signer := mustSigner(t, testKeys(t).ed25519)
			to := []string{"ann@example.net", "jörg@example.net", "用户@example.net", "ben@example.net"}
			for i, address := range to {
				p := person()
				p.To = address
				if err := s.Offer(t.Context(), sender, address, message(t, string(mustSign(t, signer, mustData(t, template(), p))))); err != nil {
					t.Fatal(err)
				}
				next := ""
				if i+1 < len(to) {
					next = to[i+1]
				}
				if _, err := s.CommitThen(t.Context(), sender, next); err != nil {
					t.Fatal(err)
				}
			}
			if got := recipients(server); !slices.Equal(got, to) {
				t.Errorf("went to %q", got)
			}
			for _, m := range server.Messages() {
				if v := verify(t, signer, m.Data)[0]; v.Err != nil {
					t.Errorf("%v: %v", m.To, v.Err)
				}
			}
			var mails []string
			for _, c := range server.Commands() {
				if len(c) > 12 && c[:11] == "1 MAIL FROM" {
					mails = append(mails, c[11:])
				}
			}
			plain, utf8 := ":<"+sender+">", ":<"+sender+"> SMTPUTF8"
			if !slices.Equal(mails, []string{plain, utf8, utf8, plain}) {
				t.Errorf("MAIL %q", mails)
			}
			if v := server.Violations(); len(v) > 0 {
				t.Errorf("violations %q", v)
			}
		})
	}
}

// TestSessionRefusesOneAddress where the relay knows no SMTPUTF8: that one only,
// and without a word to the relay.
func TestSessionRefusesOneAddress(t *testing.T) {
	for name, extensions := range map[string][]string{"one by one": nil, "pipelined": {"PIPELINING"}} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, smtptest.Options{Extensions: extensions})
			s, err := dial(t, optionsFor(server))
			if err != nil {
				t.Fatal(err)
			}
			data := message(t, short)
			if err := s.Offer(t.Context(), sender, "ann@example.net", data); err != nil {
				t.Fatal(err)
			}
			if _, err := s.CommitThen(t.Context(), sender, "jörg@example.net"); err != nil {
				t.Fatal(err)
			}
			err = s.Offer(t.Context(), sender, "jörg@example.net", data)
			if !errors.Is(err, ErrUTF8) || !errors.Is(err, ErrAddress) || s.Broken() {
				t.Fatalf("%v", err)
			}
			if _, err := send(t, s, "ben@example.net"); err != nil {
				t.Fatal(err)
			}
			if got := recipients(server); !slices.Equal(got, []string{"ann@example.net", "ben@example.net"}) {
				t.Errorf("went to %q", got)
			}
			if len(server.Commands()) != 7 {
				t.Errorf("commands %q", server.Commands())
			}
		})
	}
}
