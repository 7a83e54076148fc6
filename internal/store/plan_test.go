package store

import (
	"errors"
	"maps"
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

func testPlan(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 10)
	w.enrolN(w.newsletter("monthly"), 20, 25)
	w.leave(newsletter, 3)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	plan := func(want bool) {
		t.Helper()
		if done, err := w.Plan(w.ctx, r.ID, 4, noon); err != nil || done != want {
			t.Fatalf("plan: %v, %v; want %v", done, err, want)
		}
	}
	plan(false)
	// A crash, and meanwhile people come and go on both sides of where it stopped.
	w.leave(newsletter, 0)
	w.leave(newsletter, 8)
	w.enrolN(newsletter, 10, 12)
	plan(false)
	plan(true)
	plan(true) // again
	if got := w.query(`SELECT COUNT(*) FROM delivery`); got != "10" {
		t.Errorf("%s rows, want 0, 1, 2, 4–7, 9–11", got)
	}
	if r, err := w.Issue(w.ctx, r.ID); err != nil || r.Recipients != 10 {
		t.Errorf("recipients %d, %v", r.Recipients, err)
	}
	w.move(r.ID, digest.IssuePlanning, digest.IssueSending)
	if _, err := w.Plan(w.ctx, r.ID, 4, noon); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("plan of an issue that is sending: %v", err)
	}
	if _, err := w.Plan(w.ctx, "none", 4, noon); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("plan of no issue: %v", err)
	}
}

func testRecipients(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 8)
	w.leave(newsletter, 1)
	w.exec(`INSERT INTO suppression VALUES ($1, '', 'bounced', '', '', 0)`, person(2).Hash)
	w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', '', '', 0)`, person(3).Hash, newsletter)
	w.exec(`INSERT INTO suppression VALUES ($1, 'another', 'operator', '', '', 0)`, person(4).Hash)
	w.exec(`UPDATE consent SET paused_until = $1 WHERE subscriber = $2`, noon.UnixMilli()+1, person(6).ID)
	w.exec(`UPDATE consent SET paused_until = $1 WHERE subscriber = $2`, noon.UnixMilli(), person(7).ID)
	got := map[string]string{}
	w.must(w.Recipients(w.ctx, "weekly", noon, func(r digest.Recipient) error { got[r.Address] = r.LeftOut; return nil }))
	want := map[string]string{
		person(0).Address: "", person(1).Address: "unsubscribed", person(2).Address: "suppressed: bounced",
		person(3).Address: "suppressed: operator", person(4).Address: "", person(5).Address: "",
		person(6).Address: "paused", person(7).Address: "",
	}
	if !maps.Equal(got, want) {
		t.Errorf("recipients %v, want %v", got, want)
	}
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	w.planAll(r.ID)
	w.must(w.Deliveries(w.ctx, r.ID, nil, func(d delivery.Delivery) error {
		if want[d.Address] != "" {
			t.Errorf("planned %s, who is left out", d.Address)
		}
		delete(want, d.Address)
		return nil
	}))
	for address, why := range want {
		if why == "" {
			t.Errorf("%s is not planned", address)
		}
	}
	stop := errors.New("stop")
	if err := w.Recipients(w.ctx, "weekly", noon, func(digest.Recipient) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the callback's error became %v", err)
	}
}

func testDeliveries(t *testing.T, w *world) {
	_, issue := w.sending(3)
	rows := w.claim(issue, "a", 2)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
	w.exec(`DELETE FROM subscriber WHERE id = $1`, rows[1].Subscriber)
	var got []delivery.State
	var addresses []string
	w.must(w.Deliveries(w.ctx, issue, []delivery.State{delivery.Claimed, delivery.Committing}, func(d delivery.Delivery) error {
		got, addresses = append(got, d.State), append(addresses, d.Address)
		if d.Owner != "a" || d.Epoch != 1 || d.Issue != issue {
			t.Errorf("row %+v", d)
		}
		_, err := w.Apply(w.ctx, noon, nil) // writing meanwhile is allowed
		return err
	}))
	if len(got) != 2 || addresses[0] != "" || addresses[1] != rows[0].Address || got[0] != delivery.Claimed {
		t.Errorf("deliveries %v %q", got, addresses)
	}
}

func testReadOnlyRefusesWrites(t *testing.T, w *world) {
	_, issue := w.sending(1)
	s := opened(t, w.url, Options{Mode: ReadOnly})
	if n, err := s.Counts(w.ctx, issue); err != nil || n[delivery.Ready] != 1 {
		t.Errorf("counts %v, %v", n, err)
	}
	_, err := s.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: 1})
	if err == nil || w.states(issue) != "ready" {
		t.Errorf("a store opened for reading claims: %v, %s", err, w.states(issue))
	}
	if _, _, err := s.RegisterNewsletter(w.ctx, "n", "s", "z", noon); err == nil {
		t.Error("a store opened for reading registers a newsletter")
	}
	if _, err := s.Enrol(w.ctx, "n", []subscribers.Subscriber{person(9)}, subscribers.Consent{}, subscribers.Event{}); err == nil {
		t.Error("a store opened for reading enrols")
	}
}
