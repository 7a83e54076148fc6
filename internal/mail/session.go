package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotCommitted: Commit failed before it wrote anything of the final dot, so
// the server cannot have taken the message.
var ErrNotCommitted = errors.New("the final dot was not written")

// ErrMisuse: a method was called that the session's state does not allow.
var ErrMisuse = errors.New("SMTP session used out of order")

// Session is an authenticated connection to the relay that carries one message
// after another, each with one recipient. It is for one goroutine; only Abort
// may be called beside it.
//
//	Offer → (write down the intent) → Commit or CommitThen → Offer …
type Session struct {
	text       *textproto.Conn
	conn       *guardedConn // below TLS: deadlines and closing reach through it
	timeouts   Timeouts
	pipelining bool     // RFC 2920
	utf8       bool     // RFC 6531
	encrypted  bool     // there is TLS between text and conn
	announced  envelope // its commands are written, their answers not read
	offered    bool     // a body stands before its dot
	broken     atomic.Bool
	out        []byte // what is being written, reused
	parts      [][]byte

	mu      sync.Mutex // Abort may be called beside the others
	watched <-chan struct{}
	unwatch func() bool // nil: no end of a context drops the connection
}

// Broken says whether the connection is of no more use. Close it then.
func (s *Session) Broken() bool { return s.broken.Load() }

// Offer writes the envelope and the message, all but the final dot: until
// Commit the server has accepted nothing, and dropping the connection takes the
// offer back, which the end of ctx does too.
//
// A *ReplyError is the server's no; the session was reset and takes the next
// message unless Broken. ErrAddress and ErrMisuse are refused before anything is
// written and leave the session as it is. Any other error means that the
// connection is dead and the message not sent.
func (s *Session) Offer(ctx context.Context, from, to string, message *Data) error {
	e := envelope{from, to}
	if err := s.checkOffer(e, message); err != nil {
		return err
	}
	s.watch(ctx)
	if err := s.open(e); err != nil {
		return s.recover(ctx, err)
	}
	if err := s.transmit(message); err != nil {
		return s.dead(ctx, "write the message", err)
	}
	s.offered = true
	return nil
}

func (s *Session) checkOffer(e envelope, message *Data) error {
	switch {
	case s.broken.Load() || s.offered:
		return fmt.Errorf("%w: Offer on a session that is broken or has an open offer", ErrMisuse)
	case len(message.parts) == 0:
		return fmt.Errorf("%w: Offer of no message", ErrMisuse)
	case s.announced == e && e != (envelope{}):
		return nil // it was checked before it was announced
	case s.announced != (envelope{}):
		return fmt.Errorf("%w: Offer of another message than CommitThen announced", ErrMisuse)
	default:
		return s.check(e)
	}
}

// Commit writes the final dot and waits for the server's word.
//
// nil: the server has the message. *ReplyError: it has not. An error that is
// ErrNotCommitted: it cannot have it. Any other error: nobody knows. After the
// last two the connection is dead.
func (s *Session) Commit(ctx context.Context) (Reply, error) {
	return s.commit(ctx, envelope{})
}

// CommitThen is Commit for a session whose next Offer is known: its envelope
// travels with the dot where the server takes that (RFC 2920, section 3.1),
// which saves a round trip. Nothing but that Offer, Close or Abort may follow.
func (s *Session) CommitThen(ctx context.Context, from, to string) (Reply, error) {
	return s.commit(ctx, envelope{from, to})
}

func (s *Session) commit(ctx context.Context, next envelope) (Reply, error) {
	if !s.offered || s.broken.Load() {
		return Reply{}, fmt.Errorf("%w: Commit without an offer: %w", ErrMisuse, ErrNotCommitted)
	}
	if err := ctx.Err(); err != nil {
		s.Abort()
		return Reply{}, fmt.Errorf("%w: %w", ErrNotCommitted, err)
	}
	if s.over() {
		s.Abort()
		return Reply{}, fmt.Errorf("%w: the server closed the connection, or spoke out of turn, before it", ErrNotCommitted)
	}
	s.offered = false
	s.watch(ctx)
	if next == (envelope{}) {
		defer s.rest()
	}
	before := s.conn.written.Load()
	s.out = append(s.out[:0], "\r\n.\r\n"...)
	if s.pipelining && next != (envelope{}) && s.check(next) == nil {
		s.out = next.append(s.out)
		s.announced = next
	}
	if err := s.write(s.out, s.timeouts.Dot); err != nil {
		err = s.dead(ctx, "write the final dot", err)
		if s.conn.written.Load() == before {
			err = fmt.Errorf("%w: %w", ErrNotCommitted, err)
		}
		return Reply{}, err
	}
	reply, err := s.read(command{"DOT", 2, s.timeouts.Dot})
	if err != nil && !isReply(err) {
		return Reply{}, s.dead(ctx, "read the reply to the final dot", err)
	}
	return reply, err
}

// over says whether the server has hung up, or has said what nobody asked for.
// Under TLS only TLS knows: a record on the way may be its own, such as a ticket,
// and one that has been fetched may not have been opened. Of one that has only begun
// nobody knows yet.
func (s *Session) over() bool {
	if s.text.R.Buffered() > 0 {
		return true
	}
	if !s.encrypted {
		return s.conn.hangup.now()
	}
	s.conn.hurried = true
	_, err := s.text.R.Peek(1)
	s.conn.hurried = false
	return !errors.Is(err, os.ErrDeadlineExceeded) || s.conn.records.within()
}

// transmit writes a message, to which the dot will follow. Where nothing encrypts
// it, its parts go out as they lie: the pieces of a stencil are the same for all
// sessions, and need not be copied for each.
func (s *Session) transmit(message *Data) error {
	s.conn.more = true
	defer func() { s.conn.more = false }()
	if s.encrypted {
		s.out = message.Append(s.out[:0])
		return s.write(s.out, s.timeouts.Body)
	}
	if err := s.allow(s.timeouts.Body); err != nil {
		return err
	}
	s.parts = append(s.parts[:0], message.parts...)
	_, err := s.conn.WriteParts(s.parts)
	return err
}

// write sends p whole; the time that it allows is for the reply too.
func (s *Session) write(p []byte, timeout time.Duration) error {
	if err := s.allow(timeout); err != nil {
		return err
	}
	if _, err := s.text.W.Write(p); err != nil {
		return err
	}
	return s.text.W.Flush()
}

// allow sets how long what comes next may take.
func (s *Session) allow(timeout time.Duration) error {
	return s.conn.SetDeadline(time.Now().Add(timeout))
}

// read reads the reply to a command that is written.
func (s *Session) read(c command) (Reply, error) {
	reply, err := readReply(s.text.R)
	if err != nil {
		return Reply{}, fmt.Errorf("reply to %s: %w", c.name, err)
	}
	switch reply.Code / 100 {
	case c.class:
		return reply, nil
	case 4, 5:
		// 421 means that the server closes the connection, whatever was asked.
		if reply.Code == 421 {
			s.broken.Store(true)
		}
		return reply, &ReplyError{Reply: reply, Command: c.name}
	default:
		return Reply{}, fmt.Errorf("reply to %s: %w: %s", c.name, errReply, reply)
	}
}

// dead drops the connection and says why.
func (s *Session) dead(ctx context.Context, doing string, err error) error {
	s.Abort()
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w (%w)", doing, cause, err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%s: the server did not answer in time: %w", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// watch drops the connection when ctx ends, until rest. It costs as much as a
// reply, so while messages follow each other it lasts from one to the next.
func (s *Session) watch(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unwatch != nil && s.watched == ctx.Done() {
		return
	}
	s.endWatch()
	s.watched, s.unwatch = ctx.Done(), context.AfterFunc(ctx, s.Abort)
}

// rest ends the watch: between two transactions nothing drops the connection.
func (s *Session) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endWatch()
}

func (s *Session) endWatch() {
	if s.unwatch != nil && !s.unwatch() {
		s.broken.Store(true)
	}
	s.unwatch = nil
}

// Close ends the session politely where that is possible. It takes no longer
// than Timeouts.Quit, and may be called twice.
func (s *Session) Close() error {
	if !s.broken.Load() && !s.offered && s.announced == (envelope{}) {
		_, _ = s.do(command{"QUIT", 2, s.timeouts.Quit}, "QUIT\r\n")
	}
	s.broken.Store(true)
	s.rest()
	return s.conn.Close()
}

// Abort drops the connection at once: an open offer is taken back. It may be
// called from another goroutine, whose Offer or Commit then fails.
func (s *Session) Abort() {
	s.broken.Store(true)
	s.rest()
	_ = s.conn.Close()
}
