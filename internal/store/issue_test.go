package store

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

func testNumberRace(t *testing.T, w *world) {
	w.newsletter("weekly")
	const processes, each = 3, 5
	var mu sync.Mutex
	var group sync.WaitGroup
	numbers := map[int]int{}
	made := 0
	for p := range processes {
		other := opened(t, w.url, Options{Mode: ReadWrite})
		group.Go(func() {
			for i := range each {
				// One slot of its own, and one that all open at once.
				for _, s := range []digest.Slot{slot(100*p + 100 + i), slot(i)} {
					r, created, err := other.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, s, noon)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					if created {
						made++
						numbers[r.Number]++
					}
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	if made != processes*each+each {
		t.Errorf("%d issues were made, want %d", made, processes*each+each)
	}
	for n := 1; n <= made; n++ {
		if numbers[n] != 1 {
			t.Errorf("number %d was given %d times", n, numbers[n])
		}
	}
}

func testOpenIssue(t *testing.T, w *world) {
	w.newsletter("weekly")
	r, created, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	want := digest.IssueRecord{
		ID: r.ID, Newsletter: "weekly", Edition: digest.EditionScheduled, Number: 1, Slot: slot(1),
		State: digest.IssuePlanning, Opened: noon,
	}
	if d := cmp.Diff(want, r); d != "" || len(r.ID) != 16 {
		t.Errorf("opened (-want +got):\n%s", d)
	}
	again, created, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon.Add(time.Hour))
	if d := cmp.Diff(r, again); d != "" || created || err != nil {
		t.Errorf("opened again: created %v, %v\n%s", created, err, d)
	}
	second, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(2), noon.Add(time.Hour))
	w.must(err)
	byName, err := w.IssueByName(w.ctx, "weekly", 2)
	if d := cmp.Diff(second, byName); d != "" || err != nil {
		t.Errorf("by name: %v\n%s", err, d)
	}
	monthly, _, err := w.OpenIssue(w.ctx, "weekly", "monthly", slot(2), noon)
	if err != nil || monthly.Number != 1 {
		t.Errorf("another edition starts at %d, %v", monthly.Number, err)
	}
	if first, err := w.IssueByName(w.ctx, "weekly", 1); err != nil || first.ID != r.ID {
		t.Errorf("weekly/1 is %+v, %v", first, err)
	}
	all, err := w.Issues(w.ctx, "weekly", 0)
	if err != nil || len(all) != 3 || all[0].ID != second.ID {
		t.Errorf("issues %+v, %v", all, err)
	}
	if one, err := w.Issues(w.ctx, "weekly", 1); err != nil || len(one) != 1 || one[0].ID != second.ID {
		t.Errorf("the newest issue %+v, %v", one, err)
	}
	for what, err := range map[string]error{
		"open":  errorOf3(w.OpenIssue(w.ctx, "none", "e", slot(1), noon)),
		"id":    errorOf2(w.Issue(w.ctx, "none")),
		"name":  errorOf2(w.IssueByName(w.ctx, "weekly", 99)),
		"other": errorOf2(w.IssueByName(w.ctx, "none", 1)),
	} {
		if !errors.Is(err, digest.ErrNotFound) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
}

func errorOf2[T any](_ T, err error) error         { return err }
func errorOf3[T, U any](_ T, _ U, err error) error { return err }

func testMoveIssue(t *testing.T, w *world) {
	w.newsletter("weekly")
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	until := noon.Add(24 * time.Hour)
	move := func(want bool, from []digest.IssueState, m digest.IssueMove) digest.IssueRecord {
		t.Helper()
		moved, err := w.MoveIssue(w.ctx, r.ID, from, m)
		if err != nil || moved != want {
			t.Errorf("move to %s: %v, %v", m.To, moved, err)
		}
		r, err := w.Issue(w.ctx, r.ID)
		w.must(err)
		return r
	}
	held := move(true, []digest.IssueState{digest.IssueHeld, digest.IssuePlanning}, digest.IssueMove{
		To: digest.IssueHeld, Reason: "a source\x00 is missing \xff", Code: "source-missing", HoldUntil: until, At: noon,
	})
	if held.Reason != "a source is missing \uFFFD" || held.Code != "source-missing" || !held.HoldUntil.Equal(until) ||
		!held.Finished.IsZero() {
		t.Errorf("held %+v", held)
	}
	move(false, []digest.IssueState{digest.IssuePlanning}, digest.IssueMove{To: digest.IssueSending})
	back := move(true, []digest.IssueState{digest.IssueHeld}, digest.IssueMove{To: digest.IssuePlanning, At: noon})
	if back.Reason != "" || back.Code != "" || !back.HoldUntil.IsZero() {
		t.Errorf("no longer held %+v", back)
	}
	if all, err := w.Unended(w.ctx); err != nil || len(all) != 1 {
		t.Errorf("unended %v, %v", all, err)
	}
	ended := move(true, []digest.IssueState{digest.IssuePlanning}, digest.IssueMove{To: digest.IssueCancelled, At: noon})
	if !ended.Finished.Equal(noon) {
		t.Errorf("ended %+v", ended)
	}
	if all, err := w.Unended(w.ctx); err != nil || len(all) != 0 {
		t.Errorf("unended %v, %v", all, err)
	}
}

// frozen is what an issue that prints the items freezes.
func frozen(cutoff time.Time, items ...digest.Item) digest.Frozen {
	return digest.Frozen{
		Content: digest.Issue{Newsletter: "weekly", CutOff: cutoff, Note: "héllo \x00"},
		Items:   items, Stencil: []byte{0, 255, '\r', '\n'}, Plain: []byte{0, 254}, From: "bounces@example.org", At: noon,
	}
}

func testFreeze(t *testing.T, w *world) {
	w.newsletter("weekly")
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	if _, err := w.Content(w.ctx, r.ID); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("content before freeze: %v", err)
	}
	f := frozen(noon.Add(-time.Hour), digest.Item{Section: digest.SectionLead, Source: "s", Article: "a"})
	twice := f
	twice.Items = append(slices.Clone(f.Items), f.Items...)
	if err := w.Freeze(w.ctx, r.ID, twice); err == nil {
		t.Error("an item was frozen twice in one issue")
	}
	w.must(w.Freeze(w.ctx, r.ID, f))
	content, err := w.Content(w.ctx, r.ID)
	if d := cmp.Diff(f.Content, content); d != "" || err != nil {
		t.Errorf("content: %v\n%s", err, d)
	}
	plain, err := w.PlainStencil(w.ctx, r.ID)
	if err != nil || !bytes.Equal(plain, f.Plain) {
		t.Errorf("plain stencil %q, %v", plain, err)
	}
	stencil, err := w.Stencil(w.ctx, r.ID)
	if err != nil || !bytes.Equal(stencil, f.Stencil) {
		t.Errorf("stencil %q, %v", stencil, err)
	}
	got, err := w.Issue(w.ctx, r.ID)
	if err != nil || !got.Frozen.Equal(noon) || !got.CutOff.Equal(f.Content.CutOff) || got.From != f.From {
		t.Errorf("frozen issue %+v, %v", got, err)
	}
	if err := w.Freeze(w.ctx, r.ID, f); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("frozen twice: %v", err)
	}
}

func testPrinted(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 1)
	issue := func(n int, end digest.IssueState, accept bool, items ...digest.Item) {
		t.Helper()
		r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(n), noon)
		w.must(err)
		w.must(w.Freeze(w.ctx, r.ID, frozen(noon.AddDate(0, 0, n), items...)))
		if accept {
			w.planAll(r.ID)
			w.move(r.ID, digest.IssuePlanning, digest.IssueSending)
			d := w.claim(r.ID, "a", 1)[0]
			w.apply(change(d, delivery.Claimed, delivery.Committing), change(d, delivery.Committing, delivery.Accepted))
			w.move(r.ID, digest.IssueSending, end)
		} else if end != "" {
			w.move(r.ID, digest.IssuePlanning, end)
		}
	}
	item := func(article string) digest.Item {
		return digest.Item{Section: digest.SectionMore, Source: "s", Article: article, Comment: "c"}
	}
	issue(1, digest.IssueDone, true, item("z"), item("a"))
	issue(2, digest.IssueDone, true, item("spent"))
	issue(3, digest.IssueSkipped, false, item("never sent"))
	issue(4, "", false, item("about to be sent"))
	items, err := w.Printed(w.ctx, "weekly", digest.EditionScheduled)
	w.must(err)
	cutoff, err := w.CutOff(w.ctx, "weekly", digest.EditionScheduled)
	w.must(err)
	want := []digest.Item{item("z"), item("a"), item("spent"), item("about to be sent")}
	if d := cmp.Diff(want, items); d != "" || !cutoff.Equal(noon.AddDate(0, 0, 2)) {
		t.Errorf("cut-off %v, items (-want +got):\n%s", cutoff, d)
	}
	if items, err := w.Printed(w.ctx, "weekly", "monthly"); err != nil || len(items) != 0 {
		t.Errorf("another edition printed %v, %v", items, err)
	}
	if cutoff, err := w.CutOff(w.ctx, "weekly", "monthly"); err != nil || !cutoff.IsZero() {
		t.Errorf("another edition printed %v, %v, %v", items, cutoff, err)
	}
}
