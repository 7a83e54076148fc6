package store

import (
	"cmp"
	"slices"
	"sync"
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
	"digest.example/internal/subscribers"
)

// beside runs f until it waits for a lock that somebody else has, and returns what
// waits for its end. f must wait for one.
func (w *world) beside(f func()) (wait func()) {
	w.Helper()
	var group sync.WaitGroup
	group.Go(f)
	for w.query(`SELECT CAST(COUNT(*) AS TEXT) FROM pg_locks WHERE NOT granted`) == "0" {
		w.must(w.ctx.Err())
	}
	return group.Wait
}

// Who waits for a row must not have locked its issue: who has the row may want that
// next, since somebody may have a copy.
func TestRowsBeforeTheirIssue(t *testing.T) {
	server := pgtest.Start(t)
	for name, f := range map[string]func(w *world, issue string) error{
		"free": func(w *world, issue string) error {
			_, _, err := w.Free(w.ctx, issue, "a", noon)
			return err
		},
		"erase whom its reason names": func(w *world, issue string) error {
			return w.ErasePerson(w.ctx, person(1).ID, subscribers.Suppression{Hash: person(1).Hash, Reason: "erased", At: noon})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, ctx: t.Context(), url: server.Database(t)}
			w.Store = opened(t, w.url, Options{Mode: ReadWrite})
			_, issue := w.sending(3)
			rows := w.claim(issue, "a", 3)
			slices.SortFunc(rows, func(x, y delivery.Delivery) int { return cmp.Compare(x.Subscriber, y.Subscriber) })
			w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
			w.exec(`UPDATE issue SET reason = '550 ' || $1, spent = NULL`, person(1).Address)
			other := opened(t, w.url, Options{Mode: ReadWrite})
			var wait func()
			w.must(other.change(w.ctx, "apply", func(own tx) error {
				if _, err := own.exec(`UPDATE delivery SET changed = changed WHERE subscriber = $1`, rows[1].Subscriber); err != nil {
					return err
				}
				wait = w.beside(func() {
					if err := f(w, issue); err != nil {
						t.Error(err)
					}
				})
				return own.spend(noon, issue)
			}))
			wait()
		})
	}
}

// Who changes several issues locks them in one order.
func TestIssuesAreLockedInOrder(t *testing.T) {
	w := &world{T: t, ctx: t.Context(), url: pgtest.Start(t).Database(t)}
	w.Store = opened(t, w.url, Options{Mode: ReadWrite})
	w.enrolN(w.newsletter("weekly"), 0, 1)
	var issues []string
	for n := range 6 {
		r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(n), noon)
		w.must(err)
		w.planAll(r.ID)
		w.move(r.ID, digest.IssuePlanning, digest.IssueSending)
		w.apply(change(w.claim(r.ID, "dead", 1)[0], delivery.Claimed, delivery.Committing))
		issues = append(issues, r.ID)
	}
	slices.Sort(issues)
	w.lapse("dead", forEver)
	other := opened(t, w.url, Options{Mode: ReadWrite})
	var wait func()
	w.must(other.change(w.ctx, "apply", func(own tx) error {
		if err := own.spend(noon, issues[0]); err != nil {
			return err
		}
		wait = w.beside(func() {
			if _, doubts := w.recover("b", noon); doubts != len(issues) {
				t.Errorf("%d doubts of %d", doubts, len(issues))
			}
		})
		return own.spend(noon, issues[1:]...)
	}))
	wait()
}
