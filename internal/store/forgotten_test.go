package store

import (
	"maps"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/subscribers"
)

// What pruning takes away does not look as if it had never been.
func testForgotten(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 3)
	w.exec(`UPDATE subscriber SET created = $1`, noon.Add(-2*year).UnixMilli())
	w.exec(`UPDATE subscriber SET created = $1 WHERE id = $2`, noon.Add(-time.Hour).UnixMilli(), person(2).ID)
	old := w.ended(1, noon.Add(-year-time.Hour), delivery.Accepted, delivery.InDoubt)
	w.ended(2, noon, delivery.Accepted, delivery.Failed, delivery.Accepted)
	person := func(n int) subscribers.Person {
		p, err := w.Person(w.ctx, person(n).ID)
		w.must(err)
		return p
	}
	if p := person(0); len(p.Issues) != 2 || !p.Forgotten.IsZero() {
		t.Errorf("before pruning: %+v", p)
	}
	if n, err := w.Forgotten(w.ctx, old); err != nil || n.Total() != 0 {
		t.Errorf("before pruning %v are forgotten, %v", n, err)
	}
	for w.pruneLedger(noon, 1) {
		n, err := w.Forgotten(w.ctx, old)
		if left := w.ledgerRows(old); err != nil || n.Total()+int(left[0]-'0') != 2 {
			t.Errorf("%v are forgotten and %s known, %v", n, left, err)
		}
	}
	if n, err := w.Forgotten(w.ctx, old); err != nil || !maps.Equal(n, delivery.Counts{delivery.Accepted: 1, delivery.InDoubt: 1}) {
		t.Errorf("forgotten are %v, %v", n, err)
	}
	if p := person(0); len(p.Issues) != 1 || !p.Forgotten.Equal(slot(1).At) {
		t.Errorf("%d issues, and forgotten until %v", len(p.Issues), p.Forgotten)
	}
	if p := person(2); len(p.Issues) != 1 || !p.Forgotten.IsZero() {
		t.Errorf("who came later: %d issues, and forgotten until %v", len(p.Issues), p.Forgotten)
	}
}
