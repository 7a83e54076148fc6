package store

import (
	"context"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

const takeDown = `INSERT INTO intake (id, kind, newsletter, subscriber, address, normal, address_hash, evidence, mailbox,
	language, wording, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// TakeDown implements subscribers.Store. It is one insert, the same for everybody.
func (s *Store) TakeDown(ctx context.Context, r subscribers.Request) error {
	return s.change(ctx, "take a request down", func(t tx) error {
		_, err := t.exec(takeDown, r.ID, string(r.Kind), text(r.Newsletter), r.Subscriber, text(r.Address.Mailbox),
			text(r.Address.Normal), r.Hash, reply(r.Evidence), r.Mailbox, text(r.Language), text(r.Wording), ms(r.At))
		return err
	})
}

// Prefer implements subscribers.Store.
func (s *Store) Prefer(ctx context.Context, subscriber string, p subscribers.Preferences, e subscribers.Event) error {
	plain := 0
	if p.Plain {
		plain = 1
	}
	return s.change(ctx, "set preferences", func(t tx) error {
		n, err := t.exec(`UPDATE consent SET paused_until = $1, plain = $2 WHERE subscriber = $3 AND newsletter = $4`,
			ms(p.PausedUntil), plain, text(subscriber), text(p.Newsletter))
		if err == nil && n == 0 {
			err = digest.ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err = t.exec(`UPDATE subscriber SET language = $1 WHERE id = $2`, text(p.Language), subscriber); err != nil {
			return err
		}
		return t.event(subscriber, p.Newsletter, eventOf(e, string(e.From)))
	})
}
