package store

import (
	"context"
	"database/sql"

	"digest.example/internal/subscribers"
)

// personRequests are also those that were taken down before the person was known.
func (s *Store) personRequests(ctx context.Context, p *subscribers.Person) (err error) {
	p.Requests, err = collect(ctx, s.read, func(scan scan) (v subscribers.Asked, err error) {
		var when sql.NullInt64
		err = scan(&v.Kind, &v.Newsletter, &v.Wording, &v.Evidence, &when)
		v.At = at(when)
		return v, err
	}, `SELECT kind, newsletter, wording, evidence, at FROM intake WHERE subscriber = $1 OR address_hash = $2 ORDER BY at, id`,
		p.Subscriber.ID, p.Subscriber.Hash)
	return err
}

func (s *Store) personLinks(ctx context.Context, p *subscribers.Person) (err error) {
	p.Links, err = collect(ctx, s.read, scanTicket, `SELECT hash, purpose, subscriber, newsletter, language, wording, evidence,
		created, expires, used FROM ticket WHERE subscriber = $1 ORDER BY created, hash`, p.Subscriber.ID)
	return err
}

func (s *Store) personLetters(ctx context.Context, p *subscribers.Person) (err error) {
	p.Letters, err = collect(ctx, s.read, func(scan scan) (v subscribers.Written, err error) {
		var when sql.NullInt64
		err = scan(&v.Kind, &v.Newsletter, &v.State, &v.Reply, &when)
		v.At = at(when)
		return v, err
	}, `SELECT kind, newsletter, state, last_reply, created FROM outbox WHERE subscriber = $1 ORDER BY created, id`,
		p.Subscriber.ID)
	return err
}
