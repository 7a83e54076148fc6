package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// envelope is the sender and the one recipient of a message (RFC 5321, 2.3.1).
type envelope struct{ from, to string }

func (e envelope) check() error {
	if e.from != "" {
		if err := CheckAddress(e.from); err != nil {
			return fmt.Errorf("envelope sender: %w", err)
		}
	}
	if err := CheckRecipient(e.to); err != nil {
		return fmt.Errorf("envelope recipient: %w", err)
	}
	return nil
}

// check refuses an envelope that this server cannot take.
func (s *Session) check(e envelope) error {
	if err := e.check(); err != nil {
		return err
	}
	if NeedsUTF8(e.to) && !s.utf8 {
		return fmt.Errorf("envelope recipient: %w: %q", ErrUTF8, clip(e.to))
	}
	return nil
}

// parameters stand behind the sender in MAIL.
func (e envelope) parameters() string {
	if NeedsUTF8(e.to) {
		return " SMTPUTF8"
	}
	return ""
}

// append writes the commands that open a transaction, as one group.
func (e envelope) append(dst []byte) []byte {
	dst = append(append(append(append(dst, "MAIL FROM:<"...), e.from...), ">"...), e.parameters()...)
	dst = append(dst, "\r\n"...)
	dst = append(append(append(dst, "RCPT TO:<"...), e.to...), ">\r\n"...)
	return append(dst, "DATA\r\n"...)
}

// step is one command, the class of reply that it wants, and how long that may take.
type step struct {
	name, line string
	class      int
	timeout    time.Duration
}

func (s *Session) steps(e envelope) []step {
	return []step{
		{"MAIL", "MAIL FROM:<" + e.from + ">" + e.parameters(), 2, s.timeouts.Command},
		{"RCPT", "RCPT TO:<" + e.to + ">", 2, s.timeouts.Command},
		{"DATA", "DATA", 3, s.timeouts.Data},
	}
}

// open opens a transaction: the server waits for the message then.
func (s *Session) open(e envelope) error {
	if !s.pipelining {
		for _, st := range s.steps(e) {
			if _, err := s.do(st); err != nil {
				return err
			}
		}
		return nil
	}
	if s.announced == (envelope{}) {
		s.out = e.append(s.out[:0])
		if err := s.write(s.out, s.timeouts.Command); err != nil {
			return fmt.Errorf("write MAIL, RCPT and DATA: %w", err)
		}
	}
	s.announced = envelope{}
	return s.answers(e)
}

// answers reads what the server says to a group of commands, and returns its
// first no. A server may ask for the message although it has refused the
// recipient; it gets an empty one then, since nothing but a message may follow
// (RFC 2920, section 3.1).
func (s *Session) answers(e envelope) error {
	var refusal error
	for _, st := range s.steps(e) {
		if err := s.conn.SetDeadline(time.Now().Add(st.timeout)); err != nil {
			return err
		}
		_, err := s.read(st.name, st.class)
		var no *ReplyError
		switch {
		case err != nil && !errors.As(err, &no):
			return err
		case err != nil && refusal == nil:
			refusal = err
		case err == nil && refusal != nil && st.name == "DATA":
			if _, err := s.do(step{"DOT", ".", 2, s.timeouts.Dot}); err != nil && !errors.As(err, &no) {
				return err
			}
		}
		// Of a 421 behind a refusal, the refusal is what the recipient's row needs.
		if s.broken.Load() && refusal != nil {
			return refusal
		}
		if s.broken.Load() {
			return net.ErrClosed
		}
	}
	return refusal
}

// do writes one command and reads its reply.
func (s *Session) do(st step) (Reply, error) {
	s.out = append(append(s.out[:0], st.line...), "\r\n"...)
	if err := s.write(s.out, st.timeout); err != nil {
		return Reply{}, fmt.Errorf("write %s: %w", st.name, err)
	}
	return s.read(st.name, st.class)
}

// recover readies the session for the next message after a refusal.
func (s *Session) recover(ctx context.Context, err error) error {
	var no *ReplyError
	if !errors.As(err, &no) {
		return s.dead(ctx, "SMTP", err)
	}
	if s.broken.Load() {
		return err
	}
	if _, resetErr := s.do(step{"RSET", "RSET", 2, s.timeouts.Command}); resetErr != nil {
		s.Abort()
	}
	return err
}
