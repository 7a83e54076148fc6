package signup

import (
	"context"
	"fmt"
	"maps"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// Once settles all requests that wait and writes all letters that are due.
func (c *Clerk) Once(ctx context.Context) error {
	// A person's own requests go first: they must not wait behind a flood of sign-ups.
	for _, kind := range []digest.LetterKind{digest.LetterErase, digest.LetterData} {
		if err := c.settle(ctx, kind); err != nil {
			return err
		}
	}
	if err := c.settleSignUps(ctx); err != nil {
		return err
	}
	return c.write(ctx)
}

func (c *Clerk) settle(ctx context.Context, kind digest.LetterKind) error {
	for n := batch; n == batch; {
		var err error
		if n, err = c.o.Store.Settle(ctx, kind, OldestFirst, batch, 0, c.o.Now(), grant); err != nil {
			return fmt.Errorf("settle requests for %s letters: %w", kind, err)
		}
	}
	return nil
}

// settleSignUps stops where the hour's confirmations are used up. What is left
// waits, since among a flood there are people who mean it. From then on the newest
// go first, until none wait: behind a flood the oldest would each get their letter
// after a day, when nobody waits for it any more.
func (c *Clerk) settleSignUps(ctx context.Context) error {
	for {
		now := c.o.Now()
		granted, err := c.o.Store.CountGranted(ctx, digest.LetterConfirm, now.Add(-Hour))
		if err != nil {
			return fmt.Errorf("count confirmations: %w", err)
		}
		room := min(batch, c.o.PerHour-granted)
		if room <= 0 {
			c.trip()
			return nil
		}
		order := OldestFirst
		if c.tripped {
			order = NewestFirst
		}
		n, err := c.o.Store.Settle(ctx, digest.LetterConfirm, order, room, c.o.PerHour, now, grant)
		if err != nil {
			return fmt.Errorf("settle sign-ups: %w", err)
		}
		if n < room {
			c.tripped = false
			return nil
		}
	}
}

// trip tells the operator, once, that somebody may be using the form to bother
// strangers.
func (c *Clerk) trip() {
	if c.tripped {
		return
	}
	c.tripped = true
	c.o.Alert(fmt.Sprintf("%d confirmations of sign-ups were sent within an hour: the others wait, the newest "+
		"go first, and all are forgotten after a day at most. If this is an attack on the form, take it off the site for a while", c.o.PerHour))
}

// write writes the letters that are due. One that cannot be written keeps
// nobody else's from being, and is tried again after a rest.
func (c *Clerk) write(ctx context.Context) error {
	now := c.o.Now()
	maps.DeleteFunc(c.later, func(_ string, at time.Time) bool { return !now.Before(at) })
	var failed error
	for after, more := "", true; more; {
		due, err := c.o.Store.Granted(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("read what letters are due: %w", err)
		}
		if err := c.letters(ctx, due, now); err != nil && failed == nil {
			failed = fmt.Errorf("%w: %w", errLetter, err) // the others' are like it, and could be many
		}
		if len(due) > 0 {
			after = due[len(due)-1].ID
		}
		more = len(due) == batch && ctx.Err() == nil
	}
	return failed
}

// letters writes those of requests, but for those that rest, and lasting all at
// once: each commit is one less for those who send meanwhile. So they are written
// once, wherever it is cut off: the tokens of what did not last are known to nobody.
func (c *Clerk) letters(ctx context.Context, due []Due, now time.Time) (failed error) {
	var written []Written
	for _, r := range due {
		if _, rests := c.later[r.ID]; rests {
			continue
		}
		w, err := c.letter(r, now)
		if err != nil {
			c.later[r.ID] = now.Add(rest)
			if failed == nil {
				failed = err
			}
			continue
		}
		written = append(written, w)
	}
	if len(written) == 0 {
		return failed
	}
	if err := c.o.Store.Write(ctx, written, now); err != nil {
		for _, w := range written {
			c.later[w.Request] = now.Add(rest)
		}
		return fmt.Errorf("post %d letters: %w", len(written), err)
	}
	return failed
}

// letter writes a request's letter, with a token that nobody knows yet.
func (c *Clerk) letter(r Due, now time.Time) (Written, error) {
	life := lives[r.Kind]
	giveUp := r.Granted.Add(life.letter)
	if !now.Before(giveUp) {
		return Written{Request: r.ID}, nil
	}
	token, hash, err := subscribers.NewTicket(c.o.Random)
	if err != nil {
		return Written{}, err
	}
	from, data, err := c.o.Composer.Compose(r.Kind, r.Newsletter, r.Language, r.Address.Mailbox, c.o.Link(r.Kind, token), now)
	if err != nil {
		return Written{}, fmt.Errorf("write the %s letter of request %s: %w", r.Kind, r.ID, err)
	}
	return Written{
		Request: r.ID,
		Letter: &digest.Letter{
			ID: r.ID, Kind: r.Kind, Subscriber: r.Subscriber, Newsletter: r.Newsletter,
			From: from, Data: data, Created: now, GiveUp: giveUp,
		},
		Ticket: subscribers.Ticket{
			Hash: hash, Purpose: life.purpose, Subscriber: r.Subscriber, Newsletter: r.Newsletter, Language: r.Language,
			Wording: r.Wording, Evidence: r.Evidence, Created: now, Expires: now.Add(life.token),
		},
	}, nil
}

// Tidy forgets what is old.
func (c *Clerk) Tidy(ctx context.Context) error {
	now := c.o.Now()
	nth, err := c.o.Store.NthWaiting(ctx, digest.LetterConfirm, mostWaiting)
	if err != nil {
		return fmt.Errorf("count who waits: %w", err)
	}
	ages := Ages{
		Waiting: now.Add(-keepWaiting), Settled: now.Add(-keepSettled),
		Tickets: now.Add(-keepTickets), Unconfirmed: now.Add(-keepUnconfirmed),
	}
	if nth.After(ages.Waiting) {
		ages.Waiting = nth
	}
	for more := true; more; {
		if more, err = c.o.Store.Forget(ctx, now, ages, batch); err != nil {
			return fmt.Errorf("forget old requests: %w", err)
		}
	}
	return nil
}
