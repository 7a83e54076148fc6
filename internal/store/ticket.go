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
func (s *Store) Confirm(
	ctx context.Context, hash string, from []subscribers.State, e subscribers.Event, lift subscribers.Suppression,
) (bool, error) {
	err := s.changeSoon(ctx, "confirm", func(t tx) error {
		k, err := one(ctx, t, scanTicket, findTicket, hash, string(subscribers.PurposeConfirm))
		if err != nil {
			return err
		}
		// In this order, which is that of bounces and of erasing: each may wait for
		// one of the others, but no two for each other.
		for _, step := range []func() (bool, error){
			func() (bool, error) { return t.lift(k, lift) },
			func() (bool, error) { return t.use(hash, e.At) },
			func() (bool, error) { return t.move(k.Subscriber, k.Newsletter, from, e) },
		} {
			done, err := step()
			if err != nil {
				return err
			}
			if !done {
				return errUndone
			}
		}
		return nil
	})
	if errors.Is(err, errUndone) {
		return false, nil
	}
	return err == nil, err
}

const (
	suppressionsOfTicket = `SELECT p.newsletter, p.reason, p.at FROM suppression p
		WHERE p.address_hash IN (SELECT s.address_hash FROM subscriber s WHERE s.id = $1) AND p.newsletter IN ('', $2)
		ORDER BY p.newsletter`

	liftSuppression = `DELETE FROM suppression
		WHERE address_hash IN (SELECT s.address_hash FROM subscriber s WHERE s.id = $1) AND newsletter = $2`
)

// lift takes away what suppresses a ticket's address, and says false if that is not
// what was judged.
func (t tx) lift(k subscribers.Ticket, judged subscribers.Suppression) (bool, error) {
	found, err := collect(t.ctx, t, func(scan scan) (v subscribers.Suppression, err error) {
		var since sql.NullInt64
		err = scan(&v.Newsletter, &v.Reason, &since)
		v.At = at(since)
		return v, err
	}, suppressionsOfTicket+t.s.forUpdate, k.Subscriber, k.Newsletter)
	if err != nil || (len(found) == 0) != (judged.Reason == "") {
		return false, err
	}
	for _, v := range found {
		if v.Reason != judged.Reason || v.At.After(judged.At) {
			return false, nil
		}
		if _, err := t.exec(liftSuppression, k.Subscriber, v.Newsletter); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (t tx) addTicket(k subscribers.Ticket) error {
	_, err := t.exec(addTicket, k.Hash, string(k.Purpose), k.Subscriber, k.Newsletter, text(k.Language),
		text(k.Wording), reply(k.Evidence), ms(k.Created), ms(k.Expires))
	return err
}
