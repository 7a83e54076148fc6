package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"digest.example/internal/mail"
)

// Session is one SMTP connection whose last step, the dot, is its caller's to take.
type Session interface {
	// Offer does everything up to and without the dot. A *mail.ReplyError means
	// that the relay said no, any other error that the connection is gone.
	Offer(ctx context.Context, from, to string, message *mail.Data) error
	// Commit writes the dot and reads the reply. Any error but a
	// *mail.ReplyError leaves open whether the relay took the message.
	Commit(ctx context.Context) (mail.Reply, error)
	// CommitThen does so too, and announces the message that is offered next.
	CommitThen(ctx context.Context, from, to string) (mail.Reply, error)
	// Broken says whether the connection can carry no other message.
	Broken() bool
	// Close ends the session politely, Abort at once.
	Close() error
	Abort()
}

// Options are what an Engine needs beside its Store.
type Options struct {
	Connect     func(ctx context.Context) (Session, error)
	Owner       string  // this process, in the ledger
	Connections int     // at most so many sessions; at least 1
	PerSecond   float64 // messages a second over all of them; 0: no limit
	// PerConnection is how many messages a session carries at most; 0: no limit.
	PerConnection int
	// Sign appends the signed data to dst; nil: mail goes unsigned. It is called
	// by many workers at once.
	Sign   func(dst, data []byte) ([]byte, error)
	Lease  time.Duration
	Drain  time.Duration // how long open transactions may take after ctx ends
	Now    func() time.Time
	Random func() float64 // in [0,1), spreads retries
	Log    *slog.Logger
}

// Engine delivers issues, which take turns: all its runs are one sending to the
// relay and to receivers.
type Engine struct {
	store Store
	o     Options
	turns *turns
	pace  *pace

	mu      sync.Mutex
	windows map[string]*window // by issue, of those that are not through

	abortOnce sync.Once
	aborted   chan struct{}
}

// New returns an engine.
func New(store Store, o Options) *Engine {
	o.Connections = max(o.Connections, 1)
	return &Engine{
		store: store, o: o, turns: newTurns(o.Now), pace: newPace(o.Connections),
		windows: map[string]*window{}, aborted: make(chan struct{}),
	}
}

// Abort makes a Run that is draining, and every later one, stop at once. What
// is between dot and reply becomes in doubt. It may be called twice.
func (e *Engine) Abort() { e.abortOnce.Do(func() { close(e.aborted) }) }

// Job is one issue to deliver.
type Job struct {
	Issue  string
	From   string // envelope sender
	GiveUp time.Time
	Resend bool // send again what is in doubt
	// Build makes m one recipient's message.
	Build func(m *mail.Data, d Delivery) error
	// Observe, if set, is told what became of each row, from several goroutines.
	Observe func(State)
}

// Report is what a Run did.
type Report struct {
	Results Counts // rows by the state they were left in; Ready: deferred
	// Pause says why the issue must not go on without its operator; or is empty.
	Pause string
	// Down is why the relay cannot be reached; or nil.
	Down error
}

// ErrAborted is returned by Run after Abort.
var ErrAborted = errors.New("sending was aborted")

// Run sends what is due of the issue, and returns when nothing more is due,
// when the issue's state no longer allows it, when the report says why it must
// not go on, or when ctx ends and the open transactions have finished. Several
// issues may be run at once.
func (e *Engine) Run(ctx context.Context, job Job) (Report, error) {
	work, stop := outlive(ctx, e.o.Drain, e.aborted)
	defer stop()
	defer e.holdLease(work)()
	r := &run{
		Engine: e, job: job, ctx: ctx, work: work,
		halted: make(chan struct{}),
		recent: e.window(job.Issue),
		claim:  Claim{Issue: job.Issue, Owner: e.o.Owner, Lease: e.o.Lease},
		report: Report{Results: Counts{}},
	}
	r.writer = newWriter(e.store, e.o.Log, e.o.Now, e.o.Connections, func() int { return r.connected(0) })
	if e.o.PerSecond > 0 {
		r.limit = rate.NewLimiter(rate.Limit(e.o.PerSecond), 1)
	}
	go r.writer.run(work)
	err := r.send()
	r.writer.close()
	if r.report.Pause != "" || r.through && r.report.Results[Ready] == 0 {
		e.forget(job.Issue)
	}
	if err == nil && errors.Is(context.Cause(work), ErrAborted) {
		err = ErrAborted
	}
	return r.report, err
}

// window is what the last outcomes of an issue are looked at through, from run to
// run.
func (e *Engine) window(issue string) *window {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.windows[issue] == nil {
		e.windows[issue] = &window{}
	}
	return e.windows[issue]
}

// forget lets an issue be looked at anew: it is through, or after a pause
// somebody has put something right.
func (e *Engine) forget(issue string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.windows, issue)
}

// outlive returns a context that ends drain after ctx does, or on abort: open
// transactions get the time to hear their reply.
func outlive(ctx context.Context, drain time.Duration, aborted <-chan struct{}) (context.Context, func()) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-ctx.Done():
		case <-work.Done():
			return
		case <-aborted:
			cancel(ErrAborted)
			return
		}
		timer := time.NewTimer(drain)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(fmt.Errorf("open transactions took longer than %s", drain))
		case <-aborted:
			cancel(ErrAborted)
		case <-work.Done():
		}
	}()
	return work, func() { cancel(nil) }
}
