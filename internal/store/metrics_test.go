package store

import (
	"fmt"
	"testing"

	"digest.example/internal/subscribers"
)

// People whom an import has only staged do not count before it is shown.
func testListCounts(t *testing.T, w *world) {
	weekly, monthly := w.newsletter("weekly"), w.newsletter("monthly")
	w.newsletter("quarterly")
	w.enrolN(weekly, 0, 5)
	w.enrolN(monthly, 0, 2)
	w.leave(weekly, 1)
	counts := func(want string) {
		t.Helper()
		all, err := w.ListCounts(w.ctx)
		if err != nil || fmt.Sprint(all) != want {
			t.Errorf("%v, %v, want %s", all, err, want)
		}
	}
	const before = "[{monthly active 2} {weekly active 4} {weekly unsubscribed 1}]"
	counts(before)
	i, err := w.OpenImport(w.ctx, monthly, "list", noon)
	w.must(err)
	var entries []subscribers.Entry
	for n := 10; n < 13; n++ {
		entries = append(entries, subscribers.Entry{Person: person(n), Since: noon, How: "list"})
	}
	_, err = i.Stage(w.ctx, entries)
	w.must(err)
	counts(before)
	w.must(i.Show(w.ctx, nil, nil))
	w.must(i.Close())
	counts("[{monthly active 5} {weekly active 4} {weekly unsubscribed 1}]")
}
