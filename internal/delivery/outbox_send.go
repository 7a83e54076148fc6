package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/mail"
)

// refusedMax is how many refusals of us in a row, with no letter accepted
// between them, count as trouble. One alone may be the whim of a receiver that a
// stranger has named, who must not be able to hold up everybody's letters.
const refusedMax = 3

// deliver takes one letter as far as it gets.
func (o *Outbox) deliver(work context.Context, l Letter) {
	if l.GiveUp.Before(o.o.Now()) {
		o.settle(work, expire(l.Delivery, "letter"))
		return
	}
	data, err := o.signed(l)
	if err != nil {
		o.settle(work, end(l.Delivery, RenderError, err))
		o.trouble(l.From, "they cannot be signed: "+err.Error())
		return
	}
	var message mail.Data
	if err := message.Set(data); err != nil {
		o.settle(work, end(l.Delivery, RenderError, err))
		return
	}
	if o.session == nil && !o.dial(work, l) {
		return
	}
	o.used = o.o.Now()
	if err := o.session.Offer(work, l.From, l.Address, &message); err != nil {
		o.offered(work, l, err)
		return
	}
	o.commit(work, l)
}

// signed is what is offered to the relay.
func (o *Outbox) signed(l Letter) ([]byte, error) {
	if o.o.Sign == nil {
		return l.Data, nil
	}
	data, err := o.o.Sign(o.buf[:0], l.Data)
	o.buf = data
	return data, err
}

// dial opens the session. Where it cannot, the letter goes back.
func (o *Outbox) dial(work context.Context, l Letter) bool {
	o.flush(work) // it may take long
	s, err := o.o.Connect(work)
	if err == nil {
		o.session = s
		return true
	}
	o.settle(work, release(l.Delivery, Claimed, l.NextAt, ""))
	if refusesUs(err) {
		o.trouble(l.From, fmt.Sprintf("the relay refuses us: %v; put the smtp settings right (digest check --smtp)", err))
		return false
	}
	o.o.Log.Warn("no connection to the relay for letters", "error", err, "retry_in", dropWait)
	o.away(err)
	return false
}

// away leaves a relay alone with which nothing can be done, and tells the operator
// once of one that stays so.
func (o *Outbox) away(why error) {
	o.rest(dropWait)
	if now := o.o.Now(); o.down.Alarming(now) {
		o.o.Alert(fmt.Sprintf("letters, such as confirmations, are not sent: the relay cannot be reached for %s: %v. "+
			"They are tried again every minute; digest check --smtp tries it by hand", now.Sub(o.down.Since).Round(time.Minute), why))
	}
}

// there notes that the relay has answered.
func (o *Outbox) there() { o.down = Outage{} }

// offered deals with a transaction that failed before the dot.
func (o *Outbox) offered(work context.Context, l Letter, err error) {
	if errors.Is(err, mail.ErrAddress) {
		o.settle(work, end(l.Delivery, RenderError, err))
		return
	}
	var no *mail.ReplyError
	if errors.As(err, &no) {
		if v := judge(stage(no.Command), no.Reply); v != dropped {
			o.answer(work, l, Claimed, v, no)
			return
		}
	}
	o.lost(work, l, Claimed, err)
}

// lost gives back a letter whose connection went away before its dot. The first
// time it is tried again at once; when it repeats, all letters wait a minute.
func (o *Outbox) lost(work context.Context, l Letter, from State, err error) {
	o.hangUp(abort)
	o.drops++
	at := l.NextAt
	if o.drops > 1 {
		at = o.o.Now().Add(dropWait)
		o.away(err)
	}
	o.o.Log.Warn("the relay dropped the connection of a letter", "error", err)
	o.settle(work, release(l.Delivery, from, at, "connection lost: "+err.Error()))
}

// commit makes the intent durable, writes the dot and records what came of it.
func (o *Outbox) commit(work context.Context, l Letter) {
	asked := time.Now()
	if !o.record(work, intend(l.Delivery)) {
		// Not ours any more: the subscriber is gone, or the database is. The relay
		// has a message without its dot, which it must never get.
		o.hangUp(abort)
		return
	}
	if time.Since(asked) > staleIntent || work.Err() != nil {
		o.lost(work, l, Committing, errors.New("the database took too long; no dot was written"))
		return
	}
	reply, err := o.session.Commit(work)
	var no *mail.ReplyError
	switch {
	case err == nil:
		o.there()
		if c := accept(l.Delivery, reply); o.lawful(c) {
			o.results[c.To]++
			o.pending = append(o.pending, c)
		}
		o.drops, o.refused = 0, 0
		delete(o.told, l.From)
	case errors.As(err, &no):
		o.answer(work, l, Committing, judge(atDot, no.Reply), no)
	case errors.Is(err, mail.ErrNotCommitted):
		o.lost(work, l, Committing, err)
	default:
		o.o.Log.Warn("a letter is in doubt: the relay did not answer", "kind", l.Kind, "error", err)
		o.settle(work, doubt(l.Delivery, "no reply after the dot: "+err.Error(), false, time.Time{})...)
		o.hangUp(abort)
	}
	if o.session != nil && o.session.Broken() {
		o.hangUp(abort)
	}
}

// answer records a negative reply.
func (o *Outbox) answer(work context.Context, l Letter, from State, v verdict, no *mail.ReplyError) {
	o.there()
	c := refuse(l.Delivery, from, no.Reply)
	why := ""
	switch v {
	case retryLater, dropped:
		c.To = Ready
		c.NextAt = o.o.Now().Add(pause(c.Attempts, o.o.Random()))
	case ownFault:
		c.To = Ready
		c.NextAt = o.o.Now().Add(pause(c.Attempts, o.o.Random()))
		why = fmt.Sprintf("the relay refuses us, not the recipient: %q", c.Reply)
		o.refused++
		if stage(no.Command) == atMail {
			// No letter of this sender could go: it costs this one nothing. The
			// others go first next time: theirs may be another.
			c.Attempts, c.NextAt = l.Attempts, o.o.Now().Add(troubleWait)
			o.refused = refusedMax
		}
	case policy:
		why = fmt.Sprintf("receivers refuse them by policy: %q; check SPF, DKIM, DMARC and the relay's reputation", c.Reply)
		o.refused++
	case bounce:
		c.Bounce = true
	case refused:
	}
	o.settle(work, c)
	if o.session.Broken() {
		o.hangUp(abort)
	}
	if why != "" && o.refused >= refusedMax {
		o.trouble(l.From, why)
	}
}

// trouble rests where going on would only make it worse, and tells the operator
// once, until a letter of that sender is accepted again.
func (o *Outbox) trouble(from, why string) {
	o.rest(troubleWait)
	o.hangUp(Session.Close)
	o.o.Log.Warn("letters wait", "reason", why, "retry_in", troubleWait)
	if !o.told[from] {
		o.told[from] = true
		o.o.Alert("letters, such as confirmations, are not sent: " + why + ". They are tried again every 5 minutes")
	}
}

// rest lets no letter be claimed for d.
func (o *Outbox) rest(d time.Duration) {
	o.restFrom = o.o.Now()
	o.restUntil = o.restFrom.Add(d)
}

// resting says whether a rest still holds. A clock that was set back ends it.
func (o *Outbox) resting(now time.Time) bool {
	return !now.Before(o.restFrom) && now.Before(o.restUntil)
}

// settle counts what became of a letter and records it.
func (o *Outbox) settle(work context.Context, changes ...Change) {
	o.results[changes[len(changes)-1].To]++
	o.record(work, changes...)
}

// flush records what is pending.
func (o *Outbox) flush(work context.Context) {
	if len(o.pending) > 0 {
		o.record(work)
	}
}

// record repeats until the changes, and what was pending before them, are durable,
// and says whether the last of them applied. It gives up when work ends: a result
// that is lost leaves its letter committing, which the next start reads as in doubt.
func (o *Outbox) record(work context.Context, changes ...Change) bool {
	if !o.lawful(changes...) {
		return false
	}
	changes, o.pending = append(o.pending, changes...), nil
	for {
		applied, err := o.letters.ApplyLetters(context.WithoutCancel(work), o.o.Now(), changes)
		if err == nil {
			return applied[len(applied)-1]
		}
		o.o.Log.Error("the letters cannot be written; sending them waits", "error", err, "retry_in", lockWait)
		if !wait(work, lockWait) {
			return false
		}
	}
}

// lawful is the gate that every change passes.
func (o *Outbox) lawful(changes ...Change) bool {
	err := Check(Worker, changes...)
	if err != nil {
		o.o.Log.Error("a letter stays as it is", "error", err)
	}
	return err == nil
}

// hangUp ends the session, if there is one.
func (o *Outbox) hangUp(how func(Session) error) {
	if o.session == nil {
		return
	}
	if err := how(o.session); err != nil {
		o.o.Log.Debug("the SMTP session of letters did not end well", "error", err)
	}
	o.session = nil
}

// closeIdle ends a session that has carried nothing for a while.
func (o *Outbox) closeIdle() {
	if o.session != nil && o.o.Now().Sub(o.used) >= outboxIdle {
		o.hangUp(Session.Close)
	}
}
