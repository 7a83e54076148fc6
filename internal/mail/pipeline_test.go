package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/smtptest"
)

// openPipelined opens a session with a server that takes commands in groups.
func openPipelined(t testing.TB, script smtptest.Script) (*Session, *smtptest.Server) {
	t.Helper()
	server := smtptest.New(t, smtptest.Options{Script: script, Extensions: []string{"PIPELINING"}})
	s, err := dial(t, optionsFor(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if v := server.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	return s, server
}

const short = "Subject: x\r\n\r\nbody"

func TestNextEnvelopeTravelsWithTheDot(t *testing.T) {
	s, server := openPipelined(t, nil)
	const n = 4
	to := func(i int) string { return fmt.Sprintf("r%d@example.net", i) }
	for i := range n {
		if err := s.Offer(t.Context(), sender, to(i), message(t, short)); err != nil {
			t.Fatal(err)
		}
		before := s.conn.written.Load()
		commit := func() (Reply, error) { return s.CommitThen(t.Context(), sender, to(i+1)) }
		want := int64(len("\r\n.\r\n") + len(envelope{sender, to(i + 1)}.append(nil)))
		if i == n-1 {
			commit, want = func() (Reply, error) { return s.Commit(t.Context()) }, int64(len("\r\n.\r\n"))
		}
		if _, err := commit(); err != nil {
			t.Fatal(err)
		}
		if got := s.conn.written.Load() - before; got != want {
			t.Errorf("committing message %d wrote %d bytes, want %d", i, got, want)
		}
	}
	if got := len(recipients(server)); got != n {
		t.Errorf("%d messages arrived", got)
	}
	for _, c := range server.Commands() {
		if strings.HasSuffix(c, "RSET") || strings.HasSuffix(c, "NOOP") {
			t.Errorf("idle command %q", c)
		}
	}
}

// A group's refusal is its first no, and the next message goes out on the same
// session, whatever the server says to the DATA that it has already got.
func TestRefusalWithinAGroup(t *testing.T) {
	for name, c := range map[string]struct {
		script  smtptest.Script
		command string
	}{
		"MAIL": {smtptest.Refuse(smtptest.Mail, "451 4.3.0 later"), "MAIL"},
		"RCPT": {smtptest.Refuse(smtptest.Rcpt, "550 5.1.1 nobody"), "RCPT"},
		"DATA": {smtptest.Refuse(smtptest.Data, "451 4.3.0 later"), "DATA"},
	} {
		t.Run(name, func(t *testing.T) {
			s, server := openPipelined(t, smtptest.Once(c.script))
			_, err := send(t, s, "gone@example.net")
			var no *ReplyError
			if !errors.As(err, &no) || no.Command != c.command || s.Broken() {
				t.Fatalf("%v, broken %v", err, s.Broken())
			}
			if _, err := send(t, s, "here@example.net"); err != nil {
				t.Fatal(err)
			}
			if got := recipients(server); !slices.Equal(got, []string{"here@example.net"}) {
				t.Errorf("accepted for %q", got)
			}
			if total, _ := server.Sessions(); total != 1 {
				t.Errorf("%d connections", total)
			}
		})
	}
}

// A server that refuses a sender, and takes recipient and message all the same,
// gets no empty message to deliver.
func TestRefusedSenderAndTakenRecipient(t *testing.T) {
	s, server := openPipelined(t, smtptest.At(smtptest.Mail, "", smtptest.Action{Reply: "451 4.3.0 later", Accept: true}))
	_, err := send(t, s, "a@example.net")
	var no *ReplyError
	if !errors.As(err, &no) || no.Command != "MAIL" || !s.Broken() {
		t.Errorf("%v, broken %v", err, s.Broken())
	}
	server.Close()
	if got := recipients(server); len(got) > 0 {
		t.Errorf("something was sent to %q", got)
	}
}

// The announced message is refused after the one before it was accepted.
func TestRefusalOfTheAnnounced(t *testing.T) {
	s, server := openPipelined(t, smtptest.At(smtptest.Rcpt, "gone@example.net", smtptest.Action{Reply: "550 5.1.1 nobody"}))
	if err := s.Offer(t.Context(), sender, "a@example.net", message(t, short)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CommitThen(t.Context(), sender, "gone@example.net"); err != nil {
		t.Fatalf("the message before it: %v", err)
	}
	var no *ReplyError
	if err := s.Offer(t.Context(), sender, "gone@example.net", message(t, short)); !errors.As(err, &no) || no.Command != "RCPT" {
		t.Fatalf("%v", err)
	}
	if _, err := send(t, s, "b@example.net"); err != nil {
		t.Fatal(err)
	}
	if got := recipients(server); !slices.Equal(got, []string{"a@example.net", "b@example.net"}) {
		t.Errorf("accepted for %q", got)
	}
}

// What was announced can only be offered or dropped: a server that waits for a
// message would take anything else for it.
func TestAnnouncedIsNotForgotten(t *testing.T) {
	s, server := openPipelined(t, nil)
	if err := s.Offer(t.Context(), sender, "a@example.net", message(t, short)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CommitThen(t.Context(), sender, "b@example.net"); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(t.Context(), sender, "c@example.net", message(t, short)); !errors.Is(err, ErrMisuse) {
		t.Errorf("another message: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if slices.ContainsFunc(server.Commands(), func(c string) bool { return strings.HasSuffix(c, "QUIT") }) {
		t.Error("QUIT became the message")
	}
	if got := recipients(server); !slices.Equal(got, []string{"a@example.net"}) {
		t.Errorf("accepted for %q", got)
	}
}

// The end of a context drops the connection while a message is under way or
// announced, and no other.
func TestEndOfAContext(t *testing.T) {
	for name, c := range map[string]struct {
		carry func(t *testing.T, s *Session, ctx context.Context) error
		drops bool
	}{
		"between messages": {func(t *testing.T, s *Session, ctx context.Context) error {
			err := s.Offer(ctx, sender, "a@example.net", message(t, short))
			_, committed := s.Commit(ctx)
			return errors.Join(err, committed)
		}, false},
		"after a refusal": {func(t *testing.T, s *Session, ctx context.Context) error {
			if err := s.Offer(ctx, sender, "gone@example.net", message(t, short)); !isReply(err) {
				return fmt.Errorf("not refused: %w", err)
			}
			return nil
		}, false},
		"with an offer": {func(t *testing.T, s *Session, ctx context.Context) error {
			return s.Offer(ctx, sender, "a@example.net", message(t, short))
		}, true},
		"with the next announced": {func(t *testing.T, s *Session, ctx context.Context) error {
			err := s.Offer(ctx, sender, "a@example.net", message(t, short))
			_, committed := s.CommitThen(ctx, sender, "b@example.net")
			return errors.Join(err, committed)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, server := openPipelined(t, smtptest.At(smtptest.Rcpt, "gone@example.net", smtptest.Action{Reply: "550 5.1.1 nobody"}))
			ctx, cancel := context.WithCancel(t.Context())
			if err := c.carry(t, s, ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			if !c.drops {
				if _, err := send(t, s, "c@example.net"); err != nil {
					t.Error(err)
				}
				return
			}
			err := server.Await(t.Context(), "the end of the connection", func() bool { _, open := server.Sessions(); return open == 0 })
			if err != nil || !s.Broken() {
				t.Errorf("%v, broken %v", err, s.Broken())
			}
		})
	}
}

// Without PIPELINING, or where the operator has turned it off, each command waits.
func TestOneByOne(t *testing.T) {
	for name, extensions := range map[string][]string{"not offered": nil, "turned off": {"PIPELINING"}} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, smtptest.Options{Extensions: extensions})
			o := optionsFor(server)
			o.NoPipelining = true
			s, err := dial(t, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Offer(t.Context(), sender, "a@example.net", message(t, short)); err != nil {
				t.Fatal(err)
			}
			before := s.conn.written.Load()
			if _, err := s.CommitThen(t.Context(), sender, "b@example.net"); err != nil {
				t.Fatal(err)
			}
			if got := s.conn.written.Load() - before; got != 5 {
				t.Errorf("the dot took %d bytes", got)
			}
			if _, err := send(t, s, "c@example.net"); err != nil {
				t.Errorf("nothing was announced, yet %v", err)
			}
		})
	}
}
