//go:build linux

package smtpsink

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lateReply waits for its time. What it accepts counts when it leaves, as
// without latency, and whether or not anybody is left to read it.
type lateReply struct {
	due time.Time
	to  *conn
	answer
}

// answer is what one read of a connection leads to: the replies, who is accepted
// with them, and whether they are the last.
type answer struct {
	text     []byte
	accepted []byte // addresses, each with a line feed
	messages int64
	size     int64 // of the messages
	hangUp   bool
}

func (s *server) watch(fd int) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// loop serves everybody until close.
func (s *server) loop() {
	defer close(s.ended)
	defer s.dropAll()
	events := make([]unix.EpollEvent, 128)
	for {
		n, err := s.next(events)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		for _, e := range events[:max(n, 0)] {
			switch fd := int(e.Fd); fd {
			case s.waker:
				return
			case s.listener:
				s.accept()
			case s.alarm:
				s.sendLate()
			default:
				if c := s.conns[fd]; c != nil {
					s.serve(c)
				}
			}
		}
	}
}

// next waits until there is something to do. Go's scheduler is not told: this
// process has nothing else to do, and its watch over system calls would cost a
// fifth of the whole.
func (s *server) next(events []unix.EpollEvent) (int, error) {
	forever := -1
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(s.epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(forever), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (s *server) dropAll() {
	for _, c := range s.conns {
		s.drop(c)
	}
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.arrived.Broadcast()
}

func (s *server) accept() {
	fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	c := &conn{fd: fd}
	s.conns[fd] = c
	if s.watch(fd) != nil {
		s.drop(c)
		return
	}
	s.mu.Lock()
	s.tally.Connections++
	s.mu.Unlock()
	s.reply(c, answer{text: []byte("220 sink ESMTP\r\n")})
}

// serve reads what there is of a connection, once, and answers it.
func (s *server) serve(c *conn) {
	kept := copy(s.buffer, c.rest)
	n, err := unix.Read(c.fd, s.buffer[kept:])
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return
	}
	if err != nil || n <= 0 {
		s.drop(c)
		return
	}
	c.out = answer{text: c.out.text[:0], accepted: c.out.accepted[:0]}
	rest := s.take(c, s.buffer[:kept+n])
	if len(rest) > maxLine {
		s.drop(c)
		return
	}
	c.rest = append(c.rest[:0], rest...)
	if len(c.out.text) > 0 {
		s.reply(c, c.out)
	}
}

// reply sends an answer now, or lets it wait for its time.
func (s *server) reply(c *conn, a answer) {
	if s.options.Latency == 0 {
		s.perform(c, a)
		return
	}
	c.out = answer{} // what it holds is the waiting answer's now
	s.late = append(s.late, lateReply{due: time.Now().Add(s.options.Latency), to: c, answer: a})
	if len(s.late) == 1 {
		s.setAlarm()
	}
}

// sendLate sends what is due. All wait equally long, so the first are due first.
func (s *server) sendLate() {
	_, _ = unix.Read(s.alarm, make([]byte, 8))
	now, sent := time.Now(), 0
	for _, l := range s.late {
		if l.due.After(now) {
			break
		}
		s.perform(l.to, l.answer)
		sent++
	}
	if s.late = s.late[sent:]; len(s.late) > 0 {
		s.setAlarm()
	}
}

func (s *server) setAlarm() {
	in := max(time.Until(s.late[0].due), 1)
	_ = unix.TimerfdSettime(s.alarm, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(in.Nanoseconds())}, nil)
}

// perform records what is accepted and then says so: a client that hears a 250
// finds its message counted.
func (s *server) perform(c *conn, a answer) {
	if a.messages > 0 {
		s.mu.Lock()
		s.tally.Messages += a.messages
		s.tally.Bytes += a.size
		s.tally.Last = time.Now()
		s.addresses = append(s.addresses, a.accepted...)
		s.mu.Unlock()
		s.arrived.Broadcast()
	}
	if c.fd < 0 {
		return
	}
	// Replies are few bytes: a client that lets them pile up until the kernel
	// takes no more is broken.
	if n, err := unix.Write(c.fd, a.text); err != nil || n < len(a.text) || a.hangUp {
		s.drop(c)
	}
}

func (s *server) drop(c *conn) {
	if c.fd < 0 {
		return
	}
	delete(s.conns, c.fd)
	_ = unix.Close(c.fd)
	c.fd = -1
}
