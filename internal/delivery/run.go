package delivery

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// run is one call of Engine.Run.
type run struct {
	*Engine
	job    Job
	ctx    context.Context // the caller's: when it ends, nothing more is begun
	work   context.Context // outlives it by the time to drain
	writer *writer
	limit  *rate.Limiter
	halted chan struct{} // closed when the run must not go on

	mu      sync.Mutex
	report  Report
	recent  *window
	live    int // sessions open
	drops   int // sessions lost in a row, with no message accepted between them
	stopped bool

	through bool  // nothing was due any more; send's own, as claim is
	claim   Claim // the last one; its N is for one turn
}

// send takes one turn after another until nothing is due, and returns when all
// that was begun has ended.
func (r *run) send() error {
	var workers sync.WaitGroup
	var err error
	for err == nil && !r.through && !r.over(r.ctx) && r.turns.take(r) {
		err = r.newTurn().handOut(&workers)
	}
	workers.Wait()
	return err
}

// over says whether ctx has ended, the run was halted, or its time to drain is up.
func (r *run) over(ctx context.Context) bool {
	return closed(ctx.Done()) || closed(r.work.Done()) || closed(r.halted)
}

// closed looks at one channel, which takes no lock; a select of several takes them
// all, and every worker asks three times a message.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (r *run) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.work.Done():
	case <-r.halted:
	case <-timer.C:
	}
}

// giveBack releases rows that nothing was done with.
func (r *run) giveBack(rows ...Delivery) {
	changes := make([]Change, len(rows))
	for i, d := range rows {
		changes[i] = release(d, Claimed, d.NextAt, "")
	}
	r.await(changes...)
}

// await makes changes that let others have rows, and waits until they are durable: a
// claim that does not find them would take the issue for through.
func (r *run) await(changes ...Change) {
	durable := make(chan bool, len(changes))
	for _, c := range changes {
		r.writer.commit(c, durable)
	}
	for range changes {
		<-durable
	}
}

// halt stops the run for everybody; the first reason stays.
func (r *run) halt(pause string, down error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.stopped = true
	r.report.Pause, r.report.Down = pause, down
	close(r.halted)
}

// settle counts what became of a row and queues its change, with those that
// follow it.
func (r *run) settle(c Change, more ...Change) {
	r.writer.put(c, more...)
	to := c.To
	if len(more) > 0 {
		to = more[len(more)-1].To
	}
	r.count(to)
}

// count counts what became of a row.
func (r *run) count(to State) {
	r.mu.Lock()
	r.report.Results[to]++
	if to == Accepted {
		r.drops = 0
	}
	r.mu.Unlock()
	if r.job.Observe != nil {
		r.job.Observe(to)
	}
}

// dropped counts a session that was lost, slows down for it, and says how many
// were lost in a row.
func (r *run) dropped() int {
	r.pace.slower()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops++
	return r.drops
}

// fruitless says whether no message has been accepted since the run began.
func (r *run) fruitless() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.Results[Accepted] == 0
}

// connected counts sessions and says how many are open.
func (r *run) connected(by int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live += by
	return r.live
}
