//go:build linux

// Package smtpsink is an SMTP server that takes all mail, counts it by recipient
// and costs less than any sender: benchmarks send to it. What it must not be
// trusted with is judging how mail is written; that is what smtptest is for. Only
// tests use it.
//
// It is a process of its own (Spawn), in which one thread serves all connections
// through epoll, so that two cores measure their sender and not their receiver.
// It offers PIPELINING and no encryption.
package smtpsink

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Options are how the server behaves. The zero value takes everything at once.
type Options struct {
	// Latency is how long after its command has arrived a reply leaves. So it
	// models a round trip: the replies to commands that travel together overlap,
	// and none holds up reading.
	Latency time.Duration
}

// Tally is what a server has taken.
type Tally struct {
	// Counts says how often each address was accepted.
	Counts map[string]int
	// Messages, Bytes and Connections are totals; Bytes are those of message
	// data, on the wire and without the dot.
	Messages, Bytes, Connections int64
	// First is when the first RCPT was read, and Last when the latest message
	// was accepted.
	First, Last time.Time
}

// Duplicates is how many copies more than one each address got, in sum.
func (t Tally) Duplicates() int {
	extra := 0
	for _, n := range t.Counts {
		extra += n - 1
	}
	return extra
}

// server is a running server on a port of 127.0.0.1.
type server struct {
	options         Options
	port            int
	listener, epoll int
	alarm, waker    int // a timer for late replies, and what close writes to
	conns           map[int]*conn
	late            []lateReply // by when they are due
	buffer          []byte      // shared by all connections: there is one thread
	ended           chan struct{}
	closing         sync.Once
	mu              sync.Mutex // guards what follows
	arrived         sync.Cond
	tally           Tally // without Counts
	addresses       []byte
	stopped         bool
}

// listen starts a server. Close it.
func listen(o Options) (*server, error) {
	s := &server{
		options: o, conns: map[int]*conn{}, buffer: make([]byte, 1<<18),
		ended:    make(chan struct{}),
		listener: -1, epoll: -1, alarm: -1, waker: -1,
	}
	s.arrived.L = &s.mu
	if err := s.open(); err != nil {
		s.release()
		return nil, fmt.Errorf("start the sink: %w", err)
	}
	go s.loop()
	return s, nil
}

// open makes the descriptors that the loop waits for.
func (s *server) open() (err error) {
	if s.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	if err = unix.Bind(s.listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err = unix.Listen(s.listener, 512); err != nil {
		return err
	}
	name, err := unix.Getsockname(s.listener)
	if err != nil {
		return err
	}
	s.port = name.(*unix.SockaddrInet4).Port
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if s.alarm, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return err
	}
	if s.waker, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	for _, fd := range []int{s.listener, s.alarm, s.waker} {
		if err := s.watch(fd); err != nil {
			return err
		}
	}
	return nil
}

// addr is host:port.
func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// await waits until n messages were taken. It fails when ctx or the server ends.
func (s *server) await(ctx context.Context, n int64) error {
	defer context.AfterFunc(ctx, s.arrived.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.tally.Messages < n {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the sink has %d of %d messages: %w", s.tally.Messages, n, err)
		}
		if s.stopped {
			return fmt.Errorf("the sink ended with %d of %d messages", s.tally.Messages, n)
		}
		s.arrived.Wait()
	}
	return nil
}

// count is what was taken so far. It counts the addresses anew each time.
func (s *server) count() Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally
	t.Counts = map[string]int{}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(s.addresses, []byte("\n")), []byte("\n")) {
		if len(line) > 0 {
			t.Counts[string(line)]++
		}
	}
	return t
}

// close drops all connections and ends the server. It may be called twice.
func (s *server) close() {
	s.closing.Do(func() {
		_, _ = unix.Write(s.waker, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		<-s.ended
		s.release()
	})
}

// release closes the server's own descriptors.
func (s *server) release() {
	for _, fd := range []int{s.listener, s.epoll, s.alarm, s.waker} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}
