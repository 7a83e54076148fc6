package store

import (
	"context"
	"fmt"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// pending are people from to to-1 who wait for being confirmed.
func (w *world) pending(newsletter string, from, to int) (all []subscribers.Entry) {
	w.Helper()
	w.enrolN(newsletter, from, to)
	w.exec(`UPDATE consent SET state = 'pending' WHERE subscriber >= $1 AND subscriber < $2`, person(from).ID, person(to).ID)
	return entries(from, to)
}

func (w *world) active() string {
	w.Helper()
	return w.query(`SELECT COUNT(*) FROM consent WHERE state = 'active'`)
}

func testImportConfirms(t *testing.T, w *world) {
	const n = 1001 // several transactions
	newsletter := w.newsletter("weekly")
	people := w.pending(newsletter, 0, n)
	i := w.opening(newsletter)
	w.stage(i, 0, n+1)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	w.must(i.Show(ctx, []subscribers.State{subscribers.Pending}, people))
	if got := w.active(); got != fmt.Sprint(n+1) {
		t.Errorf("%s are active", got)
	}
	if got := w.query(`SELECT COUNT(*) FROM consent_event WHERE from_state = 'pending' AND to_state = 'active'
		AND how = 'sheet' AND evidence LIKE 'list.csv, line %'`); got != fmt.Sprint(n) {
		t.Errorf("%s events", got)
	}
	if got := w.query(`SELECT COUNT(*) FROM import_confirm`); got != "0" {
		t.Errorf("%s are written down for later", got)
	}
}

// Wherever an import dies that confirms people, nobody is confirmed unless the
// list is shown; and if it is, the next one completes it. Who has decided
// meanwhile is left alone.
func testImportConfirmsAfterACrash(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	const first = 100
	people := w.pending(newsletter, 0, first+10)
	begin := func() *importing {
		t.Helper()
		return w.opening(newsletter).(*importing)
	}
	i := begin()
	w.must(i.note(w.ctx, people))
	w.must(i.Close()) // dies before the flip
	i = begin()
	if got := w.active() + " " + w.query(`SELECT COUNT(*) FROM import_confirm`); got != "0 0" {
		t.Errorf("after a list that was never shown: %s active and written down", got)
	}
	w.must(i.note(w.ctx, people))
	w.must(i.flip(w.ctx))
	w.must(w.change(w.ctx, "confirm", func(t tx) error {
		_, err := t.confirm(i.id, []subscribers.State{subscribers.Pending}, first)
		return err
	}))
	w.must(i.Close()) // dies after the first of its transactions
	if got := w.active(); got != fmt.Sprint(first) {
		t.Fatalf("%s active after one transaction", got)
	}
	last := len(people) - 1
	w.exec(`UPDATE consent SET state = 'unsubscribed' WHERE subscriber = $1`, person(last).ID)
	w.exec(`UPDATE consent SET since = since + 1 WHERE subscriber = $1`, person(last-1).ID) // asked again
	w.exec(`DELETE FROM subscriber WHERE id = $1`, person(last-2).ID)
	i = begin()
	if got := w.active() + " " + w.query(`SELECT COUNT(*) FROM import_confirm`); got != fmt.Sprint(first+7, " 0") {
		t.Errorf("after the next import was opened: %s active and written down", got)
	}
	w.must(i.Show(w.ctx, nil, nil))
}

// A transaction of a plan walks a bounded number of people, however many of them
// are only staged.
func testPlanBesideALongImport(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.stage(w.opening(newsletter), 0, 20)
	w.enrolN(newsletter, 20, 23)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	steps := 0
	for done := false; !done; steps++ {
		done, err = w.Plan(w.ctx, r.ID, 5, noon)
		w.must(err)
	}
	if n := w.query(`SELECT COUNT(*) FROM delivery`); n != "3" || steps != 5 {
		t.Errorf("%s planned in %d steps", n, steps)
	}
}
