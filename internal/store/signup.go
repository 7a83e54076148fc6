package store

import (
	"context"
	"database/sql"

	"digest.example/internal/subscribers"
)

const takeDown = `INSERT INTO intake (id, kind, newsletter, subscriber, address, normal, address_hash, evidence, mailbox,
	language, wording, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// TakeDown implements subscribers.Store. It is one insert, the same for everybody.
func (s *Store) TakeDown(ctx context.Context, r subscribers.Request) error {
	return s.changeSoon(ctx, "take a request down", func(t tx) error {
		_, err := t.exec(takeDown, r.ID, string(r.Kind), text(r.Newsletter), r.Subscriber, text(r.Address.Mailbox),
			text(r.Address.Normal), r.Hash, reply(r.Evidence), r.Mailbox, text(r.Language), text(r.Wording), ms(r.At))
		return err
	})
}

const (
	preferencesOf = `SELECT c.state, c.paused_until, c.plain, s.language FROM consent c JOIN subscriber s ON s.id = c.subscriber
		WHERE c.subscriber = $1 AND c.newsletter = $2 AND ` + visible

	prefer = `UPDATE consent SET paused_until = $1, plain = $2 WHERE subscriber = $3 AND newsletter = $4`
)

// Prefer implements subscribers.Store.
func (s *Store) Prefer(
	ctx context.Context, subscriber, newsletter string, choose func(*subscribers.Preferences) (*subscribers.Event, error),
) error {
	subscriber, newsletter = text(subscriber), text(newsletter)
	return s.changeSoon(ctx, "set preferences", func(t tx) error {
		p, err := t.preferences(subscriber, newsletter)
		if err != nil {
			return err
		}
		e, err := choose(&p)
		if err != nil || e == nil {
			return err
		}
		plain := 0
		if p.Plain {
			plain = 1
		}
		if _, err := t.exec(prefer, ms(p.PausedUntil), plain, subscriber, newsletter); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE subscriber SET language = $1 WHERE id = $2`, text(p.Language), subscriber); err != nil {
			return err
		}
		e.To = p.State
		return t.event(subscriber, newsletter, eventOf(*e, string(p.State)))
	})
}

// preferences are what is set, until the transaction ends.
func (t tx) preferences(subscriber, newsletter string) (subscribers.Preferences, error) {
	p := subscribers.Preferences{Newsletter: newsletter}
	return one(t.ctx, t, func(scan scan) (subscribers.Preferences, error) {
		var state string
		var paused sql.NullInt64
		var plain int
		err := scan(&state, &paused, &plain, &p.Language)
		p.State, p.PausedUntil, p.Plain = subscribers.State(state), at(paused), plain == 1
		return p, err
	}, preferencesOf+t.s.forUpdate, subscriber, newsletter)
}
