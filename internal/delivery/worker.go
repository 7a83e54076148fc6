package delivery

import (
	"errors"
	"fmt"
	"time"

	"digest.example/internal/mail"
)

// staleIntent is how long a session may wait for its intent to become durable
// and still be trusted with a dot: servers hang up on silent clients, and a dot
// into a dead connection would put a row in doubt for nothing.
const staleIntent = 30 * time.Second

// dropWait is the pause once connections are lost repeatedly, and dropsMax how
// many in a row, with no message accepted between them, count as a relay that is
// down.
const (
	dropWait = time.Minute
	dropsMax = 5
)

// worker is one connection: it takes rows until there are no more.
type worker struct {
	*turn
	inside   bool // it may have a session
	session  Session
	durable  chan bool // whether the intent is, and the row still this worker's
	carried  int       // messages that the session was offered
	ahead    *message  // built while the one before it was being committed
	spare    *message  // its memory serves for the next
	unsigned []byte
}

// message is a row with what is to be sent for it.
type message struct {
	Delivery
	data   mail.Data
	signed []byte // what data stands in, where messages are signed
}

func (t *turn) worker() {
	w := &worker{turn: t, durable: make(chan bool, 1)}
	defer w.leave()
	for w.enter() {
		m := w.next()
		if m == nil {
			return
		}
		w.deliver(m)
		w.spare = m
	}
}

// enter waits for this worker's turn to have a session, unless it has one.
func (w *worker) enter() bool {
	if w.session != nil && w.ahead == nil && (w.spent() || w.pace.crowded()) {
		w.hangUp(Session.Close)
		w.leave()
	}
	if !w.inside {
		w.inside = w.pace.enter(w.taking)
	}
	return w.inside
}

// leave makes room for another worker's session.
func (w *worker) leave() {
	w.hangUp(Session.Close)
	if w.inside {
		w.inside = false
		w.pace.leave()
	}
}

// next is the message to send now; nil when there are no more.
func (w *worker) next() *message {
	if w.ahead != nil && w.over(w.work) {
		w.hangUp(abort) // its envelope is announced; it gets no message
	}
	if m := w.ahead; m != nil {
		w.ahead = nil
		return m
	}
	// The pace is waited for without a row in hand: who holds one cannot be paused.
	for w.limit == nil || w.limit.Wait(w.taking) == nil {
		d, more := <-w.feed
		if !more {
			w.found.Do(func() { close(w.empty) })
			return nil
		}
		if m := w.build(d); m != nil {
			return m
		}
	}
	return nil
}

// lookAhead builds the message after this one, if there is any and the session
// is to carry it. It does not wait: neither for a row nor for the pace.
func (w *worker) lookAhead() {
	for w.ahead == nil && w.limit == nil && !w.spent() && !w.over(w.work) {
		select {
		case d, more := <-w.feed:
			if !more {
				return
			}
			w.ahead = w.build(d)
		default:
			return
		}
	}
}

// build makes the row's message, or settles what becomes of a row without one.
func (w *worker) build(d Delivery) *message {
	if w.over(w.ctx) {
		w.giveBack(d)
		return nil
	}
	if w.job.GiveUp.Before(w.o.Now()) {
		w.settle(expire(d, "issue"))
		return nil
	}
	m := w.spare
	if w.spare = nil; m == nil {
		m = &message{}
	}
	m.Delivery = d
	if err := w.compose(m); err != nil {
		w.spare = m
		w.unbuilt(d, err)
		return nil
	}
	return m
}

// compose builds the row's message and signs it, if messages are signed.
func (w *worker) compose(m *message) (err error) {
	if err := w.job.Build(&m.data, m.Delivery); err != nil || w.o.Sign == nil {
		return err
	}
	w.unsigned = m.data.Append(w.unsigned[:0])
	if m.signed, err = w.o.Sign(m.signed[:0], w.unsigned); err != nil {
		return err
	}
	return m.data.Set(m.signed)
}

// spent says whether the session has carried all that it is to carry.
func (w *worker) spent() bool {
	return w.o.PerConnection > 0 && w.carried >= w.o.PerConnection
}

// hangUp ends the session, if there is one. What it was to carry next goes back:
// there may be no other session for a while.
func (w *worker) hangUp(how func(Session) error) {
	if w.ahead != nil {
		w.giveBack(w.ahead.Delivery)
		w.ahead = nil
	}
	if w.session == nil {
		return
	}
	if err := how(w.session); err != nil {
		w.o.Log.Debug("the SMTP session did not end well", "error", err)
	}
	w.session = nil
	w.connected(-1)
}

func abort(s Session) error { s.Abort(); return nil }

// deliver takes one message as far as it gets.
func (w *worker) deliver(m *message) {
	if w.session == nil && !w.dial(m.Delivery) {
		return
	}
	w.carried++
	if err := w.session.Offer(w.work, w.job.From, m.Address, &m.data); err != nil {
		w.offered(m.Delivery, err)
		return
	}
	w.commit(m.Delivery)
}

// unbuilt records that there can be no message for this recipient.
func (w *worker) unbuilt(d Delivery, err error) {
	w.settle(end(d, RenderError, err))
	w.watch(RenderError)
}

// dial opens this worker's session, and says whether it could. Where it could
// not, the row goes back; if no other worker has one, the relay counts as down.
func (w *worker) dial(d Delivery) bool {
	s, err := w.o.Connect(w.work)
	if err == nil {
		w.session, w.carried = s, 0
		w.connected(+1)
		return true
	}
	w.giveBack(d)
	if refusesUs(err) {
		w.halt(fmt.Sprintf("the relay refuses us: %v; put the smtp settings right (digest check --smtp), then resume", err), nil)
		return false
	}
	w.o.Log.Warn("no connection to the relay", "error", err)
	if w.connected(0) == 0 {
		w.halt("", err)
		return false
	}
	w.leave() // to those that have one; it may come back when they do well
	w.pace.slower()
	return false
}

// offered deals with a transaction that failed before the dot.
func (w *worker) offered(d Delivery, err error) {
	if errors.Is(err, mail.ErrUTF8) {
		// Of this relay and this address, not of the issue: nothing to pause for.
		w.settle(end(d, Failed, err))
		return
	}
	if errors.Is(err, mail.ErrAddress) {
		w.unbuilt(d, err)
		w.hangUp(abort) // it may have been announced
		return
	}
	if no, ok := errors.AsType[*mail.ReplyError](err); ok {
		if v := judge(stage(no.Command), no.Reply); v != dropped {
			w.answer(d, Claimed, v, no.Reply)
			if w.session.Broken() {
				w.hangUp(abort)
			}
			return
		}
	}
	w.lost(d, Claimed, err)
}

// lost gives back a row whose connection went away before its dot. The first
// time it may be tried at once; when it repeats, after a minute.
func (w *worker) lost(d Delivery, from State, err error) {
	w.hangUp(abort)
	w.leave()
	drops := w.dropped()
	at := d.NextAt
	if drops > 1 {
		at = w.o.Now().Add(dropWait)
	}
	w.o.Log.Warn("the relay dropped a connection", "error", err)
	w.await(release(d, from, at, "connection lost: "+err.Error()))
	w.count(Ready)
	if drops >= dropsMax {
		w.halt("", fmt.Errorf("it dropped %d connections in a row: %w", drops, err))
	}
}

// commit makes the intent durable, writes the dot and records what came of it.
func (w *worker) commit(d Delivery) {
	asked := time.Now()
	w.writer.commit(intend(d), w.durable)
	w.lookAhead()
	if !<-w.durable {
		// Not ours any more: the subscriber left, or the database is gone. The
		// relay has a message without its dot, which it must never get.
		w.hangUp(abort)
		return
	}
	if time.Since(asked) > staleIntent || w.work.Err() != nil {
		// The ledger's fault or ours, not the relay's.
		w.hangUp(abort)
		w.settle(release(d, Committing, d.NextAt, "the ledger took too long; no dot was written"))
		return
	}
	reply, err := w.dot()
	no, refused := errors.AsType[*mail.ReplyError](err)
	switch {
	case err == nil:
		w.settle(accept(d, reply))
		w.pace.accepted()
		w.watch(Accepted)
	case refused:
		w.answer(d, Committing, judge(atDot, no.Reply), no.Reply)
	case errors.Is(err, mail.ErrNotCommitted):
		w.lost(d, Committing, err)
		return
	default:
		// Another copy each minute would be a flood, where the relay does take them.
		changes := doubt(d, "no reply after the dot: "+err.Error(), w.job.Resend,
			w.o.Now().Add(pause(d.Attempts+1, w.o.Random())))
		w.settle(changes[0], changes[1:]...)
		w.unanswered(err)
		return
	}
	if w.session.Broken() {
		w.hangUp(abort)
	}
}

// unanswered gives up a session that did not answer a dot. A relay that was well
// before has gone down; of one that has answered none since the run began, going
// on would only put more and more in doubt.
func (w *worker) unanswered(err error) {
	w.hangUp(abort)
	w.leave()
	switch drops := w.dropped(); {
	case drops < dropsMax:
	case w.fruitless():
		w.halt(fmt.Sprintf("the relay took %d messages in a row and did not say whether it has them (%v): "+
			"look into its log, say what became of them with digest resolve, then resume", drops, err), nil)
	default:
		w.halt("", fmt.Errorf("it did not answer %d messages or connections in a row: %w", drops, err))
	}
}

// dot ends the message, and announces the one after it, if there is one.
func (w *worker) dot() (mail.Reply, error) {
	if w.ahead == nil {
		return w.session.Commit(w.work)
	}
	return w.session.CommitThen(w.work, w.job.From, w.ahead.Address)
}

// answer records a negative reply.
func (w *worker) answer(d Delivery, from State, v verdict, r mail.Reply) {
	c := refuse(d, from, r)
	outcome := Failed
	switch v {
	case retryLater, dropped:
		if v == dropped || isCongestion(r) {
			w.pace.slower()
		}
		c.To = Ready
		c.NextAt = w.o.Now().Add(pause(c.Attempts, w.o.Random()))
		outcome = Ready
	case ownFault:
		c.To, c.Attempts, c.NextAt = Ready, d.Attempts, d.NextAt
		outcome = Ready
		w.halt(fmt.Sprintf("the relay refuses us, not the recipient: %q; put it right, then resume", r.String()), nil)
	case bounce:
		c.Bounce = true
	case policy:
		outcome = policyRefusal
	case refused:
	}
	w.settle(c)
	w.watch(outcome)
}

// watch pauses the issue where the last outcomes say that going on does harm.
func (w *worker) watch(s State) {
	w.mu.Lock()
	why := w.recent.add(s)
	w.mu.Unlock()
	if why != "" {
		w.halt(why, nil)
	}
}
