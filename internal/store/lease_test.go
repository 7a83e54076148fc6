package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/pgtest"
)

// lapse lets the leases of an owner end so long ago.
func (w *world) lapse(owner string, ago time.Duration) {
	w.Helper()
	w.must(w.change(w.ctx, "lapse", func(t tx) error {
		at, err := t.judged(noon)
		if err == nil {
			_, err = t.exec(`UPDATE delivery SET lease_until = $1 WHERE owner = $2`, ms(at.Add(-ago)), owner)
		}
		return err
	}))
}

func (w *world) recover(owner string, now time.Time) (ready, inDoubt int) {
	w.Helper()
	ready, inDoubt, err := w.Recover(w.ctx, owner, false, time.Minute, now)
	w.must(err)
	return ready, inDoubt
}

func testRecover(t *testing.T, w *world) {
	_, issue := w.sending(6)
	mine := w.claim(issue, "me", 2)
	dead := w.claim(issue, "dead", 3)
	w.apply(change(mine[0], delivery.Claimed, delivery.Committing), change(dead[0], delivery.Claimed, delivery.Committing))
	check := func(what string, exclusive bool, ready, doubt int) {
		t.Helper()
		r, d, err := w.Recover(w.ctx, "me", exclusive, time.Minute, noon)
		if err != nil || r != ready || d != doubt {
			t.Errorf("%s: %d ready, %d in doubt, %v; want %d and %d", what, r, d, err, ready, doubt)
		}
	}
	spent := func() bool {
		r, err := w.Issue(w.ctx, issue)
		w.must(err)
		return !r.Spent.IsZero()
	}
	check("leases run", false, 0, 0)
	w.lapse("dead", 30*time.Second)
	check("the lease has ended, the grace has not", false, 2, 0)
	if spent() {
		t.Error("spent although nothing is in doubt")
	}
	w.lapse("dead", time.Minute)
	check("the grace has ended", false, 0, 1)
	if !spent() {
		t.Error("not spent although a row is in doubt")
	}
	again := w.claim(issue, "dead", 3)
	w.apply(change(again[0], delivery.Claimed, delivery.Committing))
	check("the only process", true, 2, 1)
	counts, err := w.Counts(w.ctx, issue)
	w.must(err)
	want := delivery.Counts{delivery.Claimed: 1, delivery.Committing: 1, delivery.Ready: 2, delivery.InDoubt: 2}
	if !maps.Equal(counts, want) {
		t.Errorf("counts %v, want %v", counts, want)
	}
}

// A lease that is renewed in time goes on; what was lost meanwhile stays lost.
func testRenew(t *testing.T, w *world) {
	_, issue := w.sending(3)
	rows := w.claim(issue, "a", 2)
	other := w.claim(issue, "b", 1)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
	w.lapse("a", 2*time.Minute)
	w.lapse("b", 2*time.Minute)
	w.must(w.Renew(w.ctx, "a", noon, time.Minute))
	if ready, inDoubt := w.recover("me", noon); ready != 1 || inDoubt != 0 {
		t.Errorf("renewed by a only, %d became ready and %d in doubt", ready, inDoubt)
	}
	w.must(w.Renew(w.ctx, "b", noon, time.Minute))
	if ready, inDoubt := w.recover("me", noon.Add(30*time.Second)); ready != 0 || inDoubt != 0 {
		t.Errorf("leases run, and %d became ready, %d in doubt", ready, inDoubt)
	}
	if w.apply(change(other[0], delivery.Claimed, delivery.Committing))[0] {
		t.Error("a row that was freed has its intent by renewing")
	}
	w.lapse("a", 2*time.Minute)
	if ready, inDoubt := w.recover("me", noon); ready != 1 || inDoubt != 1 {
		t.Errorf("ended again, %d became ready and %d in doubt", ready, inDoubt)
	}
	w.must(w.Renew(w.ctx, "a", noon, time.Hour))
	if got := w.states(issue); got != "in_doubt ready ready" && got != "ready in_doubt ready" && got != "ready ready in_doubt" {
		t.Errorf("a renewal that came too late left %s", got)
	}
}

// Whoever wakes after its lease, with its rows in other hands, changes nothing:
// neither by its old epoch nor because it claims again under its own name.
func testZombie(t *testing.T, w *world) {
	_, issue := w.sending(3)
	rows := w.claim(issue, "zombie", 3)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
	w.lapse("zombie", time.Hour)
	if ready, inDoubt := w.recover("heir", noon); ready != 2 || inDoubt != 1 {
		t.Fatalf("%d became ready, %d in doubt", ready, inDoubt)
	}
	w.claim(issue, "heir", 1)
	w.claim(issue, "zombie", 1) // with a new epoch
	before := w.ledger(issue)
	for _, d := range rows {
		for from, tos := range map[delivery.State][]delivery.State{
			delivery.Claimed:    {delivery.Committing, delivery.Ready, delivery.Failed, delivery.Expired, delivery.RenderError},
			delivery.Committing: {delivery.Accepted, delivery.Ready, delivery.Failed, delivery.InDoubt},
		} {
			for _, to := range tos {
				if w.apply(change(d, from, to))[0] {
					t.Errorf("%s, %s to %s, applied", d.Subscriber, from, to)
				}
			}
		}
	}
	if after := w.ledger(issue); after != before {
		t.Errorf("the ledger was\n%s\nand is\n%s", before, after)
	}
}

// ledger is an issue's rows as text.
func (w *world) ledger(issue string) string {
	w.Helper()
	var b strings.Builder
	w.must(w.Deliveries(w.ctx, issue, nil, func(d delivery.Delivery) error {
		fmt.Fprintln(&b, d.Subscriber, d.State, d.Owner, d.Epoch, d.Attempts, d.NextAt, d.LastReply)
		return nil
	}))
	return b.String()
}

// A row that its owner is changing at this moment is not taken for a dead one's,
// and nobody waits for it.
func TestRecoverWaitsForNobody(t *testing.T) {
	server := pgtest.Start(t)
	w := &world{T: t, ctx: t.Context(), url: server.Database(t)}
	w.Store = opened(t, w.url, Options{Mode: ReadWrite})
	_, issue := w.sending(4)
	rows := w.claim(issue, "late", 4)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing), change(rows[1], delivery.Claimed, delivery.Committing))
	w.lapse("late", time.Hour)
	other := opened(t, w.url, Options{Mode: ReadWrite})
	w.must(w.change(w.ctx, "be slow", func(own tx) error {
		for _, d := range []delivery.Delivery{rows[0], rows[2]} {
			if _, err := own.exec(`UPDATE delivery SET last_reply = 'here' WHERE subscriber = $1`, d.Subscriber); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
		defer cancel()
		ready, inDoubt, err := other.Recover(ctx, "other", false, time.Minute, noon)
		if err != nil || ready != 1 || inDoubt != 1 {
			t.Errorf("%d became ready and %d in doubt, %v; want the two that nobody changes", ready, inDoubt, err)
		}
		return nil
	}))
}

// Senders whose clocks are hours apart: the database's clock judges, so none
// frees a row of one that lives, nor keeps one of the dead.
func TestClocksOfSendersDiffer(t *testing.T) {
	server := pgtest.Start(t)
	w := &world{T: t, ctx: context.Background(), url: server.Database(t)}
	w.Store = opened(t, w.url, Options{Mode: ReadWrite})
	_, issue := w.sending(2)
	for _, skew := range []time.Duration{-5 * time.Hour, 0, 5 * time.Hour} {
		now := time.Now().Add(skew)
		w.exec(`UPDATE delivery SET state = 'ready', owner = '', next_at = 0`)
		rows, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "living", Now: now, Lease: time.Hour, N: 2})
		w.must(err)
		if len(rows) != 2 {
			t.Fatalf("claimed %d rows", len(rows))
		}
		w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
		for _, other := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
			if ready, inDoubt := w.recover("other", time.Now().Add(other)); ready+inDoubt != 0 {
				t.Errorf("claimed by a clock off by %s, by one off by %s freed: %d and %d", skew, other, ready, inDoubt)
			}
		}
		w.must(w.Renew(w.ctx, "living", now, -time.Hour)) // it ended an hour ago
		if ready, inDoubt := w.recover("other", time.Now().Add(-24*time.Hour)); ready != 1 || inDoubt != 1 {
			t.Errorf("claimed by a clock off by %s and ended, freed %d and %d", skew, ready, inDoubt)
		}
	}
}
