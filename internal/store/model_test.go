package store

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// testModel runs random histories of an issue's delivery against the store: who
// claims, who crashes and comes back, what the relay answers, what readers and
// the operator do meanwhile. The relay knows what it took, whatever its senders
// heard of it.
func testModel(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	checks := 50
	if w.name == sqlite.name {
		checks = 200
		w.exec(`PRAGMA synchronous = OFF`) // no power fails here
	}
	long(t, checks)
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, w, newsletter)
		t.Repeat(map[string]func(*rapid.T){
			"plan":       m.plan,
			"claim":      m.claim,
			"claim more": m.claim,
			"work":       m.work,
			"work more":  m.work,
			"work on":    m.work,
			"work again": m.work,
			"flush":      m.flush,
			"recover":    m.recover,
			"time":       m.pass,
			"reader":     m.read,
			"operator":   m.operate,
			"end":        m.end,
			"":           m.look,
		})
		m.finish(t)
	})
}

// long makes histories long enough for what takes several turns of several
// owners, and so many of them, unless the command line says otherwise.
func long(t *testing.T, checks int) {
	for name, value := range map[string]string{"rapid.steps": "100", "rapid.checks": strconv.Itoa(checks)} {
		f := flag.Lookup(name)
		if before := f.Value.String(); before == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Value.Set(before) })
		}
	}
}

// model is what must be true of the ledger, kept beside it.
type model struct {
	w                 *world
	newsletter, issue string
	now               time.Time
	resend            bool // the setting
	people            map[string]*reader
	since, ever       map[string]bool // mailable all the while, or once, while the issue was planned
	planned           bool
	rows              map[string]row // the ledger
	owners            []*owner       // those that live
	last              int            // the number of the last owner or reader

	copies  map[string]int // what the relay took
	doubts  map[string]int // how often nobody could know
	again   map[string]int // how often a row in doubt was sent all the same
	vouched map[string]bool
}

// reader is a subscriber and what they want.
type reader struct {
	active, suppressed bool
	paused             time.Time
}

// row is a delivery as the ledger has it, and whether its lease has ended for good.
type row struct {
	state  delivery.State
	owner  string
	epoch  int64
	nextAt int64
	lapsed bool
}

// owner is a process that sends, with what it remembers.
type owner struct {
	name  string
	jobs  []*job
	queue []delivery.Change // results that are not durable yet
}

// job is a row that a worker has in its hands.
type job struct {
	delivery.Delivery
	intended time.Time // when its intent became durable
}

// leases end so long ago, or in so far a future, that it is all the same whose
// clock they are judged by.
const forEver = 1000 * time.Hour

func newModel(t *rapid.T, w *world, newsletter string) *model {
	for _, table := range []string{"delivery", "issue", "consent_event", "consent", "suppression", "ticket", "subscriber"} {
		w.exec(`DELETE FROM ` + table)
	}
	m := &model{
		w: w, newsletter: newsletter, now: noon,
		resend: rapid.Bool().Draw(t, "resend"),
		people: map[string]*reader{}, rows: map[string]row{},
		since: map[string]bool{}, ever: map[string]bool{},
		copies: map[string]int{}, doubts: map[string]int{}, again: map[string]int{}, vouched: map[string]bool{},
	}
	for range rapid.IntRange(1, 5).Draw(t, "readers") {
		m.join(t)
	}
	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(1), noon)
	w.must(err)
	m.issue = r.ID
	for id := range m.people {
		m.since[id] = true
	}
	for range rapid.IntRange(2, 3).Draw(t, "owners") {
		m.start()
	}
	return m
}

func (m *model) start() *owner {
	m.last++
	o := &owner{name: fmt.Sprint("owner ", m.last)}
	m.owners = append(m.owners, o)
	return o
}

// join adds a reader, before or after those whose rows are planned.
func (m *model) join(t *rapid.T) {
	m.last++
	n := 1000 + m.last
	if rapid.Bool().Draw(t, "before") {
		n = 1000 - m.last
	}
	m.w.enrolN(m.newsletter, n, n+1)
	m.people[person(n).ID] = &reader{active: true}
}

func (m *model) mailable(id string) bool {
	p := m.people[id]
	return p != nil && p.active && !p.suppressed && !p.paused.After(m.now)
}

func (m *model) record() digest.IssueRecord {
	r, err := m.w.Issue(m.w.ctx, m.issue)
	m.w.must(err)
	return r
}

// read returns the ledger past the store's own methods.
func (m *model) ledger() map[string]row {
	all := map[string]row{}
	m.w.must(each(m.w.ctx, m.w.read, func(scan scan) error {
		var id, state string
		var r row
		var lease int64
		err := scan(&id, &state, &r.owner, &r.epoch, &r.nextAt, &lease)
		r.state, r.lapsed = delivery.State(state), lease < ms(noon)
		all[id] = r
		return err
	}, `SELECT subscriber, state, owner, epoch, next_at, lease_until FROM delivery WHERE issue = $1`, m.issue))
	return all
}

// expect compares the ledger with what the model says it must be, after changes
// that by may make.
func (m *model) expect(t *rapid.T, by delivery.Actor, want map[string]row) {
	got := m.ledger()
	for id, r := range got {
		if was := m.rows[id].state; r.state != was && !delivery.Legal(by, was, r.state) {
			t.Fatalf("%s took %s from %s to %s", by, id, was, r.state)
		}
	}
	if !maps.Equal(got, want) {
		t.Fatalf("the ledger is %+v, must be %+v", got, want)
	}
	m.rows = got
}

// look is done after each action.
func (m *model) look(t *rapid.T) {
	m.expect(t, "nobody", m.rows)
	if !m.planned {
		for id := range m.people {
			m.ever[id] = m.ever[id] || m.mailable(id)
		}
		for id := range m.since {
			m.since[id] = m.since[id] && m.mailable(id)
		}
	}
	counts := delivery.Counts{}
	for _, r := range m.rows {
		counts[r.state]++
	}
	if got := m.w.counts(m.issue); !maps.Equal(got, counts) {
		t.Fatalf("counted %v, must be %v", got, counts)
	}
	for id, n := range m.copies {
		if n > 1+m.again[id] {
			t.Fatalf("%s has %d copies, and was sent again %d times", id, n, m.again[id])
		}
	}
}

// plan takes the plan a step further; once it is done, the issue is sent.
func (m *model) plan(t *rapid.T) {
	if m.record().State != digest.IssuePlanning {
		t.Skip("not planning")
	}
	done, err := m.w.Plan(m.w.ctx, m.issue, rapid.IntRange(1, 3).Draw(t, "chunk"), m.now)
	m.w.must(err)
	rows := m.ledger()
	for id, r := range rows {
		if old, known := m.rows[id]; known && old != r {
			t.Fatalf("planning changed %s from %+v to %+v", id, old, r)
		} else if !known && (m.planned || !m.mailable(id) || r != (row{state: delivery.Ready, nextAt: ms(m.now), lapsed: true})) {
			t.Fatalf("%s was planned as %+v, mailable: %v", id, r, m.mailable(id))
		}
	}
	m.rows = rows
	if done && !m.planned {
		m.planned = true
		for id, always := range m.since {
			if _, has := rows[id]; always && !has {
				t.Fatalf("%s was eligible all the while and has no row", id)
			}
		}
	}
	if done {
		m.w.move(m.issue, digest.IssuePlanning, digest.IssueSending)
	}
}

// claim gives an owner rows that are due.
func (m *model) claim(t *rapid.T) {
	o := rapid.SampledFrom(m.owners).Draw(t, "owner")
	lease := forEver
	if rapid.SampledFrom([]bool{false, true, true}).Draw(t, "lapses") {
		lease = -forEver
	}
	n := rapid.IntRange(1, 3).Draw(t, "n")
	m.claimed(t, o, n, lease)
}

func (m *model) claimed(t *rapid.T, o *owner, n int, lease time.Duration) int {
	sending := m.record().State == digest.IssueSending
	got, err := m.w.Claim(m.w.ctx, delivery.Claim{Issue: m.issue, Owner: o.name, Now: m.now, Lease: lease, N: n})
	m.w.must(err)
	want, rows := maps.Clone(m.rows), m.ledger()
	due := func(r row) bool { return sending && r.state == delivery.Ready && r.nextAt <= ms(m.now) }
	for _, d := range got {
		r := want[d.Subscriber]
		if !due(r) || !m.mailable(d.Subscriber) || d.Epoch != r.epoch+1 {
			t.Fatalf("claimed %+v, which is %+v, mailable: %v", d, r, m.mailable(d.Subscriber))
		}
		want[d.Subscriber] = row{delivery.Claimed, o.name, d.Epoch, r.nextAt, lease < 0}
		o.jobs = append(o.jobs, &job{Delivery: d})
	}
	left := 0
	for id, r := range want {
		switch {
		case due(r) && !m.mailable(id) && rows[id].state == delivery.Skipped:
			r.state = delivery.Skipped
			want[id] = r
		case due(r):
			left++
		}
	}
	if len(got) > n || len(got) < n && left > 0 && len(got) == 0 {
		t.Fatalf("claimed %d of %d, and left %d", len(got), n, left)
	}
	m.expect(t, delivery.Worker, want)
	return len(got)
}

// work takes a row of an owner a step further.
func (m *model) work(t *rapid.T) {
	busy := slices.DeleteFunc(slices.Clone(m.owners), func(o *owner) bool { return len(o.jobs) == 0 })
	if len(busy) == 0 {
		t.Skip("nobody has work")
	}
	o := rapid.SampledFrom(busy).Draw(t, "owner")
	j := rapid.SampledFrom(o.jobs).Draw(t, "row")
	if j.intended.IsZero() {
		m.offer(t, o, j)
	} else {
		m.dot(t, o, j)
	}
}

// offer is everything before the dot.
func (m *model) offer(t *rapid.T, o *owner, j *job) {
	later := change(j.Delivery, delivery.Claimed, delivery.Ready)
	later.NextAt = m.now.Add(5 * time.Minute)
	bounce := change(j.Delivery, delivery.Claimed, delivery.Failed)
	bounce.Bounce = true
	how := rapid.SampledFrom([]string{
		"intent", "intent", "intent", "intent", "unbuilt", "expired", "deferred", "refused", "bounced",
	}).Draw(t, "how")
	switch how {
	case "intent":
		if m.intend(t, o, j) {
			return
		}
	case "unbuilt":
		o.put(change(j.Delivery, delivery.Claimed, delivery.RenderError))
	case "expired":
		o.put(change(j.Delivery, delivery.Claimed, delivery.Expired))
	case "deferred":
		o.put(later)
	case "refused":
		o.put(change(j.Delivery, delivery.Claimed, delivery.Failed))
	case "bounced":
		o.put(bounce)
	}
	o.drop(j)
}

// intend makes the intent durable, and with it the results before it.
func (m *model) intend(t *rapid.T, o *owner, j *job) bool {
	applied := m.apply(t, delivery.Worker, append(o.queue, change(j.Delivery, delivery.Claimed, delivery.Committing)))
	o.queue = nil
	if !applied[len(applied)-1] {
		return false
	}
	if r := m.ledger()[j.Subscriber]; r.state != delivery.Committing || !m.mailable(j.Subscriber) {
		t.Fatalf("a dot may follow for %+v, mailable: %v", r, m.mailable(j.Subscriber))
	}
	j.intended = m.now
	return true
}

// dot writes it, unless the intent is too old to be trusted with one.
func (m *model) dot(t *rapid.T, o *owner, j *job) {
	how := rapid.SampledFrom([]string{
		"taken", "taken", "taken", "taken unheard", "lost", "not written", "deferred", "refused",
	}).Draw(t, "reply")
	if m.now.Sub(j.intended) > 30*time.Second {
		how = "not written"
	}
	later := change(j.Delivery, delivery.Committing, delivery.Ready)
	later.NextAt = m.now.Add(5 * time.Minute)
	doubt := change(j.Delivery, delivery.Committing, delivery.InDoubt)
	resend := later
	resend.From = delivery.InDoubt
	if how == "taken" || how == "taken unheard" {
		m.copies[j.Subscriber]++
	}
	switch how {
	case "taken":
		o.put(change(j.Delivery, delivery.Committing, delivery.Accepted))
	case "taken unheard", "lost":
		if o.put(doubt); m.resend {
			o.put(resend)
		}
	case "not written", "deferred":
		o.put(later)
	case "refused":
		o.put(change(j.Delivery, delivery.Committing, delivery.Failed))
	}
	o.drop(j)
}

func (o *owner) put(c delivery.Change) { o.queue = append(o.queue, c) }

func (o *owner) drop(j *job) {
	o.jobs = slices.DeleteFunc(o.jobs, func(other *job) bool { return other == j })
}

// flush makes an owner's results durable.
func (m *model) flush(t *rapid.T) {
	o := rapid.SampledFrom(m.owners).Draw(t, "owner")
	if len(o.queue) == 0 {
		t.Skip("nothing is queued")
	}
	m.apply(t, delivery.Worker, o.queue)
	o.queue = nil
}

// apply makes changes, and says beforehand which of them apply.
func (m *model) apply(t *rapid.T, by delivery.Actor, changes []delivery.Change) []bool {
	if err := delivery.Check(by, changes...); err != nil {
		t.Fatal(err)
	}
	want, rows := make([]bool, len(changes)), maps.Clone(m.rows)
	for i, c := range changes {
		r := rows[c.Subscriber]
		if r.state != c.From || r.owner != c.Owner || r.epoch != c.Epoch {
			continue
		}
		to := c.To
		if want[i] = !c.IfActive || m.mailable(c.Subscriber); !want[i] {
			to = delivery.Skipped
		}
		m.follow(c.Subscriber, c.From, to, c.Bounce)
		r.state, r.lapsed = to, rows[c.Subscriber].lapsed
		if to != delivery.Committing && to != delivery.InDoubt {
			r.owner = "" // nobody holds it any more
		}
		if want[i] && !c.IfActive && to != delivery.Accepted {
			r.nextAt = ms(c.NextAt)
		}
		rows[c.Subscriber] = r
	}
	got, err := m.w.Apply(m.w.ctx, m.now, changes)
	m.w.must(err)
	if !slices.Equal(got, want) {
		t.Fatalf("of %+v applied %v, must %v", changes, got, want)
	}
	m.expect(t, by, rows)
	return got
}

// follow draws the consequences of a change that applies.
func (m *model) follow(id string, from, to delivery.State, bounce bool) {
	switch {
	case to == delivery.InDoubt:
		m.doubts[id]++
	case from == delivery.InDoubt && to == delivery.Ready:
		m.again[id]++
	case from == delivery.InDoubt && to == delivery.Accepted:
		m.vouched[id] = true
	}
	if p := m.people[id]; bounce && p != nil {
		p.active, p.suppressed = false, true
	}
}

// crash makes an owner forget everything; another takes its place.
func (m *model) crash(t *rapid.T) {
	i := rapid.IntRange(0, len(m.owners)-1).Draw(t, "owner")
	m.owners = slices.Delete(m.owners, i, i+1)
	m.start()
}

// recover frees what the dead held, often after one has died just now. Who holds
// nothing may as well be dead.
func (m *model) recover(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "after a crash") == 3 {
		m.crash(t)
	}
	o := rapid.SampledFrom(m.owners).Draw(t, "owner")
	alone := !slices.ContainsFunc(m.owners, func(other *owner) bool {
		return other != o && len(other.jobs)+len(other.queue) > 0
	})
	grace := rapid.SampledFrom([]time.Duration{10 * time.Minute, 10 * time.Minute, 10 * forEver}).Draw(t, "grace")
	m.recovered(t, o, alone && rapid.Bool().Draw(t, "exclusive"), grace)
}

func (m *model) recovered(t *rapid.T, o *owner, exclusive bool, grace time.Duration) {
	want, ready, doubts := maps.Clone(m.rows), 0, 0
	for id, r := range want {
		switch {
		case r.owner == o.name:
		case r.state == delivery.Committing && (exclusive || r.lapsed && grace < forEver):
			r.state = delivery.InDoubt
			doubts++
			m.follow(id, delivery.Committing, delivery.InDoubt, false)
		case r.state == delivery.Claimed && (exclusive || r.lapsed):
			r.state, r.owner = delivery.Ready, ""
			ready++
		}
		want[id] = r
	}
	gotReady, gotDoubts, err := m.w.Recover(m.w.ctx, o.name, exclusive, grace, m.now)
	m.w.must(err)
	if gotReady != ready || gotDoubts != doubts {
		t.Fatalf("recovered %d and %d, must %d and %d", gotReady, gotDoubts, ready, doubts)
	}
	m.expect(t, delivery.Recovery, want)
	if m.resend {
		m.resolve(t, delivery.Ready)
	}
}

func (m *model) pass(t *rapid.T) {
	m.now = m.now.Add(rapid.SampledFrom([]time.Duration{
		10 * time.Second, time.Minute, 10 * time.Minute, time.Hour,
	}).Draw(t, "time"))
}

// end makes an issue done once nothing is left; the backlog says when.
func (m *model) end(t *rapid.T) {
	if b := m.backlog(t); b.Sending && !b.Ready && !b.Held {
		m.w.move(m.issue, digest.IssueSending, digest.IssueDone)
	}
}

func (m *model) backlog(t *rapid.T) delivery.Backlog {
	var want delivery.Backlog
	want.Sending = m.record().State == digest.IssueSending
	for _, r := range m.rows {
		switch r.state {
		case delivery.Ready:
			if next := time.UnixMilli(r.nextAt).UTC(); !want.Ready || next.Before(want.NextAt) {
				want.NextAt = next
			}
			want.Ready = true
		case delivery.Claimed, delivery.Committing:
			want.Held = true
		}
	}
	got, err := m.w.Backlog(m.w.ctx, m.issue)
	m.w.must(err)
	if got != want {
		t.Fatalf("the backlog is %+v, must be %+v", got, want)
	}
	return got
}

// finish lets one process that lives do all that is left. Then nobody is lost.
func (m *model) finish(t *rapid.T) {
	m.owners = nil
	o := m.start()
	m.recovered(t, o, true, 10*time.Minute)
	m.resume()
	for m.record().State == digest.IssuePlanning {
		m.plan(t)
	}
	for round := 0; m.backlog(t).Ready; round++ {
		if round > len(m.rows) {
			t.Fatalf("there is no end: %+v", m.rows)
		}
		m.now = m.now.Add(24 * time.Hour)
		m.claimed(t, o, len(m.rows)+1, forEver)
		for _, j := range o.jobs {
			if m.intend(t, o, j) {
				m.copies[j.Subscriber]++
				o.put(change(j.Delivery, delivery.Committing, delivery.Accepted))
			}
		}
		o.jobs = nil
		if len(o.queue) > 0 {
			m.apply(t, delivery.Worker, o.queue)
			o.queue = nil
		}
	}
	m.look(t)
	m.judge(t)
}

// judge says what is true of every history.
func (m *model) judge(t *rapid.T) {
	for id, r := range m.rows {
		switch {
		case !r.state.Terminal() && r.state != delivery.InDoubt:
			t.Errorf("%s is left %s", id, r.state)
		case r.state == delivery.InDoubt && (m.resend || m.doubts[id] == 0):
			t.Errorf("%s is in doubt", id)
		case r.state == delivery.Accepted && m.copies[id] == 0 && !m.vouched[id]:
			t.Errorf("%s counts as accepted and has no copy", id)
		case r.state != delivery.Accepted && m.copies[id] > 0 && m.doubts[id] == 0:
			t.Errorf("%s has a copy and is %s", id, r.state)
		case m.copies[id] > 1 && m.doubts[id] == 0:
			t.Errorf("%s has %d copies without a doubt", id, m.copies[id])
		}
	}
	if r := m.record(); r.Recipients != len(m.rows) {
		t.Errorf("the issue has %d recipients and %d rows", r.Recipients, len(m.rows))
	}
}
