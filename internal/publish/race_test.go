package publish_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/pgtest"
	"digest.example/internal/store"
)

// named lets a mailer claim under the name of its process.
type named struct {
	delivery.Store
	owner string
}

func (s named) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	c.Owner = s.owner
	return s.Store.Claim(ctx, c)
}

// on moves a world that has nobody in it yet to a database that others use too.
func (w *world) on(dsn, owner string) {
	w.t.Helper()
	w.file, w.owner, w.shared = dsn, owner, true
	w.open(store.Options{Mode: store.ReadWrite})
	w.mailer.store = named{w.db, owner}
	w.start()
}

// Two processes race for one slot after another: each has one issue, and each
// reader gets one mail of it.
func TestTwoRaceForSlots(t *testing.T) {
	const readers, races = 3, 25
	dsn := pgtest.Start(t).Database(t)
	worlds := []*world{newWorld(t, 0), newWorld(t, 0)}
	for i, w := range worlds {
		w.on(dsn, fmt.Sprint("process ", i))
	}
	first := worlds[0]
	first.enrol(0, readers)
	for n := range races {
		slot := sunday.AddDate(0, 0, 7*n)
		var group sync.WaitGroup
		for _, w := range worlds {
			w.site.publish(slot.Add(-72*time.Hour), fmt.Sprint("a", n))
			group.Go(func() {
				if err := w.tryAt(slot); err != nil {
					t.Errorf("race %d: %v", n, err)
				}
			})
		}
		group.Wait()
		first.at(slot.Add(2 * time.Minute)) // whoever lost an issue lets it rest for one
		issues, err := first.db.Issues(first.ctx, "weekly", 0)
		first.must(err)
		if len(issues) != n+1 || issues[0].State != "done" {
			t.Fatalf("%d slots have %d issues, the last %s", n+1, len(issues), issues[0].State)
		}
		first.wantCounts(issues[0], delivery.Counts{delivery.Accepted: readers})
	}
	for i := range readers {
		if n := worlds[0].mailer.got[reader(i)] + worlds[1].mailer.got[reader(i)]; n != races {
			t.Errorf("%s got %d mails of %d issues", reader(i), n, races)
		}
	}
}
