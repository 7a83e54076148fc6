package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

func testClaimsAreExclusive(t *testing.T, w *world) {
	const people, processes = 300, 4
	_, issue := w.sending(people)
	var mu sync.Mutex
	var group sync.WaitGroup
	owners := map[string]string{}
	for p := range processes {
		other := opened(t, w.url, Options{Mode: ReadWrite}) // each process has connections of its own
		group.Go(func() {
			owner := fmt.Sprint("process ", p)
			for {
				rows, err := other.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: owner, Now: noon, Lease: time.Minute, N: 7})
				if err != nil {
					t.Error(err)
				}
				if len(rows) == 0 {
					return
				}
				mu.Lock()
				for _, d := range rows {
					if had := owners[d.Subscriber]; had != "" {
						t.Errorf("%s was given to %s and %s", d.Subscriber, had, owner)
					}
					owners[d.Subscriber] = owner
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	// A row that one process has locked is skipped by the others, which may then
	// find nothing; whoever locked it has it.
	if len(owners) != people {
		t.Errorf("%d rows were claimed, want %d", len(owners), people)
	}
}

func testClaim(t *testing.T, w *world) {
	_, issue := w.sending(3)
	later := person(2).ID
	w.exec(`UPDATE delivery SET next_at = $1 WHERE subscriber = $2`, ms(noon)+1, later)
	rows := w.claim(issue, "a", 10)
	if len(rows) != 2 {
		t.Fatalf("claimed %d rows, want the 2 that are due", len(rows))
	}
	d := rows[0]
	want := delivery.Delivery{
		Issue: issue, Subscriber: d.Subscriber, Address: d.Address, Name: d.Name,
		State: delivery.Claimed, NextAt: noon, Owner: "a", Epoch: 1, Changed: noon,
	}
	if d != want || d.Address == "" || d.Name == "" {
		t.Errorf("claimed %+v, want %+v", d, want)
	}
	if n := w.query(`SELECT counter FROM run WHERE name = 'sender'`); n != "1" {
		t.Errorf("run counter is %s after one batch", n)
	}
	b, err := w.Backlog(w.ctx, issue)
	w.must(err)
	if want := (delivery.Backlog{Sending: true, Ready: true, Held: true, NextAt: noon.Add(time.Millisecond)}); b != want {
		t.Errorf("backlog %+v, want %+v", b, want)
	}

	w.move(issue, digest.IssueSending, digest.IssuePaused)
	w.exec(`UPDATE delivery SET next_at = 0 WHERE subscriber = $1`, later)
	if rows := w.claim(issue, "a", 10); len(rows) != 0 {
		t.Errorf("a paused issue gave %d rows", len(rows))
	}
	if b, err := w.Backlog(w.ctx, issue); err != nil || b.Sending {
		t.Errorf("backlog of a paused issue: %+v, %v", b, err)
	}
	if n := w.query(`SELECT counter FROM run WHERE name = 'sender'`); n != "1" {
		t.Errorf("run counter is %s although nothing more was claimed", n)
	}
	if _, err := w.Claim(w.ctx, delivery.Claim{Issue: "none", N: 1}); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("claim of no issue: %v", err)
	}
	if _, err := w.Backlog(w.ctx, "none"); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("backlog of no issue: %v", err)
	}
}

func testClaimSkips(t *testing.T, w *world) {
	newsletter, issue := w.sending(30)
	for n := range 25 { // more than one transaction looks at for a claim of 5
		w.leave(newsletter, n)
	}
	w.exec(`INSERT INTO suppression VALUES ($1, '', 'bounced', '', '', 0)`, person(25).Hash)
	w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', '', '', 0)`, person(26).Hash, newsletter)
	w.exec(`INSERT INTO suppression VALUES ($1, 'another', 'operator', '', '', 0)`, person(27).Hash)
	w.exec(`DELETE FROM subscriber WHERE id = $1`, person(28).ID) // erased
	rows := append(w.claim(issue, "a", 5), w.claim(issue, "a", 5)...)
	got := map[string]bool{}
	for _, d := range rows {
		got[d.Subscriber] = true
	}
	if len(got) != 2 || !got[person(27).ID] || !got[person(29).ID] {
		t.Errorf("claimed %v, want persons 27 and 29", got)
	}
	counts, err := w.Counts(w.ctx, issue)
	w.must(err)
	if counts[delivery.Skipped] != 28 || counts[delivery.Claimed] != 2 || counts.Total() != 30 {
		t.Errorf("counts %v", counts)
	}
}

func testClaimNewerSchema(t *testing.T, w *world) {
	_, issue := w.sending(1)
	w.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	_, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: 1})
	if !errors.Is(err, digest.ErrSchema) || w.states(issue) != "ready" {
		t.Errorf("claim under a newer schema: %v, rows %s", err, w.states(issue))
	}
	for _, mode := range []Mode{ReadOnly, ReadWrite, Upgrade} {
		if _, err := Open(w.ctx, w.url, Options{Mode: mode}); !errors.Is(err, digest.ErrSchema) {
			t.Errorf("mode %d opens a newer schema: %v", mode, err)
		}
	}
}
