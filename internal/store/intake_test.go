package store

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/signup"
	"digest.example/internal/subscribers"
)

var _ signup.Store = (*Store)(nil)

// asked is a sign-up of the nth person.
func asked(newsletter string, n int) subscribers.Request {
	p := person(n)
	return subscribers.Request{
		ID: fmt.Sprintf("r%031d", n), Kind: digest.LetterConfirm, Newsletter: newsletter,
		Address: subscribers.Address{Mailbox: p.Address, Normal: p.Normal}, Hash: p.Hash, Mailbox: "m" + p.Hash[1:],
		Language: "de", Wording: "weekly mail", Evidence: "form", At: noon,
	}
}

// settle settles the requests of a kind and returns what was known of each.
func (w *world) settle(kind digest.LetterKind, now time.Time, grant bool) (cases []signup.Case) {
	w.Helper()
	n, err := w.Settle(w.ctx, kind, signup.OldestFirst, 10, 0, now, func(c signup.Case) bool {
		cases = append(cases, c)
		return grant && c.Known
	})
	w.must(err)
	if n != len(cases) {
		w.Errorf("%d settled, %d decided", n, len(cases))
	}
	return cases
}

func (w *world) granted() []signup.Due {
	w.Helper()
	due, err := w.Granted(w.ctx, "", 10)
	w.must(err)
	return due
}

func testSettleWhoIsNew(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	r := asked(newsletter, 1)
	w.must(w.TakeDown(w.ctx, r))
	want := signup.Case{Request: r, Known: true}
	if d := cmp.Diff([]signup.Case{want}, w.settle(digest.LetterConfirm, noon.Add(time.Second), true)); d != "" {
		t.Errorf("the case:\n%s", d)
	}
	due := w.granted()
	if len(due) != 1 {
		t.Fatalf("due: %+v", due)
	}
	person, err := w.SubscriberByAddress(w.ctx, r.Address.Normal)
	w.must(err)
	r.Subscriber, r.Hash, r.Mailbox = person.ID, "", ""
	if d := cmp.Diff(signup.Due{Request: r, Granted: noon.Add(time.Second)}, due[0]); d != "" {
		t.Errorf("due:\n%s", d)
	}
	c, err := w.Consent(w.ctx, person.ID, newsletter)
	if err != nil || c.State != subscribers.Pending || !c.Agreed.IsZero() || c.Wording != r.Wording || person.Language != "" {
		t.Errorf("consent %+v, %v", c, err)
	}
	if left := w.query(`SELECT address || normal || address_hash FROM intake`); left != "" {
		t.Errorf("the address is kept twice: %q", left)
	}
	w.must(w.Write(w.ctx, []signup.Written{{Request: r.ID}}, noon))
	if due := w.granted(); len(due) != 0 {
		t.Errorf("finished, and due: %+v", due)
	}
	if left := w.query(`SELECT wording || evidence FROM intake`); left != "" {
		t.Errorf("more than the limits need is kept: %q", left)
	}
}

func testSettleKnowsPeople(t *testing.T, w *world) {
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	w.enrolN(newsletter, 1, 4)
	w.leave(newsletter, 2)
	w.exec(`INSERT INTO suppression VALUES ($1, '', 'complained', '', '', 0)`, person(3).Hash)
	w.enrolN(other, 4, 5)
	for n := 1; n < 5; n++ {
		w.must(w.TakeDown(w.ctx, asked(newsletter, n)))
	}
	gone := asked("nowhere", 5)
	w.must(w.TakeDown(w.ctx, gone))
	var got []string
	for _, c := range w.settle(digest.LetterConfirm, noon, true) {
		got = append(got, fmt.Sprint(c.Subscriber, " ", c.State, " ", c.Known, " ", c.Suppressed))
	}
	want := []string{
		person(1).ID + " active true false", person(2).ID + " unsubscribed true false", person(3).ID + " active true true",
		person(4).ID + "  true false", "  false false",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Granting makes a consent only where there was none.
	for n, want := range map[int]subscribers.State{1: subscribers.Active, 2: subscribers.Unsubscribed, 4: subscribers.Pending} {
		if c, err := w.Consent(w.ctx, person(n).ID, newsletter); err != nil || c.State != want {
			t.Errorf("person %d: %+v, %v", n, c, err)
		}
	}
}

func testSettleCounts(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	for n, at := range []time.Time{noon.Add(-31 * signup.Day), noon.Add(-2 * signup.Day), noon.Add(-time.Hour)} {
		r := asked(newsletter, n)
		r.Mailbox = "one"
		w.must(w.TakeDown(w.ctx, r))
		w.settle(digest.LetterConfirm, at, true)
	}
	refused, last := asked(newsletter, 3), asked(newsletter, 4)
	refused.Mailbox, last.Mailbox = "one", "one"
	w.must(w.TakeDown(w.ctx, refused))
	w.settle(digest.LetterConfirm, noon, false)
	w.must(w.TakeDown(w.ctx, last))
	if c := w.settle(digest.LetterConfirm, noon, false)[0]; c.Recent != 1 || c.Month != 2 {
		t.Errorf("%d within a day, %d within a month", c.Recent, c.Month)
	}
	if n := w.query(`SELECT COUNT(*) FROM intake`); n != "3" {
		t.Errorf("%s requests are kept, want those that were granted", n)
	}
	if n, err := w.CountGranted(w.ctx, digest.LetterConfirm, noon.Add(-3*signup.Day)); n != 2 || err != nil {
		t.Errorf("%d granted, %v", n, err)
	}
}

func testSettlePersonLetters(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 1, 3)
	for i, who := range []string{person(1).ID, person(1).ID, person(2).ID, "nobody"} {
		r := subscribers.Request{ID: fmt.Sprint("r", i), Kind: digest.LetterData, Newsletter: newsletter, Subscriber: who, At: noon}
		w.must(w.TakeDown(w.ctx, r))
	}
	var got []string
	_, err := w.Settle(w.ctx, digest.LetterData, signup.OldestFirst, 10, 0, noon, func(c signup.Case) bool {
		got = append(got, fmt.Sprintf("%s %v %d", c.Subscriber, c.Known, c.Recent))
		return c.Known && c.Recent == 0
	})
	w.must(err)
	if d := cmp.Diff([]string{
		person(1).ID + " true 0", person(1).ID + " true 1", person(2).ID + " true 0", "nobody false 0",
	}, got); d != "" {
		t.Error(d)
	}
	due := w.granted()
	if len(due) != 2 || due[0].Address.Mailbox != person(1).Address || due[0].Language != "en" {
		t.Errorf("due %+v", due)
	}
	if next, err := w.Granted(w.ctx, due[0].ID, 10); err != nil || len(next) != 1 || next[0].ID != due[1].ID {
		t.Errorf("after the first: %+v, %v", next, err)
	}
}

func testSettleInOrder(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	for i := range 5 {
		r := asked(newsletter, i)
		r.At = noon.Add(time.Duration(i) * time.Minute)
		w.must(w.TakeDown(w.ctx, r))
	}
	for nth, want := range map[int]time.Time{1: noon.Add(4 * time.Minute), 2: noon.Add(3 * time.Minute), 5: noon, 6: {}} {
		if at, err := w.NthWaiting(w.ctx, digest.LetterConfirm, nth); err != nil || !at.Equal(want) {
			t.Errorf("number %d waits since %v, want %v, %v", nth, at, want, err)
		}
	}
	if at, err := w.NthWaiting(w.ctx, digest.LetterErase, 1); err != nil || !at.IsZero() {
		t.Errorf("no request for erasure waits since %v, %v", at, err)
	}
	var got []int
	for _, order := range []signup.Order{signup.OldestFirst, signup.NewestFirst} {
		_, err := w.Settle(w.ctx, digest.LetterConfirm, order, 2, 0, noon, func(c signup.Case) bool {
			got = append(got, int(c.At.Sub(noon).Minutes()))
			return len(got)%2 == 0
		})
		w.must(err)
	}
	if d := cmp.Diff([]int{0, 1, 4, 3}, got); d != "" {
		t.Error(d)
	}
	if at, err := w.NthWaiting(w.ctx, digest.LetterConfirm, 1); err != nil || !at.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("the last one waits since %v, %v", at, err)
	}
}

// Limits hold although several settle at once.
func testSettleExcludes(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	const n = 24
	for i := range n {
		r := asked(newsletter, i)
		r.Mailbox = "one"
		w.must(w.TakeDown(w.ctx, r))
	}
	done := make(chan int)
	for range 4 {
		go func() {
			granted := 0
			for {
				settled, err := w.Settle(w.ctx, digest.LetterConfirm, signup.NewestFirst, 2, 0, noon, func(c signup.Case) bool {
					if c.Recent == 0 {
						granted++
					}
					return c.Recent == 0
				})
				if err != nil {
					t.Error(err)
				}
				if settled == 0 {
					break
				}
			}
			done <- granted
		}()
	}
	granted := 0
	for range 4 {
		granted += <-done
	}
	if stored := w.query(`SELECT COUNT(*) FROM intake`); granted != 1 || stored != "1" {
		t.Errorf("%d granted, %s stored", granted, stored)
	}
}

func testForget(t *testing.T, w *world) {
	newsletter, other := w.newsletter("weekly"), w.newsletter("monthly")
	month := noon.Add(-signup.Month)
	// Pending long since: 0, and nothing else; 1, who reads another newsletter; 2, who has
	// asked again; 4, whose letter has bounced. 3 is pending since then exactly.
	for n := range 5 {
		w.must(w.TakeDown(w.ctx, asked(newsletter, n)))
		at := month.Add(-time.Millisecond)
		if n == 3 {
			at = month
		}
		w.settle(digest.LetterConfirm, at, true)
		for _, d := range w.granted() {
			w.addTicket(subscribers.Ticket{
				Hash: fmt.Sprint("t", n), Purpose: subscribers.PurposeConfirm, Subscriber: d.Subscriber, Newsletter: newsletter,
				Created: at, Expires: at.Add(subscribers.ConfirmTime),
			})
			w.must(w.Write(w.ctx, []signup.Written{{Request: d.ID}}, at))
		}
	}
	w.enrolN(other, 1, 2)
	w.exec(`UPDATE consent SET state = 'bounced' WHERE subscriber = (SELECT id FROM subscriber WHERE normal = $1)`, person(4).Normal)
	w.exec(`INSERT INTO suppression VALUES ($1, '', 'bounced', $2, $2, 5)`, person(4).Hash, person(4).Address)
	w.exec(`UPDATE ticket SET expires = $1 WHERE hash = 't2'`, noon.UnixMilli())
	stale, fresh := asked(newsletter, 8), asked(newsletter, 9)
	stale.At = noon.Add(-signup.Day - time.Millisecond)
	w.must(w.TakeDown(w.ctx, stale))
	w.must(w.TakeDown(w.ctx, fresh))
	ages := signup.Ages{Waiting: noon.Add(-signup.Day), Settled: month, Tickets: month, Unconfirmed: month}
	for more := true; more; {
		var err error
		more, err = w.Forget(w.ctx, noon, ages, 1)
		w.must(err)
	}
	for query, want := range map[string]string{
		`SELECT COUNT(*) FROM subscriber`:             "3", // all but 0 and 4
		`SELECT COUNT(*) FROM consent`:                "3", // 1's other one, 2 and 3
		`SELECT COUNT(*) FROM consent_event`:          "3",
		`SELECT COUNT(*) FROM ticket`:                 "2", // of 2 and 3
		`SELECT COUNT(*) FROM intake`:                 "2", // of 3 and 9
		`SELECT address || evidence FROM suppression`: "",
		`SELECT MIN(id) FROM intake`:                  asked("", 3).ID,
		`SELECT MAX(id) FROM intake`:                  fresh.ID,
	} {
		if got := w.query(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	reader, err := w.SubscriberByAddress(w.ctx, person(1).Normal)
	w.must(err)
	if c, err := w.Consent(w.ctx, reader.ID, other); err != nil || c.State != subscribers.Active {
		t.Errorf("the other newsletter: %+v", c)
	}
}

// Whoever writes a request's letter first has written it, all of it or nothing.
func testWrite(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	for n := range 3 {
		w.must(w.TakeDown(w.ctx, asked(newsletter, n)))
	}
	w.settle(digest.LetterConfirm, noon, true)
	due := w.granted()
	written := func(hash string, due ...signup.Due) (all []signup.Written) {
		for _, d := range due {
			k := ticket(newsletter, 0, subscribers.PurposeConfirm)
			k.Hash, k.Subscriber = hash+d.ID, d.Subscriber
			all = append(all, signup.Written{Request: d.ID, Ticket: k, Letter: &digest.Letter{
				ID: d.ID, Kind: d.Kind, Subscriber: d.Subscriber, Newsletter: newsletter, From: "list@example.test",
				Data: []byte(hash), Created: noon, GiveUp: noon.Add(time.Hour),
			}})
		}
		return all
	}
	twice := append(written("a", due[0]), written("b", due[1])...)
	twice[1].Ticket.Hash = twice[0].Ticket.Hash
	if err := w.Write(w.ctx, twice, noon); err == nil {
		t.Error("two letters have the same token")
	}
	if n := w.query(`SELECT COUNT(*) FROM outbox`); n != "0" || len(w.granted()) != 3 {
		t.Errorf("half of it was written: %s letters, %d due", n, len(w.granted()))
	}
	w.must(w.Write(w.ctx, written("a", due[0]), noon))
	late := append(written("b", due...), written("c", signup.Due{Request: subscribers.Request{ID: "unknown"}})...)
	late[2].Letter = nil
	w.must(w.Write(w.ctx, late, noon))
	letters, err := collect(w.ctx, w.read, func(scan scan) (v []byte, err error) { return v, scan(&v) }, `SELECT message FROM outbox ORDER BY id`)
	if got := string(bytes.Join(letters, []byte(" "))); err != nil || got != "a b" {
		t.Errorf("letters: %s, %v", got, err)
	}
	for hash, want := range map[string]bool{"a" + due[0].ID: true, "b" + due[0].ID: false, "b" + due[1].ID: true, "b" + due[2].ID: false, "cunknown": false} {
		if _, known, err := w.Ticket(w.ctx, subscribers.PurposeConfirm, hash); known != want || err != nil {
			t.Errorf("token %s: %v, %v", hash, known, err)
		}
	}
	if due := w.granted(); len(due) != 0 {
		t.Errorf("still due: %+v", due)
	}
}

// What is asked every second, or within a transaction, must not go through all
// that was granted within a month.
func TestRequestsAreFoundByIndex(t *testing.T) {
	w := file(t)
	for query, index := range map[string]string{
		dueRequests: "intake_due", grantedTo + `mailbox = $1`: "intake_mailbox", grantedTo + `subscriber = $1`: "intake_subscriber",
		oldestRequests: "intake_waiting", newestRequests: "intake_waiting",
	} {
		plan, err := collect(w.ctx, w.read, func(scan scan) (detail string, err error) {
			var id, parent, unused int
			return detail, scan(&id, &parent, &unused, &detail)
		}, `EXPLAIN QUERY PLAN `+query, slices.Repeat([]any{1}, 1+strings.Count(query, "$2")+strings.Count(query, "$3")+strings.Count(query, "$4"))...)
		if err != nil || !strings.Contains(strings.Join(plan, "; "), "USING INDEX "+index) {
			t.Errorf("%s:\n%v, %v", query, plan, err)
		}
	}
}

// oneLine composes letters of one line.
type oneLine struct{}

func (oneLine) Compose(_ digest.LetterKind, _, _, _, link string, _ time.Time) (string, []byte, error) {
	return "list@example.test", []byte(link), nil
}

// However many sign up within a second, what follows is two commits: each is one
// less for those who send meanwhile.
func TestSignUpsCostFewCommits(t *testing.T) {
	p := newPier(t)
	newsletter := p.newsletter("weekly")
	const n = 20
	for i := range n {
		p.must(p.TakeDown(p.ctx, asked(newsletter, i)))
	}
	before := commits(t, p.url)
	p.must(signup.New(signup.Options{
		Store: p.Store, Composer: oneLine{}, Now: func() time.Time { return noon }, Random: rand.Reader,
		Link: func(_ digest.LetterKind, token string) string { return token },
	}).Once(p.ctx))
	if got := commits(t, p.url) - before; got != 2 {
		t.Errorf("%d commits", got)
	}
	if letters := p.query(`SELECT COUNT(*) FROM outbox`); letters != fmt.Sprint(n) {
		t.Errorf("%s letters", letters)
	}
}
