package store

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/signup"
)

// Rows are found beside the transaction that deletes them, which asks again.
const (
	oldWaiting  = `SELECT id FROM intake WHERE granted IS NULL AND at < $1 LIMIT $2`
	dropWaiting = `DELETE FROM intake WHERE id = $1 AND granted IS NULL AND at < $2`

	oldSettled  = `SELECT id FROM intake WHERE granted < $1 LIMIT $2`
	dropSettled = `DELETE FROM intake WHERE id = $1 AND granted < $2`

	oldTickets  = `SELECT hash FROM ticket WHERE expires < $1 LIMIT $2`
	dropTickets = `DELETE FROM ticket WHERE hash = $1 AND expires < $2`

	// Who never agreed to anything is not known for long, also where the letter
	// that asked has bounced or they said no. Who has asked again holds a token that
	// is still good. In lists of old, when somebody agreed may not be known: then
	// their history tells.
	unconfirmed = ` FROM consent c WHERE c.newsletter IN (SELECT id FROM newsletter) AND ` + neverAgreed + `
		AND c.since < $1 AND ` + visible + `
		AND NOT EXISTS (SELECT 1 FROM ticket k WHERE k.subscriber = c.subscriber AND k.newsletter = c.newsletter
			AND k.purpose = 'confirm' AND k.used IS NULL AND k.expires >= $2) AND ` + nothingDue

	neverAgreed = `c.state IN ('pending', 'bounced', 'unsubscribed') AND c.agreed = 0
		AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.subscriber = c.subscriber AND e.newsletter = c.newsletter
			AND e.to_state = 'active')`

	// Who has just asked again has no token yet.
	nothingDue = `NOT EXISTS (SELECT 1 FROM intake i WHERE i.subscriber = c.subscriber AND i.newsletter = c.newsletter
		AND i.granted IS NOT NULL AND i.done IS NULL)`
)

// Forget implements signup.Store.
func (s *Store) Forget(ctx context.Context, now time.Time, before signup.Ages, n int) (more bool, err error) {
	for _, old := range []struct {
		find, drop string
		before     time.Time
	}{
		{oldWaiting, dropWaiting, before.Waiting},
		{oldSettled, dropSettled, before.Settled},
		{oldTickets, dropTickets, before.Tickets},
	} {
		again, err := s.forgetOld(ctx, old.find, old.drop, ms(old.before), n)
		if err != nil {
			return false, fmt.Errorf("forget requests: %w", err)
		}
		more = more || again
	}
	again, err := s.forgetUnconfirmed(ctx, ms(now), ms(before.Unconfirmed), n)
	if err != nil {
		return false, fmt.Errorf("forget who has not confirmed: %w", err)
	}
	return more || again, nil
}

func (s *Store) forgetOld(ctx context.Context, find, drop string, before int64, n int) (more bool, err error) {
	ids, err := collect(ctx, s.read, func(scan scan) (id string, err error) { return id, scan(&id) }, find, before, n)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	args := make([][]any, len(ids))
	for i, id := range ids {
		args[i] = []any{id, before}
	}
	dropped, err := s.repeat(ctx, drop, args)
	return dropped > 0 && len(ids) == n, err
}

// forgetUnconfirmed deletes consents that nobody has confirmed, and the people
// of whom nothing else is known.
func (s *Store) forgetUnconfirmed(ctx context.Context, now, since int64, n int) (more bool, err error) {
	keys, err := collect(ctx, s.read, func(scan scan) (k [2]string, err error) {
		return k, scan(&k[0], &k[1])
	}, `SELECT c.subscriber, c.newsletter`+unconfirmed+` ORDER BY c.subscriber LIMIT $3`, since, now, n)
	if err != nil || len(keys) == 0 {
		return false, err
	}
	err = s.change(ctx, "forget who has not confirmed", func(t tx) error {
		for _, k := range keys {
			if err := t.forgetConsent(k[0], k[1], since); err != nil {
				return err
			}
		}
		return nil
	})
	return len(keys) == n, err
}

// forgetConsent leaves of a person whose only consent it was the hash of their
// address, where that is suppressed.
func (t tx) forgetConsent(subscriber, newsletter string, before int64) error {
	n, err := t.exec(`DELETE FROM consent AS c WHERE c.subscriber = $1 AND c.newsletter = $2
		AND c.since < $3 AND `+neverAgreed+` AND `+nothingDue, subscriber, newsletter, before)
	if err != nil || n == 0 {
		return err
	}
	for _, forget := range []string{
		`DELETE FROM consent_event WHERE subscriber = $1 AND newsletter = $2`,
		`DELETE FROM ticket WHERE subscriber = $1 AND newsletter = $2`,
	} {
		if _, err := t.exec(forget, subscriber, newsletter); err != nil {
			return err
		}
	}
	const nothingElse = ` AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber = s.id)`
	_, err = t.exec(`UPDATE suppression SET address = '', evidence = ''
		WHERE address_hash IN (SELECT s.address_hash FROM subscriber s WHERE s.id = $1`+nothingElse+`)`, subscriber)
	if err != nil {
		return err
	}
	n, err = t.exec(`DELETE FROM subscriber AS s WHERE s.id = $1`+nothingElse, subscriber)
	if err != nil || n == 0 {
		return err
	}
	if _, err := t.forgetPerson(subscriber); err != nil {
		return err
	}
	return t.markErased(unconfirmedMark)
}
