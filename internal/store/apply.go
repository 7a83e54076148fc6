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

	// An intent whose commit was not heard of is asked for again, and finds its row
	// committing: with this epoch nobody else can have made it so.
	// An intent changes nothing but the state. Its newsletter is the issue's, which
	// never changes.
	intendRow = `UPDATE delivery SET state = 'committing', changed = $1
		WHERE issue = $2 AND subscriber = $3 AND (state = 'claimed' OR state = 'committing') AND owner = $4 AND epoch = $5 AND EXISTS (` + stillMailable

	skipIfLeft = `UPDATE delivery SET state = 'skipped', owner = '', changed = $1
		WHERE issue = $2 AND subscriber = $3 AND (state = 'claimed' OR state = 'committing') AND owner = $4 AND epoch = $5 AND NOT EXISTS (` + stillMailable

	// Suppressions need no look here: a claim has looked, and whatever suppresses
	// somebody ends their consents in the same transaction.
	stillMailable = `SELECT 1 FROM consent c
		WHERE c.subscriber = $3 AND c.newsletter = $6 AND c.state = 'active' AND ` + visible + ` AND ` + unpaused + `$1)`

	acceptRow = `UPDATE delivery SET state = 'accepted', owner = '', attempts = $1, last_code = $2, last_reply = $3, changed = $4
		WHERE issue = $5 AND subscriber = $6 AND state = 'committing' AND owner = $7 AND epoch = $8`

	// A row that was ready again may have been claimed since.
	asLeft = `SELECT 1 FROM delivery WHERE issue = $1 AND subscriber = $2
		AND (epoch = $3 AND state = $4 OR epoch > $3 AND $4 = 'ready')`

	newsletterOf = `SELECT newsletter FROM issue WHERE id = $1`

	spend = `UPDATE issue SET spent = $1 WHERE id = $2 AND spent IS NULL`
)

// Apply implements delivery.Store.
func (s *Store) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	applied := make([]bool, len(changes))
	err := s.change(ctx, "apply", func(t tx) error {
		newsletters, err := t.newslettersOf(changes)
		if err != nil {
			return err
		}
		all := make([]statement, len(changes))
		for i, c := range changes {
			all[i] = moving(now, c, newsletters[c.Issue])
		}
		changed, err := t.execAll(all)
		if err != nil {
			return err
		}
		for i, n := range changed {
			applied[i] = n > 0
		}
		if err := t.follow(now, changes, applied, all); err != nil {
			return err
		}
		return t.foundDone(changes, applied)
	})
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		if applied[i] && spends(c) {
			s.spent.Store(c.Issue, true)
		}
	}
	return applied, nil
}

// spends says whether somebody has, or may have, the issue by the change.
func spends(c delivery.Change) bool { return c.To == delivery.Accepted || c.To == delivery.InDoubt }

// newslettersOf finds those of the issues in which somebody is about to get mail.
// It remembers them: an issue's newsletter never changes.
func (t tx) newslettersOf(changes []delivery.Change) (map[string]string, error) {
	found := map[string]string{}
	for _, c := range changes {
		if _, known := found[c.Issue]; known || !c.IfActive {
			continue
		}
		newsletter, known := t.s.issues.Load(c.Issue)
		if !known {
			var id string
			if err := t.QueryRowContext(t.ctx, newsletterOf, c.Issue).Scan(&id); err != nil {
				return nil, err
			}
			newsletter = id
			t.s.issues.Store(c.Issue, id)
		}
		found[c.Issue] = newsletter.(string)
	}
	return found, nil
}

// moving is the statement that makes a change.
func moving(now time.Time, c delivery.Change, newsletter string) statement {
	switch {
	case c.IfActive:
		return statement{intendRow, []any{ms(now), c.Issue, c.Subscriber, c.Owner, c.Epoch, newsletter}}
	case c.To == delivery.Accepted && c.From == delivery.Committing:
		return statement{acceptRow, []any{
			c.Attempts, c.Code, reply(c.Reply), ms(now), c.Issue, c.Subscriber, c.Owner, c.Epoch,
		}}
	}
	owner := c.Owner
	if c.To != delivery.Committing && c.To != delivery.InDoubt {
		owner = "" // nobody holds it any more
	}
	return statement{moveRow, []any{
		string(c.To), c.Attempts, ms(c.NextAt), owner, c.Code, reply(c.Reply), ms(now),
		c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch,
	}}
}

// follow draws the consequences: who had left is skipped, who bounced is
// suppressed, an issue that somebody has, or may have, is spent.
func (t tx) follow(now time.Time, changes []delivery.Change, applied []bool, made []statement) error {
	var spent []string
	for i, c := range changes {
		var err error
		switch {
		case c.IfActive && !applied[i]:
			_, err = t.exec(skipIfLeft, made[i].args...)
		case applied[i] && c.Bounce:
			err = t.bounce(now, c)
		case applied[i] && spends(c):
			spent = append(spent, c.Issue)
		}
		if err != nil {
			return err
		}
	}
	return t.spend(now, spent...)
}

// foundDone marks as applied what an earlier try has done.
func (t tx) foundDone(changes []delivery.Change, applied []bool) error {
	for i, c := range changes {
		if applied[i] || c.IfActive || !c.Again {
			continue
		}
		err := each(t.ctx, t, func(scan scan) error {
			applied[i] = true
			return scan(new(int))
		}, asLeft, c.Issue, c.Subscriber, c.Epoch, string(c.To))
		if err != nil {
			return err
		}
	}
	return nil
}

// bounce suppresses the address everywhere and ends the subscriber's consents, both
// together: an intent looks at the consent only.
// Of an erased subscriber nothing is left to suppress. Links to confirm from before
// the last bounce lift none, so its time is kept.
func (t tx) bounce(now time.Time, c delivery.Change) error {
	_, err := t.exec(`INSERT INTO suppression (address_hash, newsletter, reason, address, evidence, at)
		SELECT address_hash, '', 'bounced', address, CAST($1 AS TEXT), CAST($2 AS BIGINT) FROM subscriber WHERE id = $3
		ON CONFLICT (address_hash, newsletter) DO UPDATE SET address = excluded.address, evidence = excluded.evidence,
			at = excluded.at WHERE suppression.reason = 'bounced'`, reply(c.Reply), ms(now), c.Subscriber)
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
