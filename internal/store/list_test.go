package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

func testNewsletters(t *testing.T, w *world) {
	register := func(name, schedule string, now time.Time) (string, time.Time) {
		t.Helper()
		id, since, err := w.RegisterNewsletter(w.ctx, name, schedule, "Europe/London", now)
		w.must(err)
		return id, since
	}
	id, since := register("weekly", "a", noon)
	if len(id) != 8 || !since.Equal(noon) {
		t.Errorf("id %q since %v", id, since)
	}
	if again, since := register("weekly", "a", noon.Add(time.Hour)); again != id || !since.Equal(noon) {
		t.Errorf("unchanged: %s since %v", again, since)
	}
	later := noon.Add(2 * time.Hour)
	if again, since := register("weekly", "b", later); again != id || !since.Equal(later) {
		t.Errorf("another schedule: %s since %v", again, since)
	}
	if again, since := register("weekly", "b", later.Add(time.Hour)); again != id || !since.Equal(later) {
		t.Errorf("the schedule was not kept: %s since %v", again, since)
	}
	register("monthly", "a", noon)
	if err := w.RenameNewsletter(w.ctx, "weekly", "monthly"); !errors.Is(err, digest.ErrRefused) {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	w.must(w.RenameNewsletter(w.ctx, "weekly", "sunday"))
	if got, err := w.NewsletterID(w.ctx, "sunday"); err != nil || got != id {
		t.Errorf("renamed: %q, %v", got, err)
	}
	for _, err := range []error{
		w.RenameNewsletter(w.ctx, "weekly", "x"), w.RetireNewsletter(w.ctx, "weekly", noon),
		errorOf2(w.NewsletterID(w.ctx, "weekly")),
	} {
		if !errors.Is(err, digest.ErrNotFound) {
			t.Errorf("the old name: %v", err)
		}
	}
	w.must(w.RetireNewsletter(w.ctx, "monthly", noon))
	if names, err := w.Newsletters(w.ctx); err != nil || !slices.Equal(names, []string{"sunday"}) {
		t.Errorf("newsletters %v, %v", names, err)
	}
	if _, since := register("monthly", "a", later); !since.Equal(later) {
		t.Errorf("a retired newsletter comes back since %v", since)
	}
	if names, err := w.Newsletters(w.ctx); err != nil || len(names) != 2 {
		t.Errorf("newsletters %v, %v", names, err)
	}
}

func testNewsletterID(t *testing.T, w *world) {
	w.random = bytes.NewReader([]byte{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2})
	if a, b := w.newsletter("a"), w.newsletter("b"); a != "01010101" || b != "02020202" {
		t.Errorf("ids %s and %s", a, b)
	}
	if _, _, err := w.RegisterNewsletter(w.ctx, "c", "", "", noon); err == nil {
		t.Error("no error although randomness has run out")
	}
}

func testRequests(t *testing.T, w *world) {
	r := digest.Request{ID: "r1", Kind: digest.RequestSendNow, Newsletter: "weekly", Force: []string{"x", "y"}, Created: noon}
	w.must(w.Ask(w.ctx, r))
	w.must(w.Ask(w.ctx, digest.Request{ID: "r0", Kind: digest.RequestSendNow, Newsletter: "n", Created: noon.Add(time.Second)}))
	all, err := w.Requests(w.ctx)
	if err != nil || len(all) != 2 || cmp.Diff(r, all[0]) != "" {
		t.Errorf("waiting %+v, %v", all, err)
	}
	for i := range 2 {
		taken, err := w.Take(w.ctx, "r1", noon)
		if err != nil || taken != (i == 0) {
			t.Errorf("take %d: %v, %v", i, taken, err)
		}
	}
	if all, err := w.Requests(w.ctx); err != nil || len(all) != 1 || all[0].ID != "r0" {
		t.Errorf("still waiting %+v, %v", all, err)
	}
	w.must(w.Answer(w.ctx, "r1", "issue", "outcome\x00"))
	r.Taken, r.Issue, r.Outcome = noon, "issue", "outcome"
	if got, err := w.Request(w.ctx, "r1"); err != nil || cmp.Diff(r, got) != "" {
		t.Errorf("answered %+v, %v", got, err)
	}
	if err := w.Answer(w.ctx, "none", "", ""); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("answer to nothing: %v", err)
	}
	if _, err := w.Request(w.ctx, "none"); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("no request: %v", err)
	}
}

func testEnrol(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 1, 2)
	w.leave(newsletter, 1)
	var people []subscribers.Subscriber
	for n := range enrolChunk + 3 { // more than one transaction
		people = append(people, person(n))
	}
	again := person(2)
	again.ID, again.Name = "another id", "Another Name"
	people = append(people, again)
	c := subscribers.Consent{State: subscribers.Pending, Since: noon, How: "import", Wording: "w2"}
	e := subscribers.Event{At: noon, To: subscribers.Pending, Actor: "operator", How: "import", Evidence: "list.csv"}
	before, err := w.Enrol(w.ctx, newsletter, people, c, e)
	w.must(err)
	for i, standing := range before {
		state := standing.State
		want := subscribers.State("")
		switch i {
		case 1:
			want = subscribers.Unsubscribed
		case len(people) - 1:
			want = subscribers.Pending
		}
		if state != want {
			t.Errorf("person %d had %q before, want %q", i, state, want)
		}
	}
	if len(before) != len(people) {
		t.Errorf("%d answers for %d people", len(before), len(people))
	}
	got, err := w.SubscriberByAddress(w.ctx, person(2).Normal)
	if d := cmp.Diff(person(2), got); d != "" || err != nil {
		t.Errorf("known person: %v\n%s", err, d)
	}
	if got, err := w.Subscriber(w.ctx, person(5).ID); err != nil || cmp.Diff(person(5), got) != "" {
		t.Errorf("by id: %+v, %v", got, err)
	}
	consent, err := w.Consent(w.ctx, person(2).ID, newsletter)
	want := subscribers.Consent{
		Subscriber: person(2), Newsletter: newsletter, State: subscribers.Pending, Since: noon, How: "import", Wording: "w2",
	}
	if d := cmp.Diff(want, consent); d != "" || err != nil {
		t.Errorf("consent: %v\n%s", err, d)
	}
	if n := w.query(`SELECT COUNT(*) FROM consent_event WHERE subscriber = $1 AND evidence = 'list.csv'
		AND from_state = '' AND to_state = 'pending'`, person(2).ID); n != "1" {
		t.Errorf("%s events", n)
	}
	for what, err := range map[string]error{
		"list":       errorOf2(w.Enrol(w.ctx, "none", people, c, e)),
		"subscriber": errorOf2(w.Subscriber(w.ctx, "none\x00\xff")),
		"address":    errorOf2(w.SubscriberByAddress(w.ctx, "none\x00\xff")),
		"consent":    errorOf2(w.Consent(w.ctx, person(2).ID, "none")),
	} {
		if !errors.Is(err, digest.ErrNotFound) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
	var pending []string
	w.must(w.Consents(w.ctx, newsletter, subscribers.Unsubscribed, func(c subscribers.Consent) error {
		pending = append(pending, c.Subscriber.Address)
		return nil
	}))
	if !slices.Equal(pending, []string{person(1).Address}) {
		t.Errorf("unsubscribed: %v", pending)
	}
	all := 0
	w.must(w.Consents(w.ctx, newsletter, "", func(subscribers.Consent) error { all++; return nil }))
	if all != enrolChunk+3 {
		t.Errorf("%d consents", all)
	}
}

func testMoveConsent(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 1)
	e := subscribers.Event{
		At: noon.Add(time.Hour), To: subscribers.Unsubscribed, Actor: "subscriber", How: "page",
		Evidence: "\xff" + strings.Repeat("x", 5000),
	}
	from := []subscribers.State{subscribers.Pending, subscribers.Active}
	for i := range 2 {
		moved, err := w.Move(w.ctx, person(0).ID, newsletter, from, e)
		if err != nil || moved != (i == 0) {
			t.Errorf("move %d: %v, %v", i, moved, err)
		}
	}
	c, err := w.Consent(w.ctx, person(0).ID, newsletter)
	if err != nil || c.State != subscribers.Unsubscribed || !c.Since.Equal(e.At) || !c.Agreed.Equal(noon) || c.How != "operator" || c.Wording != "w1" {
		t.Errorf("consent %+v, %v", c, err)
	}
	if n := w.query(`SELECT COUNT(*) FROM consent_event WHERE from_state = 'active' AND to_state = 'unsubscribed'`); n != "1" {
		t.Errorf("%s events", n)
	}
	for _, id := range []string{"none", "\x00\xff"} {
		if moved, err := w.Move(w.ctx, id, newsletter, from, e); moved || err != nil {
			t.Errorf("move of nobody: %v, %v", moved, err)
		}
	}
}

// suppression is what Standings says of an address.
func (w *world) suppression(hash, newsletter string) subscribers.Suppression {
	w.Helper()
	all, err := w.Suppressions(w.ctx, newsletter, []subscribers.Subscriber{{Hash: hash}})
	w.must(err)
	return all[hash]
}

func testSuppressed(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	if v := w.suppression("h", newsletter); v != (subscribers.Suppression{}) {
		t.Errorf("nothing is suppressed: %+v", v)
	}
	for i, n := range []string{"another", "", newsletter} {
		w.exec(`INSERT INTO suppression VALUES ('h', $1, $2, '', 'e', 5)`, n, fmt.Sprint("reason ", i))
		want := []string{"", "reason 1", "reason 2"}[i]
		if v := w.suppression("h", newsletter); v.Reason != want {
			t.Errorf("with %q: %+v", n, v)
		}
	}
}
