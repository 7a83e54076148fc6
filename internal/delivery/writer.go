package delivery

import (
	"context"
	"log/slog"
	"runtime"
	"time"
)

// writer makes every change of the ledger, for all connections together: what
// they queue while one transaction is being made durable travels in the next
// one, so a message costs a fraction of an fsync.
type writer struct {
	store   Store
	log     *slog.Logger
	now     func() time.Time
	open    func() int // how many sessions there are, each with an intent to come
	slow    bool       // the last commit was
	in      chan entry
	done    chan struct{}
	batch   []entry // what the next transaction takes; used again, as changes is
	changes []Change
	gaveUp  bool // on the database: each further try could last as long as the database's patience
}

// entry is a change, rarely with more; they apply in order, in one transaction.
// answer, if any, gets whether the last of them applied.
type entry struct {
	change Change
	more   []Change
	answer chan<- bool
}

// group is how many entries one transaction takes at most: far below what would
// make it long, far above what connections can queue.
const group = 512

func newWriter(store Store, log *slog.Logger, now func() time.Time, connections int, open func() int) *writer {
	return &writer{
		store: store, log: log, now: now, open: open,
		in: make(chan entry, 2*connections), done: make(chan struct{}),
	}
}

// run writes until the queue is closed and empty. It gives up on a failing
// database only when ctx ends: rows whose results are lost then stay committing,
// which the next start reads as in doubt.
func (w *writer) run(ctx context.Context) {
	defer close(w.done)
	for first := range w.in {
		w.batch = w.gather(append(w.batch[:0], first))
		w.changes = w.changes[:0]
		for _, e := range w.batch {
			w.changes = append(append(w.changes, e.change), e.more...)
		}
		began := time.Now()
		applied, ok := w.apply(ctx, w.changes)
		w.slow = time.Since(began) > slowCommit+time.Duration(len(w.changes))*changeWork
		at := 0
		for _, e := range w.batch {
			at += 1 + len(e.more)
			if e.answer != nil {
				e.answer <- ok && applied[at-1]
			}
		}
	}
}

// A commit that takes longer than slowCommit, beside the work of its changes, is
// worth waiting for company: for linger at most. On a fast disk any fixed wait
// costs more than it brings.
const (
	slowCommit = time.Millisecond
	changeWork = 50 * time.Microsecond
	linger     = time.Millisecond
)

// gather takes what is queued, and a little more: connections that were just
// woken get the time to queue, and one commit serves them too.
func (w *writer) gather(batch []entry) []entry {
	if w.slow {
		batch = w.await(batch)
	}
	runtime.Gosched()
	runtime.Gosched()
	for len(batch) < group {
		select {
		case e, more := <-w.in:
			if !more {
				return batch
			}
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// await waits for the intents of all sessions that are open.
func (w *writer) await(batch []entry) []entry {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	intents := 0
	for {
		if batch[len(batch)-1].answer != nil {
			intents++
		}
		if intents >= w.open() || len(batch) >= group {
			return batch
		}
		select {
		case e, more := <-w.in:
			if !more {
				return batch
			}
			batch = append(batch, e)
		case <-timer.C:
			return batch
		}
	}
}

// apply repeats until the changes are durable: a locked database or a full disk
// pass, and until they do no dot is written.
func (w *writer) apply(ctx context.Context, changes []Change) ([]bool, bool) {
	wait := time.Second
	if w.gaveUp {
		return nil, false
	}
	for {
		applied, err := w.store.Apply(context.WithoutCancel(ctx), w.now(), changes)
		if err == nil {
			w.complain(changes, applied)
			return applied, true
		}
		w.log.Error("the ledger cannot be written; sending waits", "error", err, "retry_in", wait)
		for i := range changes {
			changes[i].Again = true
		}
		select {
		case <-ctx.Done():
			w.gaveUp = true
			return nil, false
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// complain tells of results that found their row changed by somebody else:
// nothing is lost, but it should never happen while one process sends. Of a doubt
// that is ended at once, the end speaks.
func (w *writer) complain(changes []Change, applied []bool) {
	for i, c := range changes {
		ended := i+1 < len(changes) && changes[i+1].From == InDoubt
		if !applied[i] && c.To != Committing && !ended {
			w.log.Warn("a delivery's row had changed under its worker",
				"issue", c.Issue, "subscriber", c.Subscriber, "from", c.From, "to", c.To)
		}
	}
}

// put queues a result. It does not wait for it to be durable: the next intent
// of the same connection stands behind it in the queue.
func (w *writer) put(c Change, more ...Change) {
	if w.lawful(c, more) {
		w.in <- entry{change: c, more: more}
	}
}

// commit queues a change that its maker waits for, such as an intent. The answer
// comes once it is durable; false means that the row is no longer the caller's. There
// is room for it in answer.
func (w *writer) commit(c Change, answer chan<- bool) {
	if !w.lawful(c, nil) {
		answer <- false
		return
	}
	w.in <- entry{change: c, answer: answer}
}

// lawful is the gate that every change of a worker passes. A row whose change it
// stops stays as it is until it is recovered: at worst in doubt, never sent twice.
func (w *writer) lawful(c Change, more []Change) bool {
	err := Check(Worker, append([]Change{c}, more...)...)
	if err != nil {
		w.log.Error("a row of the ledger is left as it is", "error", err)
	}
	return err == nil
}

// close ends the queue and waits for what is in it.
func (w *writer) close() {
	close(w.in)
	<-w.done
}
