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

	// An intent changes nothing but the state. Its newsletter is the issue's, which
	// never changes.
	intendRow = `UPDATE delivery SET state = 'committing', changed = $1
		WHERE issue = $2 AND subscriber = $3 AND state = 'claimed' AND owner = $4 AND epoch = $5 AND EXISTS (` + stillMailable

	skipIfLeft = `UPDATE delivery SET state = 'skipped', owner = '', changed = $1
		WHERE issue = $2 AND subscriber = $3 AND state = 'claimed' AND owner = $4 AND epoch = $5 AND NOT EXISTS (` + stillMailable

	// Suppressions need no look here: a claim has looked, and whatever suppresses
	// somebody ends their consents in the same transaction.
	stillMailable = `SELECT 1 FROM consent c
		WHERE c.subscriber = $3 AND c.newsletter = $6 AND c.state = 'active' AND ` + visible + ` AND ` + unpaused + `$1)`

	acceptRow = `UPDATE delivery SET state = 'accepted', owner = '', attempts = $1, last_code = $2, last_reply = $3, changed = $4
		WHERE issue = $5 AND subscriber = $6 AND state = 'committing' AND owner = $7 AND epoch = $8`

	newsletterOf = `SELECT newsletter FROM issue WHERE id = $1`

	spend = `UPDATE issue SET spent = $1 WHERE id = $2 AND spent IS NULL`
)

// Apply implements delivery.Store.
func (s *Store) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	if err := s.prepare(ctx, moveRow, intendRow, skipIfLeft, acceptRow, spend); err != nil {
		return nil, err
	}
	applied := make([]bool, len(changes))
	err := s.change(ctx, "apply", func(t tx) error {
		spent, newsletters := map[string]bool{}, map[string]string{}
		for i, c := range changes {
			var err error
			if applied[i], err = t.apply(now, c, newsletters); err != nil {
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

func (t tx) apply(now time.Time, c delivery.Change, newsletters map[string]string) (bool, error) {
	switch {
	case c.IfActive:
		return t.intend(now, c, newsletters)
	case c.To == delivery.Accepted && c.From == delivery.Committing:
		n, err := t.exec(acceptRow, c.Attempts, c.Code, reply(c.Reply), ms(now), c.Issue, c.Subscriber, c.Owner, c.Epoch)
		return n > 0, err
	}
	owner := c.Owner
	if c.To != delivery.Committing && c.To != delivery.InDoubt {
		owner = "" // nobody holds it any more
	}
	n, err := t.exec(moveRow, string(c.To), c.Attempts, ms(c.NextAt), owner, c.Code, reply(c.Reply), ms(now),
		c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch)
	if err == nil && n > 0 && c.Bounce {
		err = t.bounce(now, c)
	}
	return n > 0 && err == nil, err
}

// intend makes a row committing if its subscriber may still be mailed, and
// skipped if not.
func (t tx) intend(now time.Time, c delivery.Change, newsletters map[string]string) (bool, error) {
	newsletter, known := newsletters[c.Issue]
	if !known {
		if err := t.QueryRowContext(t.ctx, newsletterOf, c.Issue).Scan(&newsletter); err != nil {
			return false, err
		}
		newsletters[c.Issue] = newsletter
	}
	args := []any{ms(now), c.Issue, c.Subscriber, c.Owner, c.Epoch, newsletter}
	n, err := t.exec(intendRow, args...)
	if err == nil && n == 0 {
		_, err = t.exec(skipIfLeft, args...)
	}
	return n > 0, err
}

// bounce suppresses the address everywhere and ends the subscriber's consents, both
// together: an intent looks at the consent only.
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
