package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// opening begins an import, which ends with the test at the latest.
func (w *world) opening(newsletter string) subscribers.Import {
	w.Helper()
	i, err := w.OpenImport(w.ctx, newsletter, "import of list.csv", noon)
	w.must(err)
	w.Cleanup(func() { w.must(i.Close()) })
	return i
}

// entries are the people from to to-1, as a list has them.
func entries(from, to int) (all []subscribers.Entry) {
	for n := from; n < to; n++ {
		all = append(all, subscribers.Entry{
			Person: person(n), Line: n, Since: noon, How: "sheet", Wording: "w", Evidence: fmt.Sprintf("list.csv, line %d", n),
		})
	}
	return all
}

func (w *world) stage(i subscribers.Import, from, to int) []subscribers.Standing {
	w.Helper()
	before, err := i.Stage(w.ctx, entries(from, to))
	w.must(err)
	return before
}

// listed are the numbers of consents and of recipients that a newsletter has.
func (w *world) listed(newsletter string) string {
	w.Helper()
	consents, recipients := 0, 0
	w.must(w.Consents(w.ctx, newsletter, "", func(subscribers.Consent) error { consents++; return nil }))
	w.must(w.Recipients(w.ctx, "weekly", noon, func(digest.Recipient) error { recipients++; return nil }))
	return fmt.Sprint(consents, recipients)
}

func (w *world) planned(n int) (issue string, recipients string) {
	w.Helper()
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(n), noon)
	w.must(err)
	w.planAll(r.ID)
	return r.ID, w.query(`SELECT COUNT(*) FROM delivery WHERE issue = $1`, r.ID)
}

func testImportIsVisibleAtOnce(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 3)
	i := w.opening(newsletter)
	before := w.stage(i, 0, 1000)
	for _, v := range before {
		if known := v.State == subscribers.Active; known != (v.Subscriber != "" && v.Subscriber < person(3).ID) {
			t.Fatalf("somebody stood as %+v", v)
		}
	}
	if got := w.listed(newsletter); got != "3 3" {
		t.Errorf("staged: %s listed", got)
	}
	if _, n := w.planned(1); n != "3" {
		t.Errorf("staged: %s planned", n)
	}
	if _, err := w.Consent(w.ctx, person(7).ID, newsletter); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("staged: a consent, %v", err)
	}
	from := []subscribers.State{subscribers.Active}
	if moved, err := w.Move(w.ctx, person(7).ID, newsletter, from, subscribers.Event{To: subscribers.Unsubscribed}); moved || err != nil {
		t.Errorf("staged: moved %v, %v", moved, err)
	}
	w.leave(newsletter, 1) // nobody waits for the import
	w.must(i.Show(w.ctx, nil, nil))
	if got := w.listed(newsletter); got != "1000 1000" {
		t.Errorf("shown: %s listed", got)
	}
	if _, n := w.planned(2); n != "999" {
		t.Errorf("shown: %s planned", n)
	}
	c, err := w.Consent(w.ctx, person(7).ID, newsletter)
	want := subscribers.Consent{Subscriber: person(7), Newsletter: newsletter, State: subscribers.Active, Since: noon, Agreed: noon, How: "sheet", Wording: "w"}
	if d := cmp.Diff(want, c); d != "" || err != nil {
		t.Errorf("shown: %v\n%s", err, d)
	}
	if n := w.query(`SELECT COUNT(*) FROM consent_event WHERE subscriber = $1 AND evidence = 'list.csv, line 7'
		AND how = 'sheet' AND actor = 'operator' AND from_state = '' AND to_state = 'active'`, person(7).ID); n != "1" {
		t.Errorf("%s events", n)
	}
}

// An issue that is planned in several transactions gets all of an import or
// none of it.
func testImportBetweenChunksOfAPlan(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 10)
	i := w.opening(newsletter)
	w.stage(i, 10, 500)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	if done, err := w.Plan(w.ctx, r.ID, 5, noon); done || err != nil {
		t.Fatal(done, err)
	}
	w.must(i.Show(w.ctx, nil, nil))
	w.planAll(r.ID)
	if n := w.query(`SELECT COUNT(*) FROM delivery WHERE issue = $1`, r.ID); n != "10" {
		t.Errorf("%s planned across the flip", n)
	}
	if _, n := w.planned(2); n != "500" {
		t.Errorf("%s planned after it", n)
	}
}

func testImportLeavesOthersAsTheyAre(t *testing.T, w *world) {
	newsletter, other := w.newsletter("weekly"), w.newsletter("other")
	w.enrolN(other, 0, 8)
	w.enrolN(newsletter, 0, 3)
	w.leave(newsletter, 1)
	w.exec(`UPDATE consent SET state = 'pending' WHERE subscriber = $1 AND newsletter = $2`, person(2).ID, newsletter)
	w.exec(`UPDATE subscriber SET name = '' WHERE id = $1`, person(4).ID)
	i := w.opening(newsletter)
	list := entries(0, 8)
	for n := range list { // other ids and names than those they are known by
		list[n].Person.ID, list[n].Person.Name = fmt.Sprintf("new%013d", n), "New Name"
	}
	before, err := i.Stage(w.ctx, list)
	w.must(err)
	for n, want := range []subscribers.State{"active", "unsubscribed", "pending", "", ""} {
		if before[n].State != want || before[n].Subscriber != person(n).ID {
			t.Errorf("person %d stood as %+v", n, before[n])
		}
	}
	if before[4].Name != "" || before[5].Name != person(5).Name {
		t.Errorf("names %+v", before)
	}
	pending := list[2]
	pending.Person.ID = person(2).ID
	w.must(i.Show(w.ctx, []subscribers.State{subscribers.Pending}, []subscribers.Entry{pending}))
	w.must(w.SetNames(w.ctx, []subscribers.Subscriber{{ID: person(4).ID, Name: "New"}, {ID: person(5).ID, Name: "New"}}))
	for n, want := range []subscribers.State{"active", "unsubscribed", "active", "active", "active"} {
		c, err := w.Consent(w.ctx, person(n).ID, newsletter)
		if err != nil || c.State != want {
			t.Errorf("person %d is %+v, %v", n, c, err)
		}
		name := person(n).Name
		if n == 4 {
			name = "New"
		}
		if c.Subscriber.Name != name {
			t.Errorf("person %d is called %q", n, c.Subscriber.Name)
		}
	}
}

func testAddWhileStaged(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	i := w.opening(newsletter)
	w.stage(i, 0, 50)
	w.enrolN(newsletter, 20, 22)
	if got := w.listed(newsletter); got != "2 2" {
		t.Errorf("added while staged: %s listed", got)
	}
	w.must(i.Close())
	w.opening(newsletter)
	if got := w.listed(newsletter) + w.query(`SELECT ' ' || COUNT(*) FROM consent_event`); got != "2 2 2" {
		t.Errorf("the import is swept: %s listed and events", got)
	}
}

func testImportsExcludeEachOther(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	first := w.opening(newsletter)
	w.stage(first, 0, 10)
	if _, err := w.OpenImport(w.ctx, newsletter, "", noon); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("a second import: %v", err)
	}
	if _, err := w.OpenImport(w.ctx, "none", "", noon); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("a second import of another list: %v", err)
	}
	// As if the lock were lost: whoever has it next sweeps.
	w.must(w.sweepImports(w.ctx, noon))
	if _, err := first.Stage(w.ctx, entries(10, 20)); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("stage after it was given up: %v", err)
	}
	if err := first.Show(w.ctx, nil, nil); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("show after it was given up: %v", err)
	}
	w.must(first.Close())
	w.must(first.Close())
	if n := w.query(`SELECT COUNT(*) FROM subscriber`); n != "0" {
		t.Errorf("%s people are left", n)
	}
	if _, err := w.OpenImport(w.ctx, "none", "", noon); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("no such newsletter: %v", err)
	}
	second := w.opening(newsletter)
	w.must(second.Show(w.ctx, nil, nil))
	if err := second.Show(w.ctx, nil, nil); !errors.Is(err, digest.ErrBusy) {
		t.Errorf("shown twice: %v", err)
	}
}

// cutter ends a context after so many looks at it: an import dies anywhere.
type cutter struct {
	context.Context
	left *atomic.Int64
}

func (c cutter) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

// Done must not be nil, or nobody asks Err.
func (c cutter) Done() <-chan struct{} {
	if c.Err() == nil {
		return c.Context.Done()
	}
	done := make(chan struct{})
	close(done)
	return done
}

// Wherever an import stops, nothing of it is visible, or all; and the next one
// leaves what there would have been without it.
func testImportStopsAnywhere(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	keys, err := subscribers.NewKeys(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	list := subscribers.NewList(subscribers.Options{Store: w.Store, Keys: keys, Now: func() time.Time { return noon }, Random: rand.Reader})
	_, err = list.Add(w.ctx, newsletter, []string{"stays@example.org", "left@example.org"}, "before")
	w.must(err)
	_, err = list.Remove(w.ctx, newsletter, "left@example.org", "")
	w.must(err)
	var file strings.Builder
	file.WriteString("email\nleft@example.org\nstays@example.org\n")
	for n := range 1500 {
		fmt.Fprintf(&file, "r%d@example.org\n", n)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := mathrand.New(mathrand.NewPCG(seed, 0))
	imported := func(ctx context.Context) (subscribers.Report, error) {
		rows, err := subscribers.ReadRows(strings.NewReader(file.String()))
		w.must(err)
		return list.Import(ctx, rows, subscribers.ImportOptions{Newsletter: newsletter, File: "f", How: "h"})
	}
	looks := int64(110) // of a whole import, about
	if w.name == sqlite.name {
		looks = 40 // a transaction that has begun goes to its end
	}
	for range 15 {
		var left atomic.Int64
		left.Store(random.Int64N(looks))
		if _, err := imported(cutter{w.ctx, &left}); err == nil {
			break
		}
		if got := w.listed(newsletter); got != "2 2" {
			t.Fatalf("after an import that failed: %s listed", got)
		}
	}
	if _, err := imported(w.ctx); err != nil {
		t.Fatal(err)
	}
	if got := w.listed(newsletter); got != "1502 1502" {
		t.Errorf("in the end: %s listed", got)
	}
	for query, want := range map[string]string{
		`SELECT COUNT(*) FROM subscriber`:    "1502",
		`SELECT COUNT(*) FROM consent`:       "1502",
		`SELECT COUNT(*) FROM consent_event`: "1503",
		`SELECT COUNT(*) FROM consent_event e WHERE NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.id = e.subscriber)`: "0",
		`SELECT COUNT(*) FROM import WHERE shown IS NULL`:                                                              "0",
		`SELECT COUNT(*) FROM consent WHERE state = 'unsubscribed'`:                                                    "1",
	} {
		if got := w.query(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestStageAdapts(t *testing.T) {
	i := &importing{chunk: 1000}
	i.adapt(1000, time.Now().Add(-time.Hour))
	if i.chunk != stageLeast {
		t.Errorf("after a slow one: %d", i.chunk)
	}
	i.adapt(stageLeast, time.Now())
	if i.chunk != 2*stageLeast {
		t.Errorf("after a fast one: %d", i.chunk)
	}
	for range 20 {
		i.adapt(i.chunk, time.Now())
	}
	if i.chunk != stageMost {
		t.Errorf("after many fast ones: %d", i.chunk)
	}
}

func TestIDsLieTogether(t *testing.T) {
	w := file(t)
	ids, err := w.ids(1000)
	w.must(err)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1000 || ids[0][:3] != ids[999][:3] || len(ids[0]) != 16 {
		t.Errorf("ids from %s to %s", ids[0], ids[999])
	}
}

// What was there before the third migration is there after it.
func TestMigrationKeepsPeople(t *testing.T) {
	url := filepath.Join(t.TempDir(), "digest.db")
	s := openedBefore(t, url, "00003")
	w := &world{T: t, ctx: t.Context(), Store: s}
	newsletter := w.newsletter("weekly")
	for n := range 5 {
		p := person(n)
		w.exec(`INSERT INTO subscriber VALUES ($1, $2, $3, $4, $5, $6, 1)`, p.ID, p.Address, p.Normal, p.Hash, p.Name, p.Language)
		w.exec(`INSERT INTO consent VALUES ($1, $2, 'active', 'scheduled', '{}', $3, 'sheet', 'w')`, p.ID, newsletter, ms(noon))
		w.exec(`INSERT INTO consent_event VALUES ($1, $2, $3, 1, '', 'active', 'operator', 'sheet', '')`, p.ID, p.ID, newsletter)
	}
	w.must(s.Close())
	w.Store = opened(t, url, Options{Mode: Upgrade})
	if got := w.listed(newsletter); got != "5 5" {
		t.Errorf("%s listed", got)
	}
	c, err := w.Consent(w.ctx, person(3).ID, newsletter)
	if err != nil || c.How != "sheet" || c.Wording != "w" || !c.Since.Equal(noon) || c.Subscriber.Hash != person(3).Hash {
		t.Errorf("consent %+v, %v", c, err)
	}
	w.leave(newsletter, 3)
	w.exec(`DELETE FROM subscriber WHERE id = $1`, person(3).ID)
	for query, want := range map[string]string{
		`SELECT COUNT(*) FROM consent`: "4", `SELECT COUNT(*) FROM consent_event`: "4",
		`SELECT COUNT(*) FROM pragma_foreign_key_check`:                                  "0",
		`SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'old%' OR sql LIKE '%"old%'`: "0",
	} {
		if got := w.query(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
