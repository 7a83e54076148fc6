package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

var _ delivery.Letters = (*Store)(nil)

// letter is the nth letter, to the nth person.
func letter(n int) digest.Letter {
	return digest.Letter{
		ID: fmt.Sprintf("letter%d", n), Kind: digest.LetterConfirm, Subscriber: person(n).ID,
		From: "digest@example.org", Data: []byte("Subject: letter\r\n\r\nherons"),
		Created: noon.Add(time.Duration(n) * time.Second), GiveUp: noon.AddDate(0, 0, 1),
	}
}

// posted enrols n people and posts a letter to each.
func (w *world) posted(n int) (newsletter string) {
	w.Helper()
	newsletter = w.newsletter("weekly")
	w.enrolN(newsletter, 0, n)
	for i := range n {
		l := letter(i)
		l.Newsletter = newsletter
		w.must(w.Post(w.ctx, l))
	}
	return newsletter
}

// later is when all letters are due.
var later = noon.Add(time.Hour)

func (w *world) claimLetters(owner string, n int) []delivery.Letter {
	w.Helper()
	rows, err := w.ClaimLetters(w.ctx, delivery.Claim{Owner: owner, Now: later, Lease: time.Minute, N: n})
	w.must(err)
	return rows
}

func (w *world) applyLetters(changes ...delivery.Change) []bool {
	w.Helper()
	applied, err := w.ApplyLetters(w.ctx, later, changes)
	w.must(err)
	return applied
}

func (w *world) letterState(n int) string {
	w.Helper()
	return w.query(`SELECT state FROM outbox WHERE id = $1`, letter(n).ID)
}

// messages is how many letters still have theirs.
func (w *world) messages() string {
	w.Helper()
	return w.query(`SELECT COUNT(*) FROM outbox WHERE message IS NOT NULL`)
}

func testPost(t *testing.T, w *world) {
	w.posted(2)
	w.must(w.Post(w.ctx, letter(0)))
	if n := w.query(`SELECT COUNT(*) FROM outbox`); n != "2" {
		t.Errorf("%s letters after posting one of two again", n)
	}
	for _, c := range []struct {
		at  time.Time
		due bool
	}{{noon.Add(-time.Second), false}, {noon, true}} {
		if due, err := w.LettersDue(w.ctx, c.at); err != nil || due != c.due {
			t.Errorf("at %s due: %v, %v", c.at, due, err)
		}
	}
	rows := w.claimLetters("a", 5)
	if len(rows) != 2 {
		t.Fatalf("claimed %d letters", len(rows))
	}
	l, want := rows[0], letter(0)
	if l.Issue != want.ID || l.Kind != want.Kind || l.From != want.From || string(l.Data) != string(want.Data) ||
		!l.GiveUp.Equal(want.GiveUp) || l.Address != person(0).Address || l.Subscriber != person(0).ID ||
		l.State != delivery.Claimed || l.Owner != "a" || l.Epoch != 1 || !l.NextAt.Equal(want.Created) {
		t.Errorf("claimed %+v", l)
	}
	if again := w.claimLetters("b", 5); len(again) != 0 {
		t.Errorf("%d letters were claimed twice", len(again))
	}
	w.must(w.Post(w.ctx, letter(0)))
	if s := w.letterState(0); s != "claimed" {
		t.Errorf("a letter that was posted again while it is claimed is %s", s)
	}
}

func testLettersAreExclusive(t *testing.T, w *world) {
	const letters, processes = 60, 4
	w.posted(letters)
	var mu sync.Mutex
	var group sync.WaitGroup
	owners := map[string]string{}
	for p := range processes {
		other := opened(t, w.url, Options{Mode: ReadWrite})
		group.Go(func() {
			owner := fmt.Sprint("process ", p)
			for {
				rows, err := other.ClaimLetters(w.ctx, delivery.Claim{Owner: owner, Now: later, Lease: time.Minute, N: 1})
				if err != nil {
					t.Error(err)
				}
				if len(rows) == 0 {
					return
				}
				mu.Lock()
				if had := owners[rows[0].Issue]; had != "" {
					t.Errorf("%s was given to %s and %s", rows[0].Issue, had, owner)
				}
				owners[rows[0].Issue] = owner
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(owners) != letters {
		t.Errorf("%d letters were claimed, want %d", len(owners), letters)
	}
}

func testLetterFence(t *testing.T, w *world) {
	w.posted(1)
	stale := w.claimLetters("a", 1)[0].Delivery
	if ready, doubt, err := w.RecoverLetters(w.ctx, "b", true, 0, later); err != nil || ready != 1 || doubt != 0 {
		t.Fatalf("recovered %d, %d in doubt: %v", ready, doubt, err)
	}
	fresh := w.claimLetters("b", 1)[0].Delivery
	if fresh.Epoch != stale.Epoch+1 {
		t.Fatalf("epochs %d, then %d", stale.Epoch, fresh.Epoch)
	}
	thief, earlier := fresh, fresh
	thief.Owner = "c"
	earlier.Epoch--
	for _, c := range []delivery.Change{
		change(stale, delivery.Claimed, delivery.Committing),
		change(thief, delivery.Claimed, delivery.Committing),
		change(earlier, delivery.Claimed, delivery.Ready),
		change(fresh, delivery.Committing, delivery.Accepted), // not there yet
	} {
		if w.applyLetters(c)[0] || w.letterState(0) != "claimed" {
			t.Errorf("change %+v applied", c)
		}
	}
	if w.messages() != "1" {
		t.Error("the message is gone too early")
	}
	applied := w.applyLetters(change(fresh, delivery.Claimed, delivery.Committing), change(fresh, delivery.Committing, delivery.Accepted))
	if !applied[0] || !applied[1] || w.letterState(0) != "accepted" || w.messages() != "0" {
		t.Errorf("applied %v: the letter is %s, %s with a message", applied, w.letterState(0), w.messages())
	}
}

// An intent that is asked for again, since nobody heard of its commit, is granted
// again, unless the reader has gone meanwhile.
func testLetterIntentAgain(t *testing.T, w *world) {
	w.posted(2)
	for i, l := range w.claimLetters("a", 2) {
		intent := change(l.Delivery, delivery.Claimed, delivery.Committing)
		for range 2 {
			if !w.applyLetters(intent)[0] {
				t.Errorf("the intent of letter %d does not apply", i)
			}
		}
		if i == 0 {
			continue
		}
		w.exec(`INSERT INTO suppression VALUES ($1, '', 'complained', '', '', 0)`, person(i).Hash)
		if w.applyLetters(intent)[0] || w.letterState(i) != "skipped" {
			t.Errorf("to whom is gone the letter is %s", w.letterState(i))
		}
	}
	if w.letterState(0) != "committing" {
		t.Errorf("the letter is %s", w.letterState(0))
	}
}

// Who has lost sight of what they claimed gives it back, and nobody else's.
func testFreeLetters(t *testing.T, w *world) {
	w.posted(4)
	mine := w.claimLetters("a", 2)
	w.claimLetters("b", 1)
	w.applyLetters(change(mine[0].Delivery, delivery.Claimed, delivery.Committing))
	if ready, inDoubt, err := w.FreeLetters(w.ctx, "a", later); err != nil || ready != 1 || inDoubt != 1 {
		t.Errorf("freed %d, %d in doubt: %v", ready, inDoubt, err)
	}
	for n, want := range []string{"in_doubt", "ready", "claimed", "ready"} {
		if s := w.letterState(n); s != want {
			t.Errorf("letter %d is %s", n, s)
		}
	}
	if w.messages() != "3" {
		t.Errorf("%s letters have a message", w.messages())
	}
}

func testLetterToWhoIsGone(t *testing.T, w *world) {
	newsletter := w.posted(8)
	gone := func(first int) {
		w.exec(`INSERT INTO suppression VALUES ($1, '', 'complained', '', '', 0)`, person(first).Hash)
		w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', '', '', 0)`, person(first+1).Hash, newsletter)
		w.exec(`DELETE FROM subscriber WHERE id = $1`, person(first+2).ID)
	}
	gone(0)
	w.exec(`INSERT INTO suppression VALUES ($1, 'another', 'operator', '', '', 0)`, person(6).Hash)
	w.leave(newsletter, 7)
	rows := w.claimLetters("a", 8)
	if len(rows) != 5 {
		t.Fatalf("claimed %d letters", len(rows))
	}
	gone(3)
	for _, l := range rows {
		reachable := l.Subscriber >= person(6).ID
		if ok := w.applyLetters(change(l.Delivery, delivery.Claimed, delivery.Committing))[0]; ok != reachable {
			t.Errorf("intent of %s applied: %v", l.Issue, ok)
		}
	}
	for n := range 8 {
		want := "skipped"
		if n >= 6 {
			want = "committing"
		}
		if s := w.letterState(n); s != want {
			t.Errorf("letter %d is %s", n, s)
		}
	}
	if w.messages() != "2" {
		t.Errorf("%s letters have a message", w.messages())
	}
}

// All that are looked at first may have gone.
func testLettersToNobody(t *testing.T, w *world) {
	w.posted(5)
	w.exec(`DELETE FROM subscriber WHERE id < $1`, person(4).ID)
	if rows := w.claimLetters("a", 1); len(rows) != 1 || rows[0].Subscriber != person(4).ID {
		t.Errorf("claimed %+v", rows)
	}
}

func testLetterBounce(t *testing.T, w *world) {
	newsletter := w.posted(1)
	l := w.claimLetters("a", 1)[0].Delivery
	c := change(l, delivery.Claimed, delivery.Failed)
	c.Bounce, c.Reply, c.Code = true, "550 5.1.1 no such user", 550
	w.applyLetters(c)
	if s := w.query(`SELECT state FROM consent WHERE newsletter = $1`, newsletter); s != "bounced" {
		t.Errorf("the consent is %s", s)
	}
	if e := w.query(`SELECT evidence FROM suppression`); e != c.Reply {
		t.Errorf("the evidence is %q", e)
	}
}

func testRecoverLetters(t *testing.T, w *world) {
	w.posted(4)
	rows := w.claimLetters("a", 2)
	w.applyLetters(change(rows[0].Delivery, delivery.Claimed, delivery.Committing))
	mine := w.claimLetters("b", 1)[0]
	lease := time.Minute
	for _, c := range []struct {
		name           string
		after          time.Duration
		exclusive      bool
		ready, inDoubt int
	}{
		{"within the lease", 0, false, 0, 0},
		{"after it", lease, false, 1, 0},
		{"after the grace", lease + time.Hour, false, 0, 1},
		{"alone", 0, true, 0, 0},
	} {
		w.exec(`UPDATE outbox SET lease_until = lease_until - $1`, c.after.Milliseconds())
		ready, inDoubt, err := w.RecoverLetters(w.ctx, "b", c.exclusive, time.Hour, later)
		w.must(err)
		if ready != c.ready || inDoubt != c.inDoubt {
			t.Errorf("%s: %d ready, %d in doubt", c.name, ready, inDoubt)
		}
	}
	if s := w.query(`SELECT state FROM outbox WHERE id = $1`, mine.Issue); s != "claimed" {
		t.Errorf("the living owner's letter is %s", s)
	}
	if w.messages() != "3" {
		t.Errorf("%s letters have a message: the one in doubt must not", w.messages())
	}
	if _, inDoubt, err := w.RecoverLetters(w.ctx, "c", true, time.Hour, later); err != nil || inDoubt != 0 || w.letterState(2) != "ready" {
		t.Errorf("a new owner who is alone leaves the third letter %s (%d in doubt, %v)", w.letterState(2), inDoubt, err)
	}
}

// A backup may be older than a letter that was sent: its letters stay unsent.
func TestRestoredLetters(t *testing.T) {
	w := file(t)
	w.must(w.Close())
	lock := locked(t, w.url)
	reopen := func() { w.Store = opened(t, w.url, Options{Mode: ReadWrite, Lock: lock}) }
	reopen()
	w.posted(3)
	sent := w.claimLetters("a", 1)[0].Delivery
	old := filepath.Join(t.TempDir(), "backup.db")
	w.must(w.Backup(w.ctx, old))
	w.applyLetters(change(sent, delivery.Claimed, delivery.Committing), change(sent, delivery.Committing, delivery.Accepted))
	w.claimLetters("a", 1)
	w.must(w.Close())
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(w.url + end)
	}
	w.must(os.Rename(old, w.url))
	reopen()
	if restored, err := w.Restored(w.ctx, later); !restored || err != nil {
		t.Errorf("letters alone do not tell a restored backup: %v, %v", restored, err)
	}
	if counts, err := w.LetterCounts(w.ctx); err != nil || counts[delivery.InDoubt] != 3 || w.messages() != "0" {
		t.Errorf("the letters: %v, %v, %s with a message", counts, err, w.messages())
	}
	if rows := w.claimLetters("b", 3); len(rows) != 0 {
		t.Errorf("%d letters would be sent again", len(rows))
	}
}

func testPruneLetters(t *testing.T, w *world) {
	w.posted(5)
	rows := w.claimLetters("a", 4)
	w.applyLetters(change(rows[0].Delivery, delivery.Claimed, delivery.Failed))
	for _, l := range rows[1:3] {
		w.applyLetters(change(l.Delivery, delivery.Claimed, delivery.Committing))
	}
	w.applyLetters(change(rows[1].Delivery, delivery.Committing, delivery.InDoubt))
	if n, err := w.PruneLetters(w.ctx, later); err != nil || n != 0 {
		t.Errorf("pruned %d letters that had just ended: %v", n, err)
	}
	if n, err := w.PruneLetters(w.ctx, later.Add(time.Second)); err != nil || n != 2 {
		t.Errorf("pruned %d letters, %v; want the failed one and the one in doubt", n, err)
	}
	counts, err := w.LetterCounts(w.ctx)
	w.must(err)
	if counts[delivery.Committing] != 1 || counts[delivery.Claimed] != 1 || counts[delivery.Ready] != 1 || counts.Total() != 3 {
		t.Errorf("what had not ended: %v", counts)
	}
}

func testLettersIn(t *testing.T, w *world) {
	w.posted(3)
	rows := w.claimLetters("a", 2)
	c := change(rows[1].Delivery, delivery.Claimed, delivery.Failed)
	c.Reply = "550 \x00\xff no"
	w.applyLetters(c)
	failed, err := w.LettersIn(w.ctx, []delivery.State{delivery.Failed, delivery.InDoubt}, 10)
	w.must(err)
	if len(failed) != 1 || failed[0].Address != person(1).Address || failed[0].LastReply != "550 ? no" ||
		failed[0].State != delivery.Failed || failed[0].Kind != digest.LetterConfirm {
		t.Errorf("failed: %+v", failed)
	}
	some, err := w.LettersIn(w.ctx, delivery.States, 2)
	w.must(err)
	if len(some) != 2 || some[0].Issue != letter(0).ID || some[1].Issue != letter(1).ID {
		t.Errorf("of all: %+v", some)
	}
}

func testLettersNewerSchema(t *testing.T, w *world) {
	w.posted(1)
	w.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	if _, err := w.ClaimLetters(w.ctx, delivery.Claim{Owner: "a", Now: later, N: 1}); !errors.Is(err, digest.ErrSchema) {
		t.Errorf("under a schema that nobody knows: %v", err)
	}
}
