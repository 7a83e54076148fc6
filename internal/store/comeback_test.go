package store

import (
	"errors"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

// What was read of somebody before they were erased must not bring them back.
func testSuppressedAreLeftOut(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	gone := person(2)
	w.must(w.ErasePerson(w.ctx, "", subscribers.Suppression{Hash: gone.Hash, Reason: subscribers.ReasonErased, At: noon}))
	people := []subscribers.Subscriber{person(1), gone, person(3)}
	consent := subscribers.Consent{State: subscribers.Active, Since: noon}
	added, err := w.Enrol(w.ctx, newsletter, people, consent, subscribers.Event{At: noon, To: subscribers.Active})
	w.must(err)
	i := w.opening(newsletter)
	staged := w.stage(i, 2, 5)
	w.must(i.Show(w.ctx, nil, nil))
	for n, v := range []subscribers.Standing{added[1], staged[0]} {
		if v.Suppressed.Reason != subscribers.ReasonErased || v.State != "" {
			t.Errorf("%d: %+v", n, v)
		}
	}
	if added[0].Suppressed.Hash != "" || staged[1].State != subscribers.Active || staged[2].State != "" {
		t.Errorf("the others: %+v %+v", added, staged)
	}
	if _, err := w.SubscriberByAddress(w.ctx, gone.Normal); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("stored again: %v", err)
	}
	if got := w.listed(newsletter); got != "3 3" {
		t.Errorf("consents and recipients: %s", got)
	}
}

// On PostgreSQL others can write while a sign-up is settled or somebody enrolled.
func TestErasingWaitsForThoseWhoEnrol(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	w := &world{T: t, ctx: t.Context(), url: url, Store: opened(t, url, Options{Mode: ReadWrite})}
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	w.enrolN(other, 1, 2)
	r := asked(newsletter, 1)
	w.must(w.TakeDown(w.ctx, r))
	second := opened(t, url, Options{Mode: ReadWrite})
	erased := make(chan error, 1)
	_, err := w.Settle(w.ctx, digest.LetterConfirm, signup.OldestFirst, 10, 0, noon, func(c signup.Case) bool {
		p, err := second.SubscriberByAddress(w.ctx, r.Address.Normal)
		w.must(err)
		go func() {
			erased <- second.ErasePerson(w.ctx, p.ID, subscribers.Suppression{Hash: p.Hash, Reason: "erased", At: noon})
		}()
		select { // it should not come through before us
		case err := <-erased:
			erased <- err
		case <-time.After(300 * time.Millisecond):
		}
		return !c.Suppressed
	})
	w.must(err)
	w.must(<-erased)
	if p, err := w.SubscriberByAddress(w.ctx, r.Address.Normal); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("%s, erased, is stored again", p.Address)
	}
}

func testDropFromImport(t *testing.T, w *world) {
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	w.enrolN(newsletter, 1, 2)
	w.enrolN(other, 2, 3)
	i := w.opening(newsletter)
	w.stage(i, 1, 6)
	w.must(i.Drop(w.ctx, []subscribers.Subscriber{person(1), person(2), person(3), person(9)}))
	w.must(i.Show(w.ctx, nil, nil))
	if got := w.listed(newsletter); got != "3 3" { // who was there before, and 4 and 5
		t.Errorf("consents and recipients: %s", got)
	}
	if _, err := w.Subscriber(w.ctx, person(2).ID); err != nil {
		t.Errorf("known by another newsletter: %v", err)
	}
	if _, err := w.Subscriber(w.ctx, person(3).ID); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("only staged: %v", err)
	}
}
