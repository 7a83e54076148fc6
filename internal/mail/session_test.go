package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"digest.example/internal/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// optionsFor reaches the server without TLS.
func optionsFor(s *smtptest.Server) Options {
	return Options{Host: s.Host(), Port: s.Port(), TLS: NoTLS, RootCAs: s.Pool()}
}

func dial(t testing.TB, o Options) (*Session, error) {
	t.Helper()
	d, err := NewDialer(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Dial(t.Context())
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func open(t testing.TB, script smtptest.Script) (*Session, *smtptest.Server) {
	t.Helper()
	server := smtptest.New(t, smtptest.Options{Script: script})
	s, err := dial(t, optionsFor(server))
	if err != nil {
		t.Fatal(err)
	}
	return s, server
}

const sender = "bounce@example.org"

// message is SMTP data as a session takes it.
func message(t testing.TB, data string) *Data {
	t.Helper()
	d := &Data{}
	if err := d.Set([]byte(data)); err != nil {
		t.Fatal(err)
	}
	return d
}

// send offers and commits a short message.
func send(t testing.TB, s *Session, to string) (Reply, error) {
	t.Helper()
	if err := s.Offer(t.Context(), sender, to, message(t, "Subject: x\r\n\r\n..\r\nbody")); err != nil {
		return Reply{}, err
	}
	return s.Commit(t.Context())
}

func recipients(s *smtptest.Server) []string {
	var to []string
	for _, m := range s.Messages() {
		to = append(to, m.To...)
	}
	return to
}

func TestSessionSendsManyWithoutIdleCommands(t *testing.T) {
	s, server := open(t, nil)
	for i := range 3 {
		reply, err := send(t, s, fmt.Sprintf("r%d@example.net", i))
		if err != nil || reply.Code != 250 || reply.Enhanced != "2.0.0" || reply.Text != "queued" {
			t.Fatalf("%+v, %v", reply, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 EHLO [127.0.0.1]"}
	for i := range 3 {
		want = append(want, "1 MAIL FROM:<"+sender+">", fmt.Sprintf("1 RCPT TO:<r%d@example.net>", i), "1 DATA")
	}
	if got := server.Commands(); !slices.Equal(got, append(want, "1 QUIT")) {
		t.Errorf("commands %q", got)
	}
	if got := string(server.Messages()[0].Data); got != "Subject: x\r\n\r\n.\r\nbody\r\n" {
		t.Errorf("data %q", got)
	}
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
}

func TestStencilArrivesAsItsMessage(t *testing.T) {
	s, server := open(t, nil)
	tm := template()
	tm.Text = ".\n..\n" + hole + "\n.\nMAIL FROM:<eve@example.net>\n"
	st := mustStencil(t, tm)
	var d Data
	if err := st.Fill(&d, person()); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(t.Context(), sender, person().To, &d); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, _ := st.Message(person())
	if got := server.Messages(); len(got) != 1 || string(got[0].Data) != string(want) || got[0].From != sender {
		t.Errorf("got %v\nwant %q", got, want)
	}
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
}

func TestNothingIsAcceptedBeforeCommit(t *testing.T) {
	for name, leave := range map[string]func(*Session) error{
		"Abort": func(s *Session) error { s.Abort(); return nil },
		"Close": (*Session).Close,
	} {
		t.Run(name, func(t *testing.T) {
			s, server := open(t, nil)
			if err := s.Offer(t.Context(), sender, "a@example.net", message(t, "x")); err != nil {
				t.Fatal(err)
			}
			if err := leave(s); err != nil || !s.Broken() {
				t.Fatalf("%v, broken %v", err, s.Broken())
			}
			err := server.Await(t.Context(), "the end of the connection", func() bool {
				_, open := server.Sessions()
				return open == 0
			})
			if err != nil || len(server.Messages()) != 0 {
				t.Errorf("%v, messages %v", err, server.Messages())
			}
		})
	}
}

func TestRefusalCostsOneReset(t *testing.T) {
	for _, stage := range []smtptest.Stage{smtptest.Mail, smtptest.Rcpt, smtptest.Data} {
		t.Run(string(stage), func(t *testing.T) {
			s, server := open(t, smtptest.Once(smtptest.Refuse(stage, "550 5.1.1 no\n550 5.1.1 such user")))
			_, err := send(t, s, "gone@example.net")
			var no *ReplyError
			if !errors.As(err, &no) || no.Command != strings.ToUpper(string(stage)) ||
				no.Reply != (Reply{550, "5.1.1", "no such user"}) {
				t.Fatalf("%v", err)
			}
			if s.Broken() {
				t.Fatal("broken")
			}
			if _, err := send(t, s, "here@example.net"); err != nil {
				t.Fatal(err)
			}
			resets := 0
			for _, c := range server.Commands() {
				if c == "1 RSET" {
					resets++
				}
			}
			if total, _ := server.Sessions(); resets != 1 || total != 1 {
				t.Errorf("%d resets, %d connections", resets, total)
			}
			if got := recipients(server); !slices.Equal(got, []string{"here@example.net"}) {
				t.Errorf("accepted for %q", got)
			}
		})
	}
}

func TestRefusedDotLeavesTheSessionUsable(t *testing.T) {
	s, server := open(t, smtptest.Once(smtptest.Refuse(smtptest.Dot, "451 4.3.0 later")))
	_, err := send(t, s, "a@example.net")
	var no *ReplyError
	if !errors.As(err, &no) || no.Command != "DOT" || !no.Reply.Temporary() || s.Broken() {
		t.Fatalf("%v, broken %v", err, s.Broken())
	}
	if _, err := send(t, s, "a@example.net"); err != nil {
		t.Fatal(err)
	}
	if got := server.Accepted()["a@example.net"]; got != 1 {
		t.Errorf("accepted %d times", got)
	}
}

func TestBrokenAfter421AndAfterFailedReset(t *testing.T) {
	for name, script := range map[string]smtptest.Script{
		"421 at RCPT": smtptest.Refuse(smtptest.Rcpt, "421 4.7.0 closing"),
		"421 at dot":  smtptest.Refuse(smtptest.Dot, "421 4.7.0 closing"),
		"RSET refused": smtptest.FirstOf(smtptest.Refuse(smtptest.Rcpt, "550 no"),
			smtptest.Refuse(smtptest.Rset, "500 what")),
		"RSET dropped": smtptest.FirstOf(smtptest.Refuse(smtptest.Rcpt, "550 no"),
			smtptest.At(smtptest.Rset, "", smtptest.Action{Drop: true})),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, script)
			_, err := send(t, s, "a@example.net")
			var no *ReplyError
			if !errors.As(err, &no) || !s.Broken() {
				t.Fatalf("%v, broken %v", err, s.Broken())
			}
			if err := s.Offer(t.Context(), sender, "b@example.net", message(t, "x")); !errors.Is(err, ErrMisuse) {
				t.Errorf("offer on a broken session: %v", err)
			}
		})
	}
}

func TestDeadConnectionIsNoReply(t *testing.T) {
	drop := smtptest.Action{Drop: true}
	for name, c := range map[string]struct {
		script   smtptest.Script
		atCommit bool // else Offer must fail, or Commit know that the dot was not sent
		accepted int
	}{
		"before RCPT":       {script: smtptest.At(smtptest.Rcpt, "", drop)},
		"at DATA":           {script: smtptest.At(smtptest.Data, "", drop)},
		"dot, not accepted": {script: smtptest.At(smtptest.Dot, "", drop), atCommit: true},
		"dot, accepted": {
			script:   smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true, Accept: true}),
			atCommit: true, accepted: 1,
		},
		"garbage at dot":    {script: smtptest.At(smtptest.Dot, "", smtptest.Action{Raw: "+OK\r\n"}), atCommit: true},
		"354 at dot":        {script: smtptest.At(smtptest.Dot, "", smtptest.Action{Raw: "354 more\r\n"}), atCommit: true},
		"half a reply":      {script: smtptest.At(smtptest.Dot, "", smtptest.Action{Raw: "250 2.0", Drop: true}), atCommit: true},
		"endless line":      {script: smtptest.At(smtptest.Dot, "", smtptest.Action{Raw: "250 " + strings.Repeat("x", 1<<16)}), atCommit: true},
		"endless reply":     {script: smtptest.At(smtptest.Dot, "", smtptest.Action{Raw: strings.Repeat("250-x\r\n", 200)}), atCommit: true},
		"250 at DATA":       {script: smtptest.At(smtptest.Data, "", smtptest.Action{Raw: "250 ok\r\n"})},
		"garbage at MAIL":   {script: smtptest.At(smtptest.Mail, "", smtptest.Action{Raw: "HTTP/1.1 400 Bad\r\n"})},
		"two codes at RCPT": {script: smtptest.At(smtptest.Rcpt, "", smtptest.Action{Raw: "250-a\r\n550 b\r\n"})},
	} {
		t.Run(name, func(t *testing.T) {
			s, server := open(t, c.script)
			err := s.Offer(t.Context(), sender, "a@example.net", message(t, "x"))
			if !c.atCommit {
				mustBeDead(t, s, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Commit(t.Context())
			mustBeDead(t, s, err)
			if errors.Is(err, ErrNotCommitted) {
				t.Errorf("claims that the dot was not written: %v", err)
			}
			if n := server.Accepted()["a@example.net"]; n != c.accepted {
				t.Errorf("accepted %d", n)
			}
		})
	}
}

func mustBeDead(t *testing.T, s *Session, err error) {
	t.Helper()
	var no *ReplyError
	if err == nil || errors.As(err, &no) || !s.Broken() {
		t.Errorf("error %v, broken %v", err, s.Broken())
	}
}

// A server that drops us amid the body never gets the dot: either the write
// fails or the connection is known to be dead.
func TestDropAmidTheBody(t *testing.T) {
	s, server := open(t, smtptest.At(smtptest.Body, "", smtptest.Action{Drop: true}))
	data := message(t, strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1000))
	err := s.Offer(t.Context(), sender, "a@example.net", data)
	if err == nil {
		_, err = s.Commit(t.Context())
	}
	mustBeDead(t, s, err)
	if len(server.Messages()) != 0 {
		t.Error("a message was accepted")
	}
}

func TestStallsEnd(t *testing.T) {
	for _, stage := range []smtptest.Stage{smtptest.Mail, smtptest.Rcpt, smtptest.Data, smtptest.Dot} {
		stall := smtptest.At(stage, "", smtptest.Action{Wait: make(chan struct{})})
		t.Run("deadline at "+string(stage), func(t *testing.T) {
			server := smtptest.New(t, smtptest.Options{Script: stall})
			o := optionsFor(server)
			o.Timeouts = Timeouts{Command: 20 * time.Millisecond, Data: 20 * time.Millisecond, Dot: 20 * time.Millisecond}
			s, err := dial(t, o)
			if err != nil {
				t.Fatal(err)
			}
			_, err = send(t, s, "a@example.net")
			mustBeDead(t, s, err)
		})
		t.Run("cancelled at "+string(stage), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s, _ := open(t, func(e smtptest.Event) smtptest.Action {
				a := stall(e)
				if a.Wait != nil {
					cancel()
				}
				return a
			})
			err := s.Offer(ctx, sender, "a@example.net", message(t, "x"))
			if err == nil {
				_, err = s.Commit(ctx)
			}
			mustBeDead(t, s, err)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("does not name the cause: %v", err)
			}
		})
	}
}

func TestCommitAfterCancelWritesNoDot(t *testing.T) {
	s, server := open(t, nil)
	if err := s.Offer(t.Context(), sender, "a@example.net", message(t, "x")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Commit(ctx); !errors.Is(err, ErrNotCommitted) || !s.Broken() {
		t.Errorf("%v, broken %v", err, s.Broken())
	}
	if len(server.Messages()) != 0 {
		t.Error("accepted")
	}
}

func TestCommitOnAClosedConnectionKnowsThatNoDotLeft(t *testing.T) {
	s, _ := open(t, nil)
	if err := s.Offer(t.Context(), sender, "a@example.net", message(t, "x")); err != nil {
		t.Fatal(err)
	}
	_ = s.conn.Close()
	if _, err := s.Commit(t.Context()); !errors.Is(err, ErrNotCommitted) {
		t.Errorf("%v", err)
	}
}

func TestOfferRefusesWhatWouldBreakSMTP(t *testing.T) {
	s, server := open(t, nil)
	for name, c := range map[string]struct {
		from, to string
		data     *Data
	}{
		"sender":       {"a@example.org> SIZE=1\r\nRCPT TO:<eve@example.net", "b@example.net", message(t, "x")},
		"recipient":    {sender, "b@example.net>\r\nDATA", message(t, "x")},
		"no recipient": {sender, "", message(t, "x")},
		"no message":   {sender, "b@example.net", &Data{}},
	} {
		if err := s.Offer(t.Context(), c.from, c.to, c.data); err == nil || s.Broken() {
			t.Errorf("%s: error %v, broken %v", name, err, s.Broken())
		}
	}
	if got := server.Commands(); len(got) != 1 {
		t.Errorf("something was written: %q", got)
	}
	if err := s.Offer(t.Context(), "", "b@example.net", message(t, strings.Repeat("x", 998))); err != nil {
		t.Errorf("null sender and a line of 998: %v", err)
	}
}

func TestOutOfOrder(t *testing.T) {
	s, _ := open(t, nil)
	if _, err := s.Commit(t.Context()); !errors.Is(err, ErrMisuse) || !errors.Is(err, ErrNotCommitted) {
		t.Errorf("Commit first: %v", err)
	}
	if err := s.Offer(t.Context(), sender, "a@example.net", message(t, "x")); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(t.Context(), sender, "b@example.net", message(t, "x")); !errors.Is(err, ErrMisuse) {
		t.Errorf("second Offer: %v", err)
	}
	if _, err := s.Commit(t.Context()); err != nil {
		t.Errorf("the open offer was lost: %v", err)
	}
}

func TestCloseIsBounded(t *testing.T) {
	server := smtptest.New(t, smtptest.Options{
		Script: smtptest.At(smtptest.Quit, "", smtptest.Action{Wait: make(chan struct{})}),
	})
	o := optionsFor(server)
	o.Timeouts.Quit = 10 * time.Millisecond
	s, err := dial(t, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

func BenchmarkSession(b *testing.B) {
	s, _ := open(b, nil)
	data := message(b, strings.Repeat(strings.Repeat("x", 70)+"\r\n", 420))
	for b.Loop() {
		if err := s.Offer(b.Context(), sender, "a@example.net", data); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
