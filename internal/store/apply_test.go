package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

func testFence(t *testing.T, w *world) {
	_, issue := w.sending(1)
	stale := w.claim(issue, "a", 1)[0]
	_, _, err := w.Recover(w.ctx, "b", true, 0, noon)
	w.must(err)
	fresh := w.claim(issue, "b", 1)[0]
	if fresh.Epoch != stale.Epoch+1 {
		t.Fatalf("epochs %d, then %d", stale.Epoch, fresh.Epoch)
	}
	thief, earlier := fresh, fresh
	thief.Owner = "c"
	earlier.Epoch--
	for _, c := range []delivery.Change{
		change(stale, delivery.Claimed, delivery.Committing),
		change(stale, delivery.Claimed, delivery.Ready),
		change(thief, delivery.Claimed, delivery.Committing),
		change(earlier, delivery.Claimed, delivery.Failed),
		change(fresh, delivery.Committing, delivery.Accepted), // not there yet
	} {
		if w.apply(c)[0] || w.states(issue) != "claimed" {
			t.Errorf("change %+v applied", c)
		}
	}
	settled := fresh
	settled.Owner = "" // what has ended belongs to nobody
	applied := w.apply(
		change(fresh, delivery.Claimed, delivery.Committing),
		change(fresh, delivery.Committing, delivery.Accepted),
		change(settled, delivery.Accepted, delivery.Ready), // the store does as it is told
	)
	if !applied[0] || !applied[1] || !applied[2] || w.query(`SELECT owner FROM delivery`) != "" {
		t.Errorf("applied %v, owner %q", applied, w.query(`SELECT owner FROM delivery`))
	}
}

func testIntentAfterLeaving(t *testing.T, w *world) {
	newsletter, issue := w.sending(4)
	rows := w.claim(issue, "a", 4)
	w.leave(newsletter, 0)
	w.exec(`UPDATE consent SET state = 'complained' WHERE subscriber = $1`, person(1).ID)
	w.exec(`DELETE FROM subscriber WHERE id = $1`, person(2).ID)
	var intents []delivery.Change
	for _, d := range rows {
		intents = append(intents, change(d, delivery.Claimed, delivery.Committing))
	}
	for i, ok := range w.apply(intents...) {
		if ok != (rows[i].Subscriber == person(3).ID) {
			t.Errorf("intent for %s applied: %v", rows[i].Subscriber, ok)
		}
	}
	if got := w.states(issue); got != "skipped skipped skipped committing" {
		t.Errorf("states %s", got)
	}
}

func testBounce(t *testing.T, w *world) {
	newsletter, issue := w.sending(2)
	other := w.newsletter("monthly")
	w.enrolN(other, 0, 1)
	rows := w.claim(issue, "a", 2)
	if rows[0].Subscriber != person(0).ID {
		rows[0], rows[1] = rows[1], rows[0]
	}
	refused := change(rows[0], delivery.Claimed, delivery.Failed)
	refused.Code, refused.Reply, refused.Bounce = 550, "550 5.1.1 no such user", true
	lost := refused
	lost.Owner, lost.Subscriber = "nobody", person(1).ID
	if got := w.apply(refused, lost); !got[0] || got[1] {
		t.Fatalf("applied %v", got)
	}
	v := w.suppression(person(0).Hash, newsletter)
	if v.Newsletter != "" || v.Reason != "bounced" || v.Evidence != refused.Reply || !v.At.Equal(noon) {
		t.Errorf("suppression %+v", v)
	}
	for _, id := range []string{newsletter, other} {
		c, err := w.Consent(w.ctx, person(0).ID, id)
		if err != nil || c.State != "bounced" {
			t.Errorf("consent to %s: %+v, %v", id, c, err)
		}
	}
	if n := w.query(`SELECT COUNT(*) FROM consent_event WHERE actor = 'relay' AND from_state = 'active'
		AND to_state = 'bounced' AND evidence = $1`, refused.Reply); n != "2" {
		t.Errorf("%s events, want one for each consent", n)
	}
	if v := w.suppression(person(1).Hash, newsletter); v.Hash != "" {
		t.Error("a change that did not apply suppressed its subscriber")
	}
}

func testSpent(t *testing.T, w *world) {
	_, issue := w.sending(2)
	rows := w.claim(issue, "a", 2)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing), change(rows[1], delivery.Claimed, delivery.Failed))
	spent := func() time.Time {
		r, err := w.Issue(w.ctx, issue)
		w.must(err)
		return r.Spent
	}
	if !spent().IsZero() {
		t.Error("spent before anything was accepted")
	}
	w.apply(change(rows[0], delivery.Committing, delivery.InDoubt))
	if !spent().Equal(noon) {
		t.Errorf("spent %v, want %v", spent(), noon)
	}
	_, err := w.Apply(w.ctx, noon.Add(time.Hour), []delivery.Change{change(rows[0], delivery.InDoubt, delivery.Accepted)})
	w.must(err)
	if !spent().Equal(noon) {
		t.Error("spent twice")
	}
	if none, err := w.Apply(w.ctx, noon, nil); err != nil || len(none) != 0 {
		t.Errorf("nothing to apply: %v, %v", none, err)
	}
}

func testHostileReply(t *testing.T, w *world) {
	_, issue := w.sending(1)
	d := w.claim(issue, "a", 1)[0]
	c := change(d, delivery.Claimed, delivery.Ready)
	c.Code, c.Attempts, c.NextAt = 451, 3, noon.Add(time.Hour)
	c.Reply = "4\x0051 \xff\xfe'; DROP TABLE delivery; --" + strings.Repeat("é", 100_000)
	w.apply(c)
	var got delivery.Delivery
	w.must(w.Deliveries(w.ctx, issue, nil, func(d delivery.Delivery) error { got = d; return nil }))
	if !utf8.ValidString(got.LastReply) || strings.ContainsRune(got.LastReply, 0) ||
		len(got.LastReply) > maxReply || !strings.HasPrefix(got.LastReply, "451 ?'; DROP") {
		t.Errorf("stored %d bytes: %.40q", len(got.LastReply), got.LastReply)
	}
	if got.Attempts != 3 || got.LastCode != 451 || !got.NextAt.Equal(c.NextAt) || got.State != delivery.Ready {
		t.Errorf("stored %+v", got)
	}
	w.move(issue, digest.IssueSending, digest.IssuePaused)
}

// That an issue is spent is remembered only once it is durable.
func TestSpentIsDurable(t *testing.T) {
	w := file(t)
	_, issue := w.sending(2)
	rows := w.claim(issue, "a", 2)
	for _, d := range rows {
		w.apply(change(d, delivery.Claimed, delivery.Committing))
	}
	accept := func(d delivery.Delivery) error {
		_, err := w.Apply(w.ctx, noon, []delivery.Change{change(d, delivery.Committing, delivery.Accepted)})
		return err
	}
	w.exec(`CREATE TRIGGER stuck BEFORE UPDATE ON issue BEGIN SELECT RAISE(ABORT, 'stuck'); END`)
	if err := accept(rows[0]); err == nil {
		t.Fatal("the issue could be changed")
	}
	w.exec(`DROP TRIGGER stuck`)
	w.must(accept(rows[1]))
	if got := w.query(`SELECT spent FROM issue WHERE id = $1`, issue); got != fmt.Sprint(noon.UnixMilli()) {
		t.Errorf("spent at %s", got)
	}
}
