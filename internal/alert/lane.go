package alert

import (
	"context"
	"log/slog"
	"sync"
)

// maxQueue is how many alerts may wait. An operator who has not heard of the
// last hundred is better served by the newer ones.
const maxQueue = 100

// lane delivers alerts one way, one after the other.
type lane struct {
	name    string
	log     *slog.Logger
	deliver func(context.Context, message) error
	wake    chan struct{} // holds a token when there is something to look at
	done    chan struct{}

	mu      sync.Mutex
	queue   []message
	closed  bool
	aborted int // ended by the context while under way
}

func newLane(name string, log *slog.Logger, deliver func(context.Context, message) error) *lane {
	return &lane{name: name, log: log, deliver: deliver, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// run delivers until the lane is closed and empty, or the context ends.
func (l *lane) run(ctx context.Context) {
	defer close(l.done)
	for ctx.Err() == nil {
		m, ok, closed := l.next()
		if ok {
			l.try(ctx, m)
			continue
		}
		if closed {
			return
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
}

func (l *lane) try(ctx context.Context, m message) {
	err := l.deliver(ctx, m)
	if err == nil {
		return
	}
	l.log.Error("alert not delivered", "by", l.name, "error", err, "text", clip(m.text))
	if ctx.Err() != nil {
		l.mu.Lock()
		l.aborted++
		l.mu.Unlock()
	}
}

func (l *lane) add(m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.log.Error("alert not delivered", "by", l.name, "error", "too late, already stopping", "text", clip(m.text))
		return
	}
	if len(l.queue) == maxQueue {
		l.log.Error("alert not delivered", "by", l.name, "error", "too many are waiting, the oldest is dropped", "text", clip(l.queue[0].text))
		l.queue = l.queue[1:]
	}
	l.queue = append(l.queue, m)
	l.signal()
}

func (l *lane) next() (m message, ok, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return message{}, false, l.closed
	}
	m = l.queue[0]
	l.queue = l.queue[1:]
	return m, true, l.closed
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// givenUp counts the alerts that nobody tried to the end. The lane is done.
func (l *lane) givenUp() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) + l.aborted
}
