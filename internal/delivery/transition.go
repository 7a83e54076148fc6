package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/mail"
)

// Actor is on whose authority a row changes.
type Actor string

// The actors. Each may do only what the law below says.
const (
	Worker   Actor = "worker"   // whoever claimed the row
	Recovery Actor = "recovery" // frees the rows of dead owners
	Operator Actor = "operator" // by a command, or by a setting made beforehand
	Reporter Actor = "reporter" // later evidence: a bounce, a complaint
)

// law is what each actor may do with a row. Nothing leads from Accepted to a
// state that is sent again, whoever asks.
var law = map[Actor]map[State][]State{
	Worker: {
		Ready:      {Claimed, Skipped},
		Claimed:    {Ready, Committing, Failed, RenderError, Skipped, Expired},
		Committing: {Accepted, Ready, Failed, InDoubt},
		InDoubt:    {Ready}, // in one transaction with the doubt itself: see Check
	},
	Recovery: {
		Claimed:    {Ready},
		Committing: {InDoubt},
	},
	Operator: {
		InDoubt:     {Accepted, Ready, Expired},
		Failed:      {Ready},
		RenderError: {Ready},
		Expired:     {Ready},
	},
	Reporter: {
		InDoubt:  {Accepted},
		Accepted: {Bounced, Complained},
	},
}

// ErrIllegal is a change that the ledger's law forbids: a mistake in this
// program, never something that happens to it.
var ErrIllegal = errors.New("the ledger does not allow this change")

// Legal says whether the actor may take a row from one state to another.
func Legal(by Actor, from, to State) bool {
	return slices.Contains(law[by][from], to)
}

// Check is the gate before Store.Apply: nothing may be applied that has not
// passed it. The changes are those that one actor makes in one transaction, in
// their order. The error wraps ErrIllegal and names the first that is wrong.
func Check(by Actor, changes ...Change) error {
	for i, c := range changes {
		if why := fault(by, c, changes[:i]); why != "" {
			return fmt.Errorf("%w: %s takes subscriber %q of issue %q from %s to %s: %s",
				ErrIllegal, by, c.Subscriber, c.Issue, c.From, c.To, why)
		}
	}
	return nil
}

// fault says what is wrong with a change, given those that go before it.
func fault(by Actor, c Change, before []Change) string {
	switch {
	case !Legal(by, c.From, c.To):
		return "no such transition"
	case c.Issue == "":
		return "it names no row"
	case by == Worker && (c.Owner == "" || c.Epoch < 1):
		return "it has no fence"
	case c.IfActive != (c.To == Committing):
		return "an intent, and nothing else, asks whether the subscriber is still there"
	case c.Bounce && (c.From != Claimed || c.To != Failed):
		return "only a refusal at RCPT speaks of the mailbox"
	case by == Worker && c.From == InDoubt && !doubted(c, before):
		return "a worker sends again only what it doubts itself, at once"
	}
	return ""
}

// doubted says whether the doubt that c ends is the row's change right before it.
func doubted(c Change, before []Change) bool {
	for _, b := range slices.Backward(before) {
		if b.Issue == c.Issue && b.Subscriber == c.Subscriber {
			return b.To == InDoubt && b.Owner == c.Owner && b.Epoch == c.Epoch
		}
	}
	return false
}

// change starts a Change of the row as it was read, in state from.
func change(d Delivery, from, to State) Change {
	return Change{
		Issue: d.Issue, Subscriber: d.Subscriber, Owner: d.Owner, Epoch: d.Epoch,
		From: from, To: to, Attempts: d.Attempts, Code: d.LastCode, Reply: d.LastReply,
	}
}

// intend is the promise that a dot may follow: durable before the dot is written.
func intend(d Delivery) Change {
	c := change(d, Claimed, Committing)
	c.IfActive = true
	return c
}

// release gives a row back unpunished, to be sent at or after at.
func release(d Delivery, from State, at time.Time, why string) Change {
	c := change(d, from, Ready)
	c.NextAt = at
	if why != "" {
		c.Code, c.Reply = 0, why
	}
	return c
}

// expire gives a row up; what names its message, an issue or a letter.
func expire(d Delivery, what string) Change {
	c := change(d, Claimed, Expired)
	c.Reply = strings.TrimSuffix("given up: too late for this "+what+"; "+d.LastReply, "; ")
	return c
}

// end records why a row never came to its dot.
func end(d Delivery, to State, why error) Change {
	c := change(d, Claimed, to)
	c.Reply = why.Error()
	return c
}

// accept records that the relay has the message.
func accept(d Delivery, r mail.Reply) Change {
	c := change(d, Committing, Accepted)
	c.Attempts, c.Code, c.Reply = d.Attempts+1, r.Code, r.Text
	return c
}

// refuse records a relay's no, from which a verdict may yet take the row back.
func refuse(d Delivery, from State, r mail.Reply) Change {
	c := change(d, from, Failed)
	c.Attempts, c.Code, c.Reply = d.Attempts+1, r.Code, r.String()
	return c
}

// doubt records that a dot may have been taken and that nobody can know. Under
// a resend policy the row is ready again at once: one more copy is what the
// operator preferred to a loss.
func doubt(d Delivery, why string, resend bool, at time.Time) []Change {
	c := change(d, Committing, InDoubt)
	c.Attempts, c.Code, c.Reply = d.Attempts+1, 0, why
	if !resend {
		return []Change{c}
	}
	again := c
	again.From, again.To, again.NextAt = InDoubt, Ready, at
	return []Change{c, again}
}

// Resolve is an operator's word on a row in doubt: it was delivered, or it is
// to be sent once more.
func Resolve(d Delivery, to State, at time.Time, who string) Change {
	c := change(d, InDoubt, to)
	c.NextAt = at
	c.Reply = "resolved by " + who
	return c
}

// Retry is an operator's wish to have a row that had ended without an accepted
// message tried again. What the relay or the program said of it stays in the
// reply, behind who asked.
func Retry(d Delivery, at time.Time, who string) Change {
	c := change(d, d.State, Ready)
	c.NextAt = at
	c.Code, c.Reply = 0, "tried again by "+who
	if d.LastReply != "" {
		c.Reply += "; before: " + d.LastReply
	}
	return c
}
