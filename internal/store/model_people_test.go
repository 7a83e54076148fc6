package store

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/subscribers"
)

// read is what readers do; anybody may do it for them.
func (m *model) read(t *rapid.T) {
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.people))).Draw(t, "reader")
	p := m.people[id]
	set := func(column string, v any) {
		m.w.exec(`UPDATE consent SET `+column+` = $1 WHERE subscriber = $2`, v, id)
	}
	how := rapid.SampledFrom([]string{"leave", "leave", "suppressed", "erased", "pause", "come back", "join"}).Draw(t, "how")
	switch how {
	case "leave":
		p.active = false
		set("state", "unsubscribed")
	case "suppressed":
		p.suppressed, p.active = true, false
		set("state", "complained")
		m.w.exec(`INSERT INTO suppression (address_hash, newsletter, reason, address, evidence, at)
			SELECT address_hash, '', 'operator', '', '', 0 FROM subscriber WHERE id = $1 ON CONFLICT DO NOTHING`, id)
	case "erased":
		*p = reader{}
		m.w.exec(`DELETE FROM consent WHERE subscriber = $1`, id)
		m.w.exec(`DELETE FROM subscriber WHERE id = $1`, id)
	case "pause":
		p.paused = m.now.Add(10 * time.Minute)
		set("paused_until", ms(p.paused))
	case "come back":
		if m.w.query(`SELECT CAST(COUNT(*) AS TEXT) FROM consent WHERE subscriber = $1`, id) == "1" {
			m.comeBack(t, id)
		}
	case "join":
		m.join(t)
	}
}

// comeBack confirms by a letter that was written just now, which lifts a bounce.
func (m *model) comeBack(t *rapid.T, id string) {
	m.last++
	k := subscribers.Ticket{
		Hash: fmt.Sprint("ticket ", m.last), Purpose: subscribers.PurposeConfirm, Subscriber: id, Newsletter: m.newsletter,
		Created: m.now, Expires: m.now.Add(time.Hour),
	}
	m.w.addTicket(k)
	judged := m.w.suppression(m.w.query(`SELECT address_hash FROM subscriber WHERE id = $1`, id), m.newsletter)
	lasting := judged.Reason != "" && judged.Reason != subscribers.ReasonBounced
	if lasting {
		judged = subscribers.Suppression{}
	}
	p, state := m.people[id], m.w.query(`SELECT state FROM consent WHERE subscriber = $1`, id)
	won, err := m.w.Confirm(m.w.ctx, k.Hash, subscribers.From(subscribers.Active, subscribers.Reader),
		subscribers.Event{At: m.now, To: subscribers.Active, Actor: subscribers.Reader}, judged)
	m.w.must(err)
	if want := state != string(subscribers.Complained) && !lasting; won != want {
		t.Fatalf("who is %s, suppressed %v, confirms: %v", state, p.suppressed, won)
	}
	if won && !p.active {
		*p = reader{active: true}
	}
}

// operate is what the operator does.
func (m *model) operate(t *rapid.T) {
	r := m.record()
	switch how := rapid.SampledFrom([]string{"pause", "resume", "resume", "resend", "accept", "retry"}).Draw(t, "how"); how {
	case "pause":
		if r.State == digest.IssueDone {
			t.Skip("it is done")
		} else if r.State != digest.IssuePaused {
			m.w.must(publish.Pause(m.w.ctx, m.w, r, "why", m.now))
		}
	case "resume":
		m.resume()
	case "resend":
		m.resolve(t, delivery.Ready)
	case "accept":
		m.resolve(t, delivery.Accepted)
	case "retry":
		m.retry(t)
	}
}

func (m *model) resume() {
	if r := m.record(); r.State == digest.IssuePaused {
		m.w.must(publish.Resume(m.w.ctx, m.w, r, m.now))
	}
}

// resolve ends all doubts.
func (m *model) resolve(t *rapid.T, to delivery.State) {
	want, n := maps.Clone(m.rows), 0
	for id, r := range want {
		if r.state != delivery.InDoubt {
			continue
		}
		n++
		m.follow(id, delivery.InDoubt, to, false)
		r.state, r.owner, r.nextAt = to, "", ms(m.now)
		want[id] = r
	}
	got, err := publish.Resolve(m.w.ctx, m.w, m.record(), to, "", "the operator", m.now)
	m.w.must(err)
	if got != n {
		t.Fatalf("resolved %d rows, must %d", got, n)
	}
	m.expect(t, delivery.Operator, want)
}

// retry tries again what had ended without a copy.
func (m *model) retry(t *rapid.T) {
	var changes []delivery.Change
	m.w.must(m.w.Deliveries(m.w.ctx, m.issue, []delivery.State{delivery.Failed, delivery.RenderError, delivery.Expired},
		func(d delivery.Delivery) error {
			changes = append(changes, delivery.Retry(d, m.now, "the operator"))
			return nil
		}))
	if len(changes) == 0 {
		t.Skip("nothing to retry")
	}
	if applied := m.apply(t, delivery.Operator, changes); slices.Contains(applied, false) {
		t.Fatalf("a retry did not apply: %v", applied)
	}
	if m.record().State == digest.IssueDone {
		m.w.move(m.issue, digest.IssueDone, digest.IssuePlanning)
	}
}
