package store

import (
	"context"
	"time"

	"digest.example/internal/delivery"
)

const (
	moveRow = `UPDATE delivery SET state = $1, attempts = $2, next_at = $3, owner = $4,
		last_code = $5, last_reply = $6, changed = $7
		WHERE issue = $8 AND subscriber = $9 AND state = $10 AND owner = $11 AND epoch = $12`

	// The present time and a bracket are to follow.
	rowMailable = `EXISTS (SELECT 1 FROM issue i
		JOIN consent c ON c.newsletter = i.newsletter
		JOIN subscriber s ON s.id = c.subscriber
		WHERE i.id = delivery.issue AND c.subscriber = delivery.subscriber AND ` + mailable + ` AND ` + unpaused

	moveIfActive = moveRow + ` AND ` + rowMailable + `$7)`

	skipIfLeft = `UPDATE delivery SET state = 'skipped', owner = '', changed = $1
		WHERE issue = $2 AND subscriber = $3 AND state = $4 AND owner = $5 AND epoch = $6 AND NOT ` + rowMailable + `$1)`

	spend = `UPDATE issue SET spent = $1 WHERE id = $2 AND spent IS NULL`
)

// Apply implements delivery.Store.
func (s *Store) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	if err := s.prepare(ctx, moveRow, moveIfActive, skipIfLeft, spend); err != nil {
		return nil, err
	}
	applied := make([]bool, len(changes))
	err := s.change(ctx, "apply", func(t tx) error {
		spent := map[string]bool{}
		for i, c := range changes {
			var err error
			if applied[i], err = t.apply(now, c); err != nil {
				return err
			}
			if applied[i] && (c.To == delivery.Accepted || c.To == delivery.InDoubt) && !spent[c.Issue] {
				spent[c.Issue] = true
				if _, err := t.exec(spend, ms(now), c.Issue); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

func (t tx) apply(now time.Time, c delivery.Change) (bool, error) {
	owner, query := c.Owner, moveRow
	if c.To == delivery.Ready {
		owner = ""
	}
	if c.IfActive {
		query = moveIfActive
	}
	n, err := t.exec(query, string(c.To), c.Attempts, ms(c.NextAt), owner, c.Code, reply(c.Reply), ms(now),
		c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch)
	switch {
	case err != nil:
		return false, err
	case n == 0 && c.IfActive:
		_, err = t.exec(skipIfLeft, ms(now), c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch)
		return false, err
	case n > 0 && c.Bounce:
		return true, t.bounce(now, c)
	}
	return n > 0, nil
}

// bounce suppresses the address everywhere and ends the subscriber's consents.
// Of an erased subscriber nothing is left to suppress.
func (t tx) bounce(now time.Time, c delivery.Change) error {
	_, err := t.exec(`INSERT INTO suppression (address_hash, newsletter, reason, address, evidence, at)
		SELECT address_hash, '', 'bounced', address, CAST($1 AS TEXT), CAST($2 AS BIGINT) FROM subscriber WHERE id = $3
		ON CONFLICT (address_hash, newsletter) DO NOTHING`, reply(c.Reply), ms(now), c.Subscriber)
	if err != nil {
		return err
	}
	type standing struct{ newsletter, state string }
	ended, err := collect(t.ctx, t, func(scan scan) (v standing, err error) {
		return v, scan(&v.newsletter, &v.state)
	}, `SELECT newsletter, state FROM consent WHERE subscriber = $1 AND state IN ('active', 'pending')`+t.s.forUpdate,
		c.Subscriber)
	if err != nil {
		return err
	}
	for _, v := range ended {
		_, err := t.exec(`UPDATE consent SET state = 'bounced', since = $1
			WHERE subscriber = $2 AND newsletter = $3`, ms(now), c.Subscriber, v.newsletter)
		if err != nil {
			return err
		}
		if err := t.event(c.Subscriber, v.newsletter, event{
			at: now, from: v.state, to: "bounced", actor: "relay", how: "bounce", evidence: reply(c.Reply),
		}); err != nil {
			return err
		}
	}
	return nil
}
