package mail

import (
	"bytes"
	"context"
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
	for _, c := range opening {
		dst = e.appendLine(dst, c)
	}
	return dst
}

// appendLine writes one of them.
func (e envelope) appendLine(dst []byte, name string) []byte {
	switch name {
	case "MAIL":
		dst = append(append(append(append(dst, "MAIL FROM:<"...), e.from...), '>'), e.parameters()...)
	case "RCPT":
		dst = append(append(append(dst, "RCPT TO:<"...), e.to...), '>')
	default:
		dst = append(dst, name...)
	}
	return append(dst, "\r\n"...)
}

// opening are the commands that open a transaction.
var opening = [...]string{"MAIL", "RCPT", "DATA"}

// command is what is asked of the server, the class of reply that is wanted, and
// how long that may take.
type command struct {
	name    string
	class   int
	timeout time.Duration
}

// command is one of those that open a transaction.
func (s *Session) command(name string) command {
	if name == "DATA" {
		return command{name, 3, s.timeouts.Data}
	}
	return command{name, 2, s.timeouts.Command}
}

// open opens a transaction: the server waits for the message then.
func (s *Session) open(e envelope) error {
	if !s.pipelining {
		for _, name := range opening {
			s.out = e.appendLine(s.out[:0], name)
			if _, err := s.ask(s.command(name)); err != nil {
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
	return s.answers()
}

// answers reads what the server says to a group of commands, and returns its
// first no. A server may ask for the message although it has refused the
// recipient; it gets an empty one then, since nothing but a message may follow
// (RFC 2920, section 3.1). One that has refused the sender and taken the recipient
// would deliver that: it gets nothing.
func (s *Session) answers() error {
	var refusal error
	taken := false
	for _, name := range opening {
		_, err := s.await(s.command(name))
		taken = taken || name == "RCPT" && err == nil
		switch {
		case err != nil && !isReply(err):
			return err
		case err != nil && refusal == nil:
			refusal = err
		case err == nil && refusal != nil && name == "DATA" && taken:
			s.Abort()
		case err == nil && refusal != nil && name == "DATA":
			if _, err := s.do(command{"DOT", 2, s.timeouts.Dot}, ".\r\n"); err != nil && !isReply(err) {
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

// await reads a reply that may take as long as its command is allowed. One that
// has arrived, with others before it, needs no time.
func (s *Session) await(c command) (Reply, error) {
	if got, _ := s.text.R.Peek(s.text.R.Buffered()); bytes.IndexByte(got, '\n') < 0 {
		if err := s.allow(c.timeout); err != nil {
			return Reply{}, err
		}
	}
	return s.read(c)
}

// do writes one command line and reads its reply.
func (s *Session) do(c command, line string) (Reply, error) {
	s.out = append(s.out[:0], line...)
	return s.ask(c)
}

// ask writes the command line that stands in s.out and reads its reply.
func (s *Session) ask(c command) (Reply, error) {
	if err := s.write(s.out, c.timeout); err != nil {
		return Reply{}, fmt.Errorf("write %s: %w", c.name, err)
	}
	return s.read(c)
}

// recover readies the session for the next message after a refusal.
func (s *Session) recover(ctx context.Context, err error) error {
	if !isReply(err) {
		return s.dead(ctx, "SMTP", err)
	}
	if s.broken.Load() {
		return err
	}
	if _, resetErr := s.do(command{"RSET", 2, s.timeouts.Command}, "RSET\r\n"); resetErr != nil {
		s.Abort()
	}
	s.rest()
	return err
}
