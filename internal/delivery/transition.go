package delivery

import "time"

// Legal says whether the ledger allows a row to go from one state to another.
// Nothing ever leads from Accepted to a state that is sent again.
func Legal(from, to State) bool {
	for _, s := range follows[from] {
		if s == to {
			return true
		}
	}
	return false
}

var follows = map[State][]State{
	Ready:       {Claimed, Skipped},
	Claimed:     {Ready, Committing, Failed, RenderError, Skipped, Expired},
	Committing:  {Accepted, Ready, Failed, InDoubt},
	InDoubt:     {Accepted, Ready, Expired},
	Accepted:    {Bounced, Complained},
	Failed:      {},
	RenderError: {},
	Skipped:     {},
	Expired:     {},
	Bounced:     {},
	Complained:  {},
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
