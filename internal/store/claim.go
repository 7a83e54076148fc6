package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// visible is true of a consent c that counts: not of one that an import has
// only staged. Whatever reads consents judges by it.
const visible = `(c.batch = '' OR EXISTS (SELECT 1 FROM import b WHERE b.id = c.batch AND b.shown IS NOT NULL))`

// unpaused, with the present time behind it, is true of a consent c whose
// subscriber has not asked for a pause, or whose pause has ended.
const unpaused = `c.paused_until <= `

// mailable is true of a consent c whose subscriber s may be mailed, pauses
// aside. Planning, claiming, committing and forecasting all judge by it.
const mailable = `c.state = 'active' AND ` + visible + ` AND NOT EXISTS (SELECT 1 FROM suppression p
	WHERE p.address_hash = s.address_hash AND p.newsletter IN ('', c.newsletter))`

const (
	claimable = `SELECT i.newsletter, i.state, (` + schemaVersion + `) FROM issue i WHERE i.id = $1`

	claimRows = `SELECT d.subscriber, d.attempts, d.next_at, d.epoch, d.last_code, d.last_reply,
		COALESCE(s.address, ''), COALESCE(s.name, ''), COALESCE(c.plain, 0),
		CASE WHEN ` + mailable + ` AND ` + unpaused + `$3 THEN 1 ELSE 0 END
		FROM delivery d
		LEFT JOIN subscriber s ON s.id = d.subscriber
		LEFT JOIN consent c ON c.subscriber = d.subscriber AND c.newsletter = $2
		WHERE d.issue = $1 AND d.state = 'ready' AND d.next_at <= $3
		ORDER BY d.next_at LIMIT $4`

	claimMany = `UPDATE delivery SET state = 'claimed', owner = $1, epoch = epoch + 1, lease_until = $2, changed = $3
		WHERE `

	// What a claim took, nothing but an intent or a result gives another time.
	freeUnheard = `UPDATE delivery SET state = 'ready', owner = '', changed = $1
		WHERE issue = $2 AND owner > '' AND owner = $3 AND state = 'claimed' AND changed >= $4`

	skipRow = `UPDATE delivery SET state = 'skipped', owner = '', changed = $1 WHERE issue = $2 AND subscriber = $3`

	countRun = `INSERT INTO run (name, owner, counter) VALUES ('sender', $1, 1)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, counter = run.counter + 1 RETURNING counter`

	// noteTime keeps when that was, in ms: what Ahead compares with the clock.
	noteTime = `INSERT INTO run (name, owner, counter) VALUES ('clock', $1, $2)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, counter = excluded.counter`
)

// candidate is a row that is due, and whether its subscriber may still be mailed.
type candidate struct {
	delivery.Delivery
	mailable bool
}

// Claim implements delivery.Store. It fails with digest.ErrSchema once another
// process has brought in a schema that this program does not know. Fewer than
// N rows do not mean that there are no more; none do.
func (s *Store) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	for {
		claimed, skipped, err := s.claimOnce(ctx, c)
		if err != nil || len(claimed) > 0 || skipped == 0 {
			return claimed, err
		}
	}
}

// claimOnce is one transaction, kept short by looking at no more than a few
// times N rows, however many of them have left.
func (s *Store) claimOnce(ctx context.Context, c delivery.Claim) (claimed []delivery.Delivery, skipped int, err error) {
	var counter int64
	looked := 0
	err = s.change(ctx, "claim", func(t tx) error {
		newsletter, err := t.claimable(c.Issue)
		if err != nil || newsletter == "" {
			return err
		}
		if !c.Unheard.IsZero() {
			if _, err := t.exec(freeUnheard, ms(c.Now), c.Issue, c.Owner, ms(c.Unheard)); err != nil {
				return err
			}
		}
		for len(claimed) < c.N && looked-len(claimed) < 2*c.N {
			rows, err := t.candidates(c, newsletter, c.N-len(claimed))
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			looked += len(rows)
			if claimed, err = t.takeRows(c, rows, claimed); err != nil {
				return err
			}
		}
		if len(claimed) == 0 {
			return nil
		}
		if _, err := t.exec(noteTime, c.Owner, ms(c.Now)); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, countRun, c.Owner).Scan(&counter)
	})
	if err != nil {
		return nil, 0, err
	}
	if counter > 0 {
		s.countInLock(counter)
	}
	return claimed, looked - len(claimed), nil
}

// claimable returns the issue's newsletter, or nothing unless it is sending.
func (t tx) claimable(issue string) (newsletter string, err error) {
	var state string
	var schema int64
	err = each(t.ctx, t, func(scan scan) error { return scan(&newsletter, &state, &schema) }, claimable, issue)
	switch {
	case err != nil:
		return "", err
	case newsletter == "":
		return "", fmt.Errorf("%w: issue %s", digest.ErrNotFound, issue)
	case schema > t.s.known:
		return "", t.s.tooNew(schema)
	case state != string(digest.IssueSending):
		return "", nil
	}
	return newsletter, nil
}

func (t tx) candidates(c delivery.Claim, newsletter string, n int) ([]candidate, error) {
	rows := make([]candidate, 0, n)
	err := each(t.ctx, t, func(scan scan) error {
		r := candidate{Delivery: delivery.Delivery{
			Issue: c.Issue, State: delivery.Claimed, Owner: c.Owner, Changed: c.Now.Truncate(time.Millisecond),
		}}
		var next sql.NullInt64
		var plain, mailable int
		err := scan(&r.Subscriber, &r.Attempts, &next, &r.Epoch, &r.LastCode, &r.LastReply,
			&r.Address, &r.Name, &plain, &mailable)
		r.NextAt, r.Plain, r.mailable = at(next), plain == 1, mailable == 1
		r.Epoch++
		rows = append(rows, r)
		return err
	}, claimRows+t.s.skipLocked, c.Issue, newsletter, ms(c.Now), n)
	return rows, err
}

// takeRows claims the rows that may be mailed, appends them to claimed, and skips
// the others.
func (t tx) takeRows(c delivery.Claim, rows []candidate, claimed []delivery.Delivery) ([]delivery.Delivery, error) {
	at, err := t.judged(c.Now)
	if err != nil {
		return nil, err
	}
	claimed = slices.Grow(claimed, len(rows))
	ids := make([]any, 0, len(rows))
	var all []statement
	for _, r := range rows {
		if r.mailable {
			claimed, ids = append(claimed, r.Delivery), append(ids, r.Subscriber)
		} else {
			all = append(all, statement{skipRow, []any{ms(c.Now), c.Issue, r.Subscriber}})
		}
	}
	many := t.s.claimMany()
	for part := range slices.Chunk(ids, claimChunk) {
		for len(part) < claimChunk { // one statement for all sizes
			part = append(slices.Clip(part), part[0])
		}
		all = append(all, statement{many, append([]any{c.Owner, ms(at.Add(c.Lease)), ms(c.Now), c.Issue}, part...)})
	}
	_, err = t.execAll(all)
	return claimed, err
}

// claimChunk is how many rows a statement claims.
const claimChunk = 50

// claimMany names the rows by their whole key where PostgreSQL runs it: of an issue
// that was just planned it has no statistics yet, takes it for small, and would
// for a list of subscribers read all of its rows each time.
func (s *Store) claimMany() string {
	if s.file != "" {
		return claimMany + `issue = $4 AND subscriber IN ` + s.list(5, claimChunk)
	}
	keys := make([]string, claimChunk)
	for i := range keys {
		keys[i] = fmt.Sprintf("($4, $%d)", 5+i)
	}
	return claimMany + `(issue, subscriber) IN (VALUES ` + strings.Join(keys, ", ") + `)`
}
