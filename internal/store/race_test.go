package store

import (
	"sync"
	"testing"

	"digest.example/internal/digest"
)

// Whoever else wants to open an issue for a slot at the same time, it gets one.
func testSlotRace(t *testing.T, w *world) {
	const races, processes = 100, 4
	w.newsletter("weekly")
	var stores []*Store
	for range processes {
		stores = append(stores, opened(t, w.url, Options{Mode: ReadWrite}))
	}
	for n := range races {
		var group sync.WaitGroup
		var issues [processes]digest.IssueRecord
		var created [processes]bool
		start := make(chan struct{})
		for p, s := range stores {
			group.Go(func() {
				<-start
				var err error
				issues[p], created[p], err = s.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(n), noon)
				if err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		group.Wait()
		made := 0
		for p := range processes {
			if created[p] {
				made++
			}
			if issues[p].ID != issues[0].ID || issues[p].Number != n+1 {
				t.Errorf("race %d: %s is number %d, another %s", n, issues[p].ID, issues[p].Number, issues[0].ID)
			}
		}
		if made != 1 {
			t.Errorf("race %d made %d issues", n, made)
		}
	}
}
