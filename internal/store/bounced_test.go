package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// suppress puts a suppression of the nth person.
func (w *world) suppress(n int, newsletter, reason string, at time.Time) {
	w.Helper()
	w.exec(`INSERT INTO suppression VALUES ($1, $2, $3, $4, 'old evidence', $5)`, person(n).Hash, newsletter, reason, person(n).Address, ms(at))
}

// To an address that bounced goes a letter that asks for confirmation, if it was
// written since, and nothing else; judged at the claim and at the intent.
func testLettersToBounced(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	written := noon.Add(time.Minute)
	cases := []struct {
		name       string
		kind       digest.LetterKind
		list       string // of the suppression
		reason     string
		at         time.Time
		and, state string // a second reason, and the consent
		reachable  bool
	}{
		{"bounced before", digest.LetterConfirm, "", "bounced", noon, "", "bounced", true},
		{"as it was written", digest.LetterConfirm, "", "bounced", written, "", "pending", true},
		{"for this list", digest.LetterConfirm, newsletter, "bounced", noon, "", "unsubscribed", true},
		{"bounced since", digest.LetterConfirm, "", "bounced", written.Add(time.Millisecond), "", "pending", false},
		{"their data", digest.LetterData, "", "bounced", noon, "", "bounced", false},
		{"erasing them", digest.LetterErase, "", "bounced", noon, "", "bounced", false},
		{"complained", digest.LetterConfirm, "", "complained", noon, "", "pending", false},
		{"erased", digest.LetterConfirm, "", "erased", noon, "", "pending", false},
		{"by the operator", digest.LetterConfirm, newsletter, "operator", noon, "", "pending", false},
		{"bounced and complained", digest.LetterConfirm, "", "bounced", noon, "complained", "bounced", false},
	}
	for claimed := range 2 { // what happens before the claim, and between it and the intent
		for i, c := range cases {
			n := i + claimed*len(cases)
			w.enrolN(newsletter, n, n+1)
			w.exec(`UPDATE consent SET state = $1, since = 5 WHERE subscriber = $2`, c.state, person(n).ID)
			l := letter(n)
			l.Newsletter, l.Kind, l.Created = newsletter, c.kind, written
			w.must(w.Post(w.ctx, l))
			happens := func() {
				w.suppress(n, c.list, c.reason, c.at)
				if c.and != "" {
					w.suppress(n, newsletter, c.and, noon)
				}
			}
			if claimed == 0 {
				happens()
			}
			rows := w.claimLetters("a", 1)
			if claimed == 1 {
				happens()
			}
			got := len(rows) == 1 && w.applyLetters(change(rows[0].Delivery, delivery.Claimed, delivery.Committing))[0]
			if got != c.reachable || !got && w.letterState(n) != "skipped" {
				t.Errorf("%s, claimed before: %d: reachable %v, the letter is %s", c.name, claimed, got, w.letterState(n))
			}
		}
	}
}

// Case says which suppressions a confirmation lifts.
func testSettleKnowsBounced(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 1, 2)
	for n, reasons := range [][2]string{{"", ""}, {"bounced", ""}, {"complained", ""}, {"bounced", "operator"}, {"erased", "bounced"}, {"", "bounced"}} {
		for i, list := range []string{"", newsletter} {
			if reasons[i] != "" {
				w.suppress(n, list, reasons[i], noon)
			}
		}
		w.must(w.TakeDown(w.ctx, asked(newsletter, n)))
	}
	var got []string
	for _, c := range w.settle(digest.LetterConfirm, noon, false) {
		got = append(got, fmt.Sprintf("%.1v%.1v", fmt.Sprint(c.Suppressed), fmt.Sprint(c.Bounced)))
	}
	if got := strings.Join(got, " "); got != "ff ft tf tt tt ft" {
		t.Error(got)
	}
	r := asked(newsletter, 1)
	r.Kind, r.Subscriber = digest.LetterData, person(1).ID
	w.must(w.TakeDown(w.ctx, r))
	if c := w.settle(digest.LetterData, noon, false)[0]; c.Suppressed || !c.Bounced {
		t.Errorf("who asks for their data: %+v", c)
	}
}

// A confirmation takes away the bounce that was judged, with its event, and nothing
// at all if by then anything else keeps the address from being mailed.
func testLift(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	judged := subscribers.Suppression{Reason: subscribers.ReasonBounced, At: noon}
	for n, c := range []struct {
		name    string
		reasons map[string]string // by list
		at      time.Time
		lift    subscribers.Suppression
		done    bool
		left    string // suppressions
	}{
		{"bounced", map[string]string{"": "bounced"}, noon, judged, true, "0"},
		{"bounced twice", map[string]string{"": "bounced", newsletter: "bounced"}, noon, judged, true, "0"},
		{"another list's", map[string]string{"": "bounced", "another": "complained"}, noon, judged, true, "1"},
		{"lifted meanwhile", nil, noon, judged, false, "0"},
		{"not suppressed", nil, noon, subscribers.Suppression{}, true, "0"},
		{"bounced again", map[string]string{"": "bounced"}, noon.Add(time.Millisecond), judged, false, "1"},
		{"bounced meanwhile", map[string]string{"": "bounced"}, noon, subscribers.Suppression{}, false, "1"},
		{"complained meanwhile", map[string]string{"": "bounced", newsletter: "complained"}, noon, judged, false, "2"},
		{"erased meanwhile", map[string]string{"": "erased"}, noon, judged, false, "1"},
	} {
		w.enrolN(newsletter, n, n+1)
		w.exec(`UPDATE consent SET state = 'bounced' WHERE subscriber = $1`, person(n).ID)
		for list, reason := range c.reasons {
			w.suppress(n, list, reason, c.at)
		}
		k := ticket(newsletter, n, subscribers.PurposeConfirm)
		w.addTicket(k)
		e := subscribers.Event{At: later, To: subscribers.Active, Actor: subscribers.Reader, How: "form"}
		done, err := w.Confirm(w.ctx, k.Hash, []subscribers.State{subscribers.Bounced}, e, c.lift)
		w.must(err)
		want := subscribers.Bounced
		if c.done {
			want = subscribers.Active
		}
		consent, err := w.Consent(w.ctx, person(n).ID, newsletter)
		w.must(err)
		got, _, err := w.Ticket(w.ctx, k.Purpose, k.Hash)
		w.must(err)
		left := w.query(`SELECT COUNT(*) FROM suppression WHERE address_hash = $1`, person(n).Hash)
		if done != c.done || consent.State != want || left != c.left || got.Used.IsZero() == c.done {
			t.Errorf("%s: %v, %s, %s suppressions left, used %v", c.name, done, consent.State, left, got.Used)
		}
	}
}

// The last evidence counts, but it never makes a suppression weaker.
func testBounceRenews(t *testing.T, w *world) {
	_, issue := w.sending(3)
	w.suppress(0, "", "bounced", noon.Add(-time.Hour))
	w.suppress(1, "", "erased", noon.Add(-time.Hour))
	w.exec(`UPDATE delivery SET state = 'claimed', owner = 'a', epoch = 1 WHERE issue = $1`, issue)
	for n, want := range []string{"bounced 550 no such user P0@example.org", "erased old evidence P1@example.org", "bounced 550 no such user P2@example.org"} {
		c := delivery.Change{
			Issue: issue, Subscriber: person(n).ID, Owner: "a", Epoch: 1,
			From: delivery.Claimed, To: delivery.Failed, Bounce: true, Reply: "550 no such user",
		}
		w.apply(c)
		const row = `SELECT reason || ' ' || evidence || ' ' || address FROM suppression WHERE address_hash = $1`
		if got := w.query(row, person(n).Hash); got != want {
			t.Errorf("person %d: %s", n, got)
		}
		at := noon
		if n == 1 {
			at = noon.Add(-time.Hour)
		}
		if v := w.suppression(person(n).Hash, ""); !v.At.Equal(at) {
			t.Errorf("person %d: %v", n, v.At)
		}
	}
}

// Of two suppressions the one is named that nothing lifts.
func testBounceIsTheWeakest(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.suppress(1, "", "bounced", noon)
	w.suppress(1, newsletter, "complained", noon)
	w.suppress(2, "", "operator", noon)
	w.suppress(2, newsletter, "bounced", noon)
	for n, want := range map[int]string{1: "complained", 2: "operator"} {
		if v := w.suppression(person(n).Hash, newsletter); v.Reason != want {
			t.Errorf("person %d: %+v", n, v)
		}
	}
}

// Whatever comes first of a confirmation, another bounce and being erased, nobody
// can be mailed in the end, and no two processes wait for each other.
func testLiftingRaces(t *testing.T, w *world) {
	const rounds = 60
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	reader, again := opened(t, w.url, Options{Mode: ReadWrite}), opened(t, w.url, Options{Mode: ReadWrite})
	operator := opened(t, w.url, Options{Mode: ReadWrite})
	for n := range rounds {
		w.enrolN(newsletter, n, n+1)
		w.enrolN(other, n, n+1)
		w.exec(`UPDATE consent SET state = 'bounced' WHERE subscriber = $1`, person(n).ID)
		w.suppress(n, "", "bounced", noon)
		k := ticket(newsletter, n, subscribers.PurposeConfirm)
		w.addTicket(k)
		l := letter(n)
		l.Newsletter, l.Created = other, noon
		w.must(w.Post(w.ctx, l))
		refused := change(w.claimLetters("a", 1)[0].Delivery, delivery.Claimed, delivery.Failed)
		refused.Bounce, refused.Reply = true, "550 5.1.1 no such user"
		confirm := func(s *Store) func() error {
			return func() error {
				e := subscribers.Event{At: later, To: subscribers.Active, Actor: subscribers.Reader}
				_, err := s.Confirm(w.ctx, k.Hash, []subscribers.State{subscribers.Bounced}, e,
					subscribers.Suppression{Reason: subscribers.ReasonBounced, At: noon})
				return err
			}
		}
		bounce := func() error {
			_, err := w.ApplyLetters(w.ctx, later, []delivery.Change{refused})
			return err
		}
		erase := func() error {
			return operator.ErasePerson(w.ctx, person(n).ID, subscribers.Suppression{Hash: person(n).Hash, Reason: "erased", At: later})
		}
		all := []func() error{confirm(reader), confirm(again), bounce, erase}
		all = append(all[:2], all[2+n%3%2:4-n%3/2]...) // both, one, the other
		var group sync.WaitGroup
		start := make(chan struct{})
		for _, f := range all {
			group.Go(func() {
				<-start
				if err := f(); err != nil && !errors.Is(err, digest.ErrNotFound) {
					t.Errorf("round %d: %v", n, err)
				}
			})
		}
		close(start)
		group.Wait()
		mailed := w.query(`SELECT COUNT(*) FROM consent c JOIN subscriber s ON s.id = c.subscriber WHERE s.normal = $1 AND `+mailable, person(n).Normal)
		if v := w.suppression(person(n).Hash, newsletter); v.Hash == "" || mailed != "0" {
			t.Errorf("round %d: %+v, %s consents can be mailed", n, v, mailed)
		}
	}
}
