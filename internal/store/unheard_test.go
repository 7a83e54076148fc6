package store

import (
	"testing"
	"time"

	"digest.example/internal/delivery"
)

// The commit of a claim was not heard of: the next one frees what it took, and
// nothing that is in hand, nothing of another's.
func testClaimUnheard(t *testing.T, w *world) {
	_, issue := w.sending(10)
	take := func(owner string, now, unheard time.Time, n int) []delivery.Delivery {
		rows, err := w.Claim(w.ctx, delivery.Claim{
			Issue: issue, Owner: owner, Now: now, Lease: time.Minute, N: n, Unheard: unheard,
		})
		w.must(err)
		return rows
	}
	lost := noon.Add(time.Millisecond)
	held := take("a", noon, time.Time{}, 2)
	others := take("b", lost, time.Time{}, 2)
	for _, d := range append(take("a", lost, time.Time{}, 2), take("a", lost.Add(time.Millisecond), lost, 0)...) {
		if d.Epoch != 1 {
			t.Errorf("claimed %+v", d)
		}
	}
	again := take("a", lost.Add(time.Second), lost, 10)
	if len(again) != 6 {
		t.Errorf("%d rows were to be had, want all but 2 in hand and 2 of another's", len(again))
	}
	for _, d := range append(held, others...) {
		if !w.apply(change(d, delivery.Claimed, delivery.Committing))[0] {
			t.Errorf("%s took %s away", again[0].Owner, d.Subscriber)
		}
	}
}

// The commit of changes was not heard of: asked for again, they are found done,
// also where the row has been claimed since. What somebody else did is not.
func testApplyUnheard(t *testing.T, w *world) {
	_, issue := w.sending(4)
	rows := w.claim(issue, "a", 4)
	for _, d := range rows {
		w.apply(change(d, delivery.Claimed, delivery.Committing))
	}
	changes := []delivery.Change{
		change(rows[0], delivery.Committing, delivery.Accepted),
		change(rows[1], delivery.Committing, delivery.Ready),
		change(rows[2], delivery.Committing, delivery.Failed),
	}
	w.apply(changes...)
	taken := w.claim(issue, "a", 4)
	if len(taken) != 1 {
		t.Fatalf("%d rows were ready", len(taken))
	}
	before := w.states(issue)
	w.exec(`UPDATE delivery SET state = 'in_doubt' WHERE subscriber = $1`, rows[3].Subscriber)
	changes = append(changes, change(rows[3], delivery.Committing, delivery.Accepted))
	for i, ok := range w.apply(changes...) {
		if ok {
			t.Errorf("change %d applied twice", i)
		}
	}
	for i := range changes {
		changes[i].Again = true
	}
	for i, ok := range w.apply(changes...) {
		if ok != (i < 3) {
			t.Errorf("change %d, asked for again: %v", i, ok)
		}
	}
	w.exec(`UPDATE delivery SET state = 'committing' WHERE subscriber = $1`, rows[3].Subscriber)
	if after := w.states(issue); after != before {
		t.Errorf("the rows became %s from %s", after, before)
	}
	if !w.apply(change(taken[0], delivery.Claimed, delivery.Ready))[0] {
		t.Error("the row that was claimed since is not its owner's any more")
	}
}
