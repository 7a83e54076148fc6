package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/store"
)

// examine sees what a stop has left: nothing but what was between dot and reply is
// in doubt, and that is one row for each connection at most.
func (k *torture) examine() {
	k.Helper()
	r, counts := k.ledger()
	k.phases[phase(r, counts)]++
	drops, fresh := k.relay.drops(), 0
	k.rows(r.ID, func(d delivery.Delivery) {
		if name := fmt.Sprint(d.Subscriber, d.Epoch); !k.seen[name] {
			k.seen[name] = true
			fresh++
		}
	}, delivery.Committing, delivery.InDoubt)
	if fresh > connections+drops-k.counted {
		k.Errorf("%d rows fell in doubt at once, with %d connections and %d replies dropped", fresh, connections, drops-k.counted)
	}
	k.counted = drops
}

// What the program may be at.
const (
	starting = "starting"
	choosing = "choosing"
	planning = "planning"
	claiming = "claiming"
	sending  = "sending"
	ending   = "with nothing in hand"
	ended    = "after the end"
)

// phase says what the program was at when it was stopped.
func phase(r digest.IssueRecord, counts delivery.Counts) string {
	switch {
	case r.ID == "":
		return starting
	case r.Frozen.IsZero():
		return choosing
	case r.State == digest.IssuePlanning:
		return planning
	case r.State != digest.IssueSending:
		return ended
	case counts[delivery.Claimed]+counts[delivery.Committing] > 0:
		return sending
	case counts[delivery.Ready] == counts.Total():
		return claiming
	default:
		return ending
	}
}

// ledger is the issue and its counts, read without leaving a trace.
func (k *torture) ledger() (r digest.IssueRecord, counts delivery.Counts) {
	k.Helper()
	k.read(func(ctx context.Context, s *store.Store) (err error) {
		r, counts, err = glance(ctx, s)
		return err
	})
	return r, counts
}

func glance(ctx context.Context, s *store.Store) (r digest.IssueRecord, counts delivery.Counts, err error) {
	r, err = s.IssueByName(ctx, "weekly", 1)
	if errors.Is(err, digest.ErrNotFound) {
		return r, nil, nil
	}
	if err == nil {
		counts, err = s.Counts(ctx, r.ID)
	}
	return r, counts, err
}

func (k *torture) rows(issue string, f func(delivery.Delivery), states ...delivery.State) {
	k.Helper()
	k.read(func(ctx context.Context, s *store.Store) error {
		return s.Deliveries(ctx, issue, states, func(d delivery.Delivery) error { f(d); return nil })
	})
}

// judge counts at the relay who got how much. So many may be in doubt, or have an
// extra copy, at most.
func (k *torture) judge(most int) {
	k.Helper()
	arrived, missing := k.relay.Accepted(), k.missing("weekly/1")
	k.arrived, k.tally.drops = len(arrived), k.relay.drops()
	for i := range k.recipients {
		who := address(i)
		n, state := arrived[who], missing[who]
		k.copies += max(n-1, 0)
		switch {
		case who == k.left && (n > 0 && state != "" && state != delivery.InDoubt):
			k.Errorf("%s had left, is %s and got %d", who, state, n)
		case who == k.left:
		case state == delivery.InDoubt:
			k.doubts++
		case state != "":
			k.Errorf("%s is left %s", who, state)
		case n == 0:
			k.Errorf("%s did not get it and nobody says so", who)
		}
		if n > 1 && !k.again {
			k.Errorf("%s got it %d times", who, n)
		}
	}
	if k.copies > most || k.doubts > most {
		k.Errorf("%d in doubt and %d extra copies of %d that may be", k.doubts, k.copies, most)
	}
	if k.again && k.doubts > 0 {
		k.Errorf("%d are left in doubt", k.doubts)
	}
	k.judgeCopies()
	had := len(k.relay.Messages())
	k.send().wait()
	if now := len(k.relay.Messages()); now != had {
		k.Errorf("sent once more, it sends %d", now-had)
	}
}

// judgeCopies wants every further copy to be the first, byte by byte, so that
// receivers can tell.
func (k *torture) judgeCopies() {
	k.Helper()
	first := map[string][]byte{}
	for _, m := range k.relay.Messages() {
		who := m.To[0]
		if had, ok := first[who]; ok && !bytes.Equal(had, m.Data) {
			k.Errorf("%s got two different copies", who)
		}
		first[who] = m.Data
	}
	if v := k.relay.Violations(); len(v) > 0 {
		k.Errorf("violations of SMTP: %v", v[:min(len(v), 3)])
	}
}
