package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

const (
	addTicket = `INSERT INTO ticket (hash, purpose, subscriber, newsletter, language, wording, evidence, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	findTicket = `SELECT hash, purpose, subscriber, newsletter, language, wording, evidence, created, expires, used
		FROM ticket WHERE hash = $1 AND purpose = $2`

	useTicket = `UPDATE ticket SET used = $1 WHERE hash = $2 AND used IS NULL`
)

// Ticket implements subscribers.Store.
func (s *Store) Ticket(ctx context.Context, p subscribers.Purpose, hash string) (t subscribers.Ticket, known bool, err error) {
	t, err = one(ctx, s.read, scanTicket, findTicket, hash, string(p))
	if errors.Is(err, digest.ErrNotFound) {
		return subscribers.Ticket{}, false, nil
	}
	if err != nil {
		return subscribers.Ticket{}, false, fmt.Errorf("ticket: %w", err)
	}
	return t, true, nil
}

func scanTicket(scan scan) (subscribers.Ticket, error) {
	var t subscribers.Ticket
	var purpose string
	var created, expires, used sql.NullInt64
	err := scan(&t.Hash, &purpose, &t.Subscriber, &t.Newsletter, &t.Language, &t.Wording, &t.Evidence,
		&created, &expires, &used)
	t.Purpose, t.Created, t.Expires, t.Used = subscribers.Purpose(purpose), at(created), at(expires), at(used)
	return t, err
}

// Use implements subscribers.Store.
func (s *Store) Use(ctx context.Context, hash string, at time.Time) (won bool, err error) {
	err = s.changeSoon(ctx, "use a ticket", func(t tx) error {
		won, err = t.use(hash, at)
		return err
	})
	return won && err == nil, err
}

func (t tx) use(hash string, at time.Time) (bool, error) {
	n, err := t.exec(useTicket, ms(at), hash)
	return n == 1, err
}

// errUndone takes a transaction back without being an error to anybody.
var errUndone = errors.New("nothing is to be changed")

// Confirm implements subscribers.Store.
func (s *Store) Confirm(ctx context.Context, hash string, from []subscribers.State, e subscribers.Event) (bool, error) {
	err := s.changeSoon(ctx, "confirm", func(t tx) error {
		won, err := t.use(hash, e.At)
		if err == nil && !won {
			err = errUndone
		}
		if err != nil {
			return err
		}
		k, err := one(ctx, t, scanTicket, findTicket, hash, string(subscribers.PurposeConfirm))
		if err != nil {
			return err
		}
		moved, err := t.move(k.Subscriber, k.Newsletter, from, e)
		if err == nil && !moved {
			err = errUndone
		}
		return err
	})
	if errors.Is(err, errUndone) {
		return false, nil
	}
	return err == nil, err
}

func (t tx) addTicket(k subscribers.Ticket) error {
	_, err := t.exec(addTicket, k.Hash, string(k.Purpose), k.Subscriber, k.Newsletter, text(k.Language),
		text(k.Wording), reply(k.Evidence), ms(k.Created), ms(k.Expires))
	return err
}
