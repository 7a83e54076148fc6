package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

const (
	postLetter = `INSERT INTO outbox (id, kind, subscriber, newsletter, message, envelope_from, created, give_up,
		state, attempts, next_at, owner, epoch, lease_until, last_code, last_reply, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'ready', 0, $7, '', 0, 0, 0, '', $7) ON CONFLICT (id) DO NOTHING`

	// d is a letter and s its subscriber, if there still is one. Consent is no
	// matter here, since most letters ask for it; but one that ended after a letter
	// was written makes its link expire. A letter that asks whether an address which
	// bounced works again has to be tried.
	reachable = `s.address <> '' AND NOT EXISTS (SELECT 1 FROM suppression p
		WHERE p.address_hash = s.address_hash AND p.newsletter IN ('', d.newsletter)
			AND NOT (p.reason = 'bounced' AND d.kind = 'confirm' AND p.at <= d.created))
		AND NOT EXISTS (SELECT 1 FROM consent c WHERE d.kind = 'confirm' AND c.subscriber = d.subscriber
			AND c.newsletter = d.newsletter AND c.state NOT IN ('pending', 'active') AND c.since > d.created)`

	dueLetters = `SELECT d.id, d.kind, d.subscriber, d.message, d.envelope_from, d.give_up,
		d.attempts, d.next_at, d.epoch, d.last_code, d.last_reply, COALESCE(s.address, ''), COALESCE(s.name, ''),
		CASE WHEN ` + reachable + ` THEN 1 ELSE 0 END
		FROM outbox d LEFT JOIN subscriber s ON s.id = d.subscriber
		WHERE d.state = 'ready' AND d.next_at <= $1 ORDER BY d.next_at, d.id LIMIT $2`

	claimLetter = `UPDATE outbox SET state = 'claimed', owner = $1, epoch = epoch + 1, lease_until = $2, changed = $3
		WHERE id = $4`

	skipLetter = `UPDATE outbox SET state = 'skipped', owner = '', message = NULL, changed = $1 WHERE id = $2`

	moveLetter = `UPDATE outbox SET state = $1, attempts = $2, next_at = $3, owner = $4,
		last_code = $5, last_reply = $6, changed = $7`

	// The row as the change expects it.
	asLetter = ` WHERE id = $8 AND subscriber = $9 AND state = $10 AND owner = $11 AND epoch = $12`

	keepLetter = moveLetter + asLetter

	// An intent whose commit was not heard of finds its row committing, as in Apply.
	intendLetter = moveLetter + ` WHERE id = $8 AND subscriber = $9 AND state IN ($10, 'committing')
		AND owner = $11 AND epoch = $12 AND` + letterReachable

	endLetter = moveLetter + `, message = NULL` + asLetter

	letterReachable = ` EXISTS (SELECT 1 FROM outbox d JOIN subscriber s ON s.id = d.subscriber
		WHERE d.id = outbox.id AND ` + reachable + `)`

	skipIfGone = `UPDATE outbox SET state = 'skipped', owner = '', message = NULL, changed = $1
		WHERE id = $2 AND subscriber = $3 AND state IN ($4, 'committing') AND owner = $5 AND epoch = $6 AND NOT` + letterReachable
)

// Post takes a letter in; whoever sends finds it within a second. The same id
// again, within a month of the letter's end, changes nothing: so it may be
// repeated after a crash.
func (s *Store) Post(ctx context.Context, l digest.Letter) error {
	return s.change(ctx, "post letter "+l.ID, func(t tx) error { return t.post(l) })
}

func (t tx) post(l digest.Letter) error {
	_, err := t.exec(postLetter, text(l.ID), text(string(l.Kind)), text(l.Subscriber), text(l.Newsletter),
		l.Data, text(l.From), ms(l.Created), ms(l.GiveUp))
	return err
}

// LettersDue implements delivery.Letters.
func (s *Store) LettersDue(ctx context.Context, now time.Time) (bool, error) {
	n, err := one(ctx, s.read, func(scan scan) (n int, err error) { return n, scan(&n) },
		`SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'ready' AND next_at <= $1 LIMIT 1) AS due`, ms(now))
	if err != nil {
		return false, fmt.Errorf("look for letters: %w", err)
	}
	return n > 0, nil
}

// ClaimLetters implements delivery.Letters. It fails with digest.ErrSchema once
// another process has brought in a schema that this program does not know.
func (s *Store) ClaimLetters(ctx context.Context, c delivery.Claim) ([]delivery.Letter, error) {
	for {
		claimed, skipped, err := s.claimLetters(ctx, c)
		if err != nil || len(claimed) > 0 || skipped == 0 {
			return claimed, err
		}
	}
}

// claimLetters is one transaction, kept short by looking at no more than N letters.
func (s *Store) claimLetters(ctx context.Context, c delivery.Claim) (claimed []delivery.Letter, skipped int, err error) {
	var counter int64
	err = s.changeSoon(ctx, "claim letters", func(t tx) error {
		if err := t.knownSchema(); err != nil {
			return err
		}
		rows, err := t.dueLetters(c)
		if err != nil {
			return err
		}
		if claimed, err = t.takeLetters(c, rows); err != nil {
			return err
		}
		if skipped = len(rows) - len(claimed); len(claimed) == 0 {
			return nil
		}
		return t.QueryRowContext(ctx, countRun, c.Owner).Scan(&counter)
	})
	if err != nil {
		return nil, 0, err
	}
	if counter > 0 {
		s.countInLock(counter)
	}
	return claimed, skipped, nil
}

// knownSchema refuses a database that a newer program has migrated meanwhile.
func (t tx) knownSchema() error {
	var schema int64
	if err := t.QueryRowContext(t.ctx, schemaVersion).Scan(&schema); err != nil {
		return err
	}
	if schema > t.s.known {
		return t.s.tooNew(schema)
	}
	return nil
}

// countInLock repeats the run counter beside the database. What was claimed is
// claimed by then; a counter that stays behind does no harm.
func (s *Store) countInLock(counter int64) {
	if s.lock == nil || s.lock.f == nil {
		return
	}
	if err := s.lock.setCounter(counter); err != nil {
		s.log.Warn("the lock file cannot be written", "error", err)
	}
}

// dueLetter is a letter that is due, and whether it may still be sent.
type dueLetter struct {
	delivery.Letter
	reachable bool
}

func (t tx) dueLetters(c delivery.Claim) ([]dueLetter, error) {
	return collect(t.ctx, t, func(scan scan) (dueLetter, error) {
		l := dueLetter{Letter: delivery.Letter{Delivery: delivery.Delivery{
			State: delivery.Claimed, Owner: c.Owner, Changed: c.Now.Truncate(time.Millisecond),
		}}}
		var kind string
		var giveUp, next sql.NullInt64
		var reachable int
		err := scan(&l.Issue, &kind, &l.Subscriber, &l.Data, &l.From, &giveUp,
			&l.Attempts, &next, &l.Epoch, &l.LastCode, &l.LastReply, &l.Address, &l.Name, &reachable)
		l.Kind, l.GiveUp, l.NextAt, l.reachable = digest.LetterKind(kind), at(giveUp), at(next), reachable == 1
		l.Epoch++
		return l, err
	}, dueLetters+t.s.skipLocked, ms(c.Now), c.N)
}

// takeLetters claims the letters that may be sent and skips the others.
func (t tx) takeLetters(c delivery.Claim, rows []dueLetter) (claimed []delivery.Letter, err error) {
	leased, err := t.judged(c.Now)
	if err != nil {
		return nil, err
	}
	for _, l := range rows {
		if l.reachable {
			_, err = t.exec(claimLetter, c.Owner, ms(leased.Add(c.Lease)), ms(c.Now), l.Issue)
			claimed = append(claimed, l.Letter)
		} else {
			_, err = t.exec(skipLetter, ms(c.Now), l.Issue)
		}
		if err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// ApplyLetters implements delivery.Letters.
func (s *Store) ApplyLetters(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	applied := make([]bool, len(changes))
	err := s.changeSoon(ctx, "apply to letters", func(t tx) error {
		for i, c := range changes {
			var err error
			if applied[i], err = t.applyLetter(now, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

func (t tx) applyLetter(now time.Time, c delivery.Change) (bool, error) {
	owner, query := c.Owner, keepLetter
	switch {
	case c.IfActive:
		query = intendLetter
	case c.To == delivery.Ready:
		owner = ""
	case c.To == delivery.InDoubt || c.To.Terminal():
		query = endLetter
	}
	n, err := t.exec(query, string(c.To), c.Attempts, ms(c.NextAt), owner, c.Code, reply(c.Reply), ms(now),
		c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch)
	switch {
	case err != nil:
		return false, err
	case n == 0 && c.IfActive:
		_, err = t.exec(skipIfGone, ms(now), c.Issue, c.Subscriber, string(c.From), c.Owner, c.Epoch)
		return false, err
	case n > 0 && c.Bounce:
		return true, t.bounce(now, c)
	}
	return n > 0, nil
}
