package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// traces are all texts and bytes of all tables that hold a word, in any case, as
// table.column, but for those that may.
func (w *world) traces(word string, except ...string) (found []string) {
	w.Helper()
	tables, err := collect(w.ctx, w.read, func(scan scan) (v string, err error) { return v, scan(&v) }, w.tables)
	w.must(err)
	for _, table := range tables {
		rows, err := w.read.QueryContext(w.ctx, `SELECT * FROM `+table)
		w.must(err)
		columns, err := rows.Columns()
		w.must(err)
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		for rows.Next() {
			w.must(rows.Scan(values...))
			for i, v := range values {
				if strings.Contains(strings.ToLower(string(*v.(*[]byte))), strings.ToLower(word)) {
					found = append(found, table+"."+columns[i])
				}
			}
		}
		w.must(rows.Err())
		w.must(rows.Close())
	}
	for _, e := range except {
		found = deleted(found, e)
	}
	return found
}

func deleted(all []string, what string) (kept []string) {
	for _, v := range all {
		if v != what {
			kept = append(kept, v)
		}
	}
	return kept
}

// erase forgets the nth person, and what is left to do after it.
func (w *world) erase(n int) {
	w.Helper()
	w.must(w.ErasePerson(w.ctx, person(n).ID, erasure(n)))
}

func erasure(n int) subscribers.Suppression {
	return subscribers.Suppression{Hash: person(n).Hash, Reason: subscribers.ReasonErased, At: noon}
}

// Whatever happened to a person, when they are erased no byte of their address
// or name is left, nor of what was said about them; other people stay.
func testEraseAnything(t *testing.T, w *world) {
	long(t, 10)
	newsletter := w.newsletter("weekly")
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n += 2
		h := &history{world: w, newsletter: newsletter, n: n}
		h.begin()
		t.Repeat(map[string]func(*rapid.T){
			"asks":       func(t *rapid.T) { h.asks(t) },
			"letter":     func(t *rapid.T) { h.letter(t) },
			"ticket":     func(t *rapid.T) { h.ticket(t) },
			"moves":      func(t *rapid.T) { h.moves(t) },
			"issue":      func(t *rapid.T) { h.issue(t) },
			"suppressed": func(t *rapid.T) { h.suppressed(t) },
			"stopped":    func(*rapid.T) { h.stopped() },
		})
		h.disclosed()
		w.erase(n)
		w.must(h.afterwards())
		if clean, err := w.CleanUp(w.ctx, noon); err != nil || !clean {
			t.Fatalf("clean up: %v, %v", clean, err)
		}
		p := person(n)
		for _, word := range []string{p.Normal, p.Name, strings.Split(p.Normal, "@")[0] + "=40", h.word()} {
			if found := w.traces(word); len(found) > 0 {
				t.Errorf("%q is left in %q", word, found)
			}
		}
		if found := w.traces(p.Hash, "suppression.address_hash"); len(found) > 0 {
			t.Errorf("the hash is left in %q", found)
		}
		if _, err := w.Subscriber(w.ctx, person(n+1).ID); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	})
}

// disclosed checks that all that was said about the person, and is kept, is in
// their export, but for why issues stopped.
func (h *history) disclosed() {
	h.Helper()
	p, err := h.Person(h.ctx, person(h.n).ID)
	h.must(err)
	data, err := p.Disclose(noon)
	h.must(err)
	for event := range h.events {
		word := fmt.Sprintf("%s%d;", h.word(), event+1)
		if found := h.traces(word, "issue.reason"); len(found) > 0 && !strings.Contains(string(data), word) {
			h.Errorf("%s stands in %q, and not in\n%s", word, found, data)
		}
	}
}

// history is what happens to one person, with everything that says who it is.
type history struct {
	*world
	newsletter string
	n, events  int
}

// word stands in all that is said about the person.
func (h *history) word() string { return fmt.Sprintf("evidence-of-%d-", h.n) }

func (h *history) says() string {
	h.events++
	return fmt.Sprintf("550 <%s>: %s%d;", person(h.n).Address, h.word(), h.events)
}

func (h *history) begin() { h.enrolN(h.newsletter, h.n, h.n+2) }

func (h *history) asks(t *rapid.T) {
	r := asked(h.newsletter, h.n)
	h.events++
	r.ID, r.Evidence = fmt.Sprintf("request %d of %d", h.events, h.n), h.says()
	if rapid.Bool().Draw(t, "known") {
		r.Kind, r.Subscriber = digest.LetterErase, person(h.n).ID
	}
	h.must(h.TakeDown(h.ctx, r))
}

func (h *history) letter(t *rapid.T) {
	h.events++
	id := fmt.Sprintf("letter %d of %d", h.events, h.n)
	h.must(h.Post(h.ctx, digest.Letter{
		ID: id, Kind: digest.LetterConfirm, Subscriber: person(h.n).ID, Newsletter: h.newsletter,
		Data: []byte("To: " + person(h.n).Address), From: "list@example.test", Created: noon, GiveUp: noon.Add(time.Hour),
	}))
	state := rapid.SampledFrom([]string{"ready", "claimed", "committing", "accepted", "in_doubt"}).Draw(t, "state")
	h.exec(`UPDATE outbox SET state = $1, last_reply = $2 WHERE id = $3`, state, h.says(), id)
}

func (h *history) ticket(t *rapid.T) {
	k := ticket(h.newsletter, h.n, rapid.SampledFrom([]subscribers.Purpose{
		subscribers.PurposeConfirm, subscribers.PurposeData, subscribers.PurposeErase,
	}).Draw(t, "purpose"))
	h.events++
	k.Hash, k.Evidence, k.Wording = fmt.Sprintf("hash %d of %d", h.events, h.n), h.says(), h.says()
	h.addTicket(k)
}

func (h *history) moves(t *rapid.T) {
	states := []subscribers.State{subscribers.Active, subscribers.Unsubscribed, subscribers.Bounced, subscribers.Pending}
	_, err := h.Move(h.ctx, person(h.n).ID, h.newsletter, states, subscribers.Event{
		At: noon, To: rapid.SampledFrom(states).Draw(t, "to"), Actor: "operator", How: h.says(), Wording: h.says(), Evidence: h.says(),
	})
	h.must(err)
}

func (h *history) issue(t *rapid.T) {
	h.events++
	state := rapid.SampledFrom([]string{"ready", "claimed", "committing", "accepted", "failed", "in_doubt"}).Draw(t, "state")
	r, _, err := h.OpenIssue(h.ctx, "weekly", digest.EditionScheduled, slot(1000*h.n+h.events), noon)
	h.must(err)
	h.exec(`INSERT INTO delivery VALUES ($1, $2, $3, 1, 0, '', 1, 0, 550, $4, 0)`, r.ID, person(h.n).ID, state, h.says())
	h.exec(`INSERT INTO delivery VALUES ($1, $2, 'accepted', 1, 0, '', 1, 0, 250, '250 ok', 0)`, r.ID, person(h.n+1).ID)
}

func (h *history) suppressed(t *rapid.T) {
	where := rapid.SampledFrom([]string{"", h.newsletter}).Draw(t, "where")
	h.exec(`INSERT INTO suppression VALUES ($1, $2, 'bounced', $3, $4, 0) ON CONFLICT DO NOTHING`,
		person(h.n).Hash, where, person(h.n).Address, h.says())
}

// stopped is an issue whose reason names the person.
func (h *history) stopped() {
	h.exec(`UPDATE issue SET reason = $1 WHERE id = (SELECT MAX(id) FROM issue)`, h.says())
}

// afterwards is what was under way while the person was being erased: the relay
// answers, and letters are written.
func (h *history) afterwards() error {
	h.exec(`UPDATE delivery SET state = 'accepted', last_reply = $1 WHERE subscriber = $2 AND state = 'committing'`, h.says(), person(h.n).ID)
	h.exec(`UPDATE outbox SET state = 'accepted', last_reply = $1 WHERE subscriber = $2 AND state = 'committing'`, h.says(), person(h.n).ID)
	k := ticket(h.newsletter, h.n, subscribers.PurposeConfirm)
	k.Hash, k.Evidence = "late "+h.word(), h.says()
	return h.change(h.ctx, "late", func(t tx) error { return t.addTicket(k) })
}

// A relay names a reader by a domain in its own letters.
func testErasedFromReasons(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	p := person(0)
	p.Address, p.Normal = "Ann.Bell@xn--bcher-kva.example", "ann.bell@xn--bcher-kva.example"
	_, err := w.Enrol(w.ctx, newsletter, []subscribers.Subscriber{p}, subscribers.Consent{State: subscribers.Active},
		subscribers.Event{To: subscribers.Active})
	w.must(err)
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	for reason, stays := range map[string]bool{
		"550 <Ann.Bell@bücher.example> no": false, "550 <ANN.BELL@XN--BCHER-KVA.EXAMPLE> no": false, "550 <bob@bücher.example> no": true,
	} {
		w.exec(`UPDATE issue SET reason = $1 WHERE id = $2`, reason, r.ID)
		w.must(w.change(w.ctx, "blank", func(t tx) error { return t.blankReasons(p.ID) }))
		if got := w.query(`SELECT reason FROM issue`); (got == reason) != stays {
			t.Errorf("%q has become %q", reason, got)
		}
	}
}

// A mark stays until what was under way must be over, and takes along what comes
// back until then.
func testErasedMarks(t *testing.T, w *world) {
	_, issue := w.sending(2)
	w.erase(0)
	cleanUp := func(at time.Time, want string) {
		t.Helper()
		if clean, err := w.CleanUp(w.ctx, at); err != nil || !clean {
			t.Errorf("clean up: %v, %v", clean, err)
		}
		if n := w.query(`SELECT COUNT(*) FROM meta WHERE name LIKE 'erased.%'`); n != want {
			t.Errorf("at %v: %s marks, want %s", at.Sub(noon), n, want)
		}
	}
	cleanUp(noon, "1")
	cleanUp(noon.Add(erasedFor-time.Second), "1")
	w.exec(`UPDATE delivery SET state = 'committing' WHERE issue = $1 AND subscriber = $2`, issue, person(0).ID)
	cleanUp(noon.Add(2*erasedFor), "1")
	w.exec(`UPDATE delivery SET state = 'accepted', last_reply = '250 P0@example.org' WHERE subscriber = $1`, person(0).ID)
	cleanUp(noon.Add(2*erasedFor), "1")
	if found := w.traces("p0@example.org"); len(found) > 0 {
		t.Errorf("left in %q", found)
	}
	cleanUp(noon.Add(3*erasedFor), "0")
	cleanUp(noon.Add(3*erasedFor), "0")
}

// Requests of people who are not known yet have no id: erasing an address that
// has none must leave them.
func testEraseAddressOnly(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.must(w.TakeDown(w.ctx, asked(newsletter, 0)))
	w.must(w.TakeDown(w.ctx, asked(newsletter, 1)))
	w.must(w.ErasePerson(w.ctx, "", erasure(0)))
	if n := w.query(`SELECT COUNT(*) FROM intake`); n != "1" {
		t.Errorf("%s requests are left, want the other one", n)
	}
	if found := w.traces(person(0).Normal); len(found) > 0 {
		t.Errorf("left in %q", found)
	}
}

// folder is all that stands in the files of a database's folder.
func folder(t *testing.T, url string) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(url), "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var all []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return bytes.ToLower(all)
}

// churned is a database in which thousands came in no order, so that pages were
// split again and again, and every second of them was erased; serving reads
// beside it.
func churned(t *testing.T) (w *world, erased []int) {
	t.Helper()
	w = file(t)
	newsletter := w.newsletter("weekly")
	const people = 2000
	random := rand.New(rand.NewPCG(1, 1))
	order := random.Perm(people)
	for len(order) > 0 {
		part := order[:50]
		order = order[50:]
		var people []subscribers.Subscriber
		for _, n := range part {
			p := person(n)
			p.Name = strings.Repeat("Person ", random.IntN(30))
			people = append(people, p)
		}
		_, err := w.Enrol(w.ctx, newsletter, people, subscribers.Consent{State: subscribers.Active},
			subscribers.Event{To: subscribers.Active})
		w.must(err)
	}
	w.exec(`PRAGMA synchronous = OFF`)
	for n := 0; n < people; n += 2 {
		w.must(w.ErasePerson(w.ctx, person(n).ID, erasure(n)))
		erased = append(erased, n)
	}
	return w, erased
}

func unfound(t *testing.T, w *world, erased []int) {
	t.Helper()
	all := folder(t, w.url)
	for _, n := range erased {
		if bytes.Contains(all, []byte(person(n).Normal)) {
			t.Errorf("the files hold %s", person(n).Normal)
		}
	}
	if !bytes.Contains(all, []byte(person(erased[0]+1).Normal)) {
		t.Error("the files have lost who should stay")
	}
	var v string
	w.must(w.read.QueryRowContext(w.ctx, `PRAGMA integrity_check`).Scan(&v))
	if v != "ok" {
		t.Errorf("the database is damaged: %s", v)
	}
}

func TestErasedFromFiles(t *testing.T) {
	w, erased := churned(t)
	serving := opened(t, w.url, Options{Mode: ReadWrite})
	reading, err := serving.read.BeginTx(w.ctx, nil)
	w.must(err)
	var n int
	w.must(reading.QueryRow(`SELECT COUNT(*) FROM subscriber`).Scan(&n))
	if clean, err := w.CleanUp(w.ctx, noon); err != nil || clean {
		t.Errorf("beside a reader: %v, %v", clean, err)
	}
	w.must(reading.Rollback())
	if clean, err := w.CleanUp(w.ctx, noon); err != nil || !clean {
		t.Errorf("clean up: %v, %v", clean, err)
	}
	unfound(t, w, erased)
}

// The copies that upgrades leave hold who was erased since; other files are not theirs.
func TestCopiesOfUpgrades(t *testing.T) {
	w := file(t)
	first, err := w.backupBefore(w.ctx, 3)
	w.must(err)
	second, err := w.backupBefore(w.ctx, 3)
	w.must(err)
	w.must(os.WriteFile(filepath.Join(filepath.Dir(w.url), "other.db.schema-3.backup"), nil, 0o600))
	if got, err := w.Copies(); err != nil || !slices.Equal(got, []string{first, second}) {
		t.Errorf("%q, %v; want %q and %q", got, err, first, second)
	}
}

// A process that dies after it has erased somebody leaves the rest to the next.
func TestErasedFromFilesAfterACrash(t *testing.T) {
	w, erased := churned(t)
	to := &world{T: t, ctx: t.Context(), url: filepath.Join(t.TempDir(), "digest.db")}
	for _, suffix := range []string{"", "-wal"} { // as a dead process leaves them
		b, err := os.ReadFile(w.url + suffix)
		w.must(err)
		w.must(os.WriteFile(to.url+suffix, b, 0o600))
	}
	left := func(n int) bool { return bytes.Contains(folder(t, to.url), []byte(person(n).Normal)) }
	if !slices.ContainsFunc(erased[len(erased)-10:], left) {
		t.Fatal("nothing is left to clean")
	}
	to.Store = opened(t, to.url, Options{Mode: ReadWrite})
	if clean, err := to.CleanUp(context.Background(), noon); err != nil || !clean {
		t.Errorf("clean up: %v, %v", clean, err)
	}
	unfound(t, to, erased)
}
