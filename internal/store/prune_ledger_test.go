package store

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// ended makes an issue that ended then, with a row in each of the states.
func (w *world) ended(n int, then time.Time, states ...delivery.State) (issue string) {
	w.Helper()
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(n), then)
	w.must(err)
	for i, s := range states {
		w.exec(`INSERT INTO delivery (issue, subscriber, state, attempts, next_at, owner, epoch, lease_until, last_code,
			last_reply, changed) VALUES ($1, $2, $3, 1, 0, 'a', 1, 0, 250, 'ok', 0)`, r.ID, person(i).ID, string(s))
	}
	w.exec(`UPDATE issue SET recipients = $1 WHERE id = $2`, len(states), r.ID)
	w.endAt(r.ID, digest.IssuePlanning, then)
	return r.ID
}

func (w *world) endAt(issue string, from digest.IssueState, then time.Time) {
	w.Helper()
	moved, err := w.MoveIssue(w.ctx, issue, []digest.IssueState{from}, digest.IssueMove{To: digest.IssueDone, At: then})
	w.must(err)
	if !moved {
		w.Fatalf("%s did not end", issue)
	}
}

func (w *world) counts(issue string) delivery.Counts {
	w.Helper()
	c, err := w.Counts(w.ctx, issue)
	w.must(err)
	return c
}

func (w *world) pruneLedger(now time.Time, n int) (more bool) {
	w.Helper()
	more, err := w.PruneLedger(w.ctx, now, year, n)
	w.must(err)
	return more
}

func (w *world) ledgerRows(issue string) string {
	w.Helper()
	return w.query(`SELECT CAST(COUNT(*) AS TEXT) FROM delivery WHERE issue = $1`, issue)
}

// After each step, and so after each crash between two, the counts are whole.
func testPruneLedger(t *testing.T, w *world) {
	w.newsletter("weekly")
	old := w.ended(1, noon.Add(-year-time.Millisecond), delivery.Accepted, delivery.Accepted, delivery.InDoubt,
		delivery.Failed, delivery.Skipped)
	young := w.ended(2, noon, delivery.Accepted, delivery.InDoubt)
	want := w.counts(old)
	if want.Total() != 5 || want[delivery.Accepted] != 2 {
		t.Fatalf("counted %v", want)
	}
	for left := 5; left > 0; left -= 2 {
		if got := w.ledgerRows(old); got != fmt.Sprint(left) {
			t.Fatalf("%s rows are left, want %d", got, left)
		}
		if !w.pruneLedger(noon, 2) {
			t.Fatal("stopped early")
		}
		if got := w.counts(old); !maps.Equal(got, want) {
			t.Fatalf("counts are %v, were %v", got, want)
		}
	}
	if w.pruneLedger(noon, 2) || w.ledgerRows(old) != "0" {
		t.Error("there is no end")
	}
	if got := w.ledgerRows(young); got != "2" {
		t.Errorf("%s rows of a young issue are left", got)
	}
	if b, err := w.Backlog(w.ctx, old); err != nil || b != (delivery.Backlog{}) {
		t.Errorf("the backlog of a pruned issue is %+v, %v", b, err)
	}
	if err := w.Deliveries(w.ctx, old, nil, func(delivery.Delivery) error { return fmt.Errorf("a row") }); err != nil {
		t.Errorf("a pruned issue has %v", err)
	}
}

// What is not over is not old.
func testPruneLedgerKeeps(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.ended(1, noon)
	long := noon.Add(-3 * year)
	w.enrolN(newsletter, 0, 3)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(2), long)
	w.must(err)
	w.planAll(r.ID)
	w.move(r.ID, digest.IssuePlanning, digest.IssueSending)
	for w.pruneLedger(noon, 2) {
		t.Fatal("an issue that is sending is pruned")
	}
	w.endAt(r.ID, digest.IssueSending, long)
	w.pruneLedger(noon, 2)
	// Its operator has what is left sent once more.
	w.move(r.ID, digest.IssueDone, digest.IssuePlanning)
	if w.pruneLedger(noon, 2) {
		t.Error("a reopened issue is pruned")
	}
	// Who looked a moment before it was reopened asks once more.
	w.must(w.change(w.ctx, "prune", func(tx tx) error {
		_, err := tx.pruneLedger(pruned{issue: r.ID}, ms(noon), 2)
		return err
	}))
	w.planAll(r.ID)
	if got := w.ledgerRows(r.ID); got != "1" {
		t.Errorf("who was pruned is planned again: %s rows", got)
	}
	if got := w.counts(r.ID); got[delivery.Ready] != 3 {
		t.Errorf("counts %v", got)
	}
}

// A clock that is years ahead costs nothing, nor does a newsletter that rests.
func testPruneLedgerClock(t *testing.T, w *world) {
	w.newsletter("weekly")
	last := w.ended(1, noon, delivery.Accepted)
	before := w.ended(2, noon.Add(-year/2), delivery.Accepted)
	if w.pruneLedger(noon.Add(20*year), 10) || w.ledgerRows(last) != "1" || w.ledgerRows(before) != "1" {
		t.Error("a wrong clock costs a ledger")
	}
	w.ended(3, noon.Add(20*year), delivery.Accepted)
	if w.pruneLedger(noon, 10) || w.ledgerRows(before) != "1" {
		t.Error("an issue that ended in the future costs the ledgers of the present")
	}
}

// A number of recipients that is wrong does not make pruning endless.
func testPruneLedgerEnds(t *testing.T, w *world) {
	w.newsletter("weekly")
	old := w.ended(1, noon.Add(-2*year), delivery.Accepted, delivery.Failed)
	w.ended(2, noon)
	w.exec(`UPDATE issue SET recipients = 7 WHERE id = $1`, old)
	for steps := 0; w.pruneLedger(noon, 1); steps++ {
		if steps > 10 {
			t.Fatal("there is no end")
		}
	}
	if want := (delivery.Counts{delivery.Accepted: 1, delivery.Failed: 1}); !maps.Equal(w.counts(old), want) {
		t.Errorf("counts %v, want %v", w.counts(old), want)
	}
}
