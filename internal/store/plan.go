package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// planned is an issue's plan_after once all its recipients are planned: it
// sorts after every id.
const planned = "~"

const (
	planState = `SELECT newsletter, state, plan_after, lists FROM issue WHERE id = $1`

	planLists = `UPDATE issue SET lists = (SELECT COALESCE(MAX(shown), 0) FROM import WHERE newsletter = $1)
		WHERE id = $2 RETURNING lists`

	// planned in several transactions, an issue must not get half of an import
	// that is shown in between.
	inTime = ` AND NOT EXISTS (SELECT 1 FROM import late WHERE late.id = c.batch AND late.shown > `

	// A transaction walks so many consents at most, whether or not they count: there
	// may be any number of an import that is not shown.
	planChunk = `SELECT COUNT(*), MAX(id) FROM (SELECT c.subscriber AS id FROM consent c
		WHERE c.newsletter = $1 AND c.state = 'active' AND c.subscriber > $2
		ORDER BY c.subscriber LIMIT $3) AS chunk`

	planRows = `INSERT INTO delivery (issue, subscriber, state, attempts, next_at, owner, epoch, lease_until,
		last_code, last_reply, changed)
		SELECT CAST($1 AS TEXT), c.subscriber, 'ready', 0, CAST($2 AS BIGINT), '', 0, 0, 0, '', CAST($2 AS BIGINT)
		FROM consent c JOIN subscriber s ON s.id = c.subscriber
		WHERE c.newsletter = $3 AND c.subscriber > $4 AND c.subscriber <= $5 AND ` + mailable + ` AND ` + unpaused + `$2` + inTime + `$6)
		ON CONFLICT (issue, subscriber) DO NOTHING`

	planAdvance = `UPDATE issue SET plan_after = $1, recipients = recipients + $2 WHERE id = $3`
)

// Plan implements publish.Store. It looks at n people whose consent is active,
// and plans those of them who may be mailed. It fails with digest.ErrRefused
// unless the issue is planning.
func (s *Store) Plan(ctx context.Context, id string, n int, now time.Time) (done bool, err error) {
	err = s.change(ctx, "plan", func(t tx) error {
		var newsletter, state, after string
		var lists sql.NullInt64
		err := each(ctx, t, func(scan scan) error {
			return scan(&newsletter, &state, &after, &lists)
		}, planState+s.forUpdate, id)
		switch {
		case err != nil:
			return err
		case newsletter == "":
			return fmt.Errorf("%w: issue %s", digest.ErrNotFound, id)
		case state != string(digest.IssuePlanning):
			return fmt.Errorf("%w: issue %s is %s, not planning", digest.ErrRefused, id, state)
		case after == planned:
			done = true
			return nil
		}
		if !lists.Valid {
			if err := t.QueryRowContext(ctx, planLists, newsletter, id).Scan(&lists); err != nil {
				return err
			}
		}
		done, err = t.plan(id, newsletter, after, lists.Int64, n, now)
		return err
	})
	if done && err == nil {
		s.analyse(ctx)
	}
	return done && err == nil, err
}

// analyse tells PostgreSQL's planner what the ledger looks like now. Without it,
// until some minutes later, each claim would read the whole of a large issue.
func (s *Store) analyse(ctx context.Context) {
	if s.file != "" {
		return
	}
	if _, err := s.write.ExecContext(ctx, `ANALYZE delivery`); err != nil {
		s.log.Warn("the server's statistics could not be renewed; sending may be slow at first", "error", err)
	}
}

// plan takes in the imports up to the one with the number lists.
func (t tx) plan(id, newsletter, after string, lists int64, n int, now time.Time) (done bool, err error) {
	var count int
	var last sql.NullString
	err = t.QueryRowContext(t.ctx, planChunk, newsletter, after, n).Scan(&count, &last)
	if err != nil {
		return false, err
	}
	var added int64
	if count > 0 {
		if added, err = t.exec(planRows, id, ms(now), newsletter, after, last.String, lists); err != nil {
			return false, err
		}
	}
	after, done = last.String, count < n
	if done {
		after = planned
	}
	_, err = t.exec(planAdvance, after, added, id)
	return done, err
}

// mailableNow and whySuppressed are the columns by which leftOut judges a consent c of a
// subscriber s; the present time and the end of the case are to follow the first.
const (
	mailableNow = `CASE WHEN ` + mailable + ` THEN 1 ELSE 0 END, CASE WHEN ` + unpaused

	whySuppressed = `COALESCE((SELECT MIN(p.reason) FROM suppression p
		WHERE p.address_hash = s.address_hash AND p.newsletter IN ('', c.newsletter)), '')`
)

// leftOut says why somebody on a list gets no mail; empty: they do.
func leftOut(state string, mailable, unpaused bool, reason string) string {
	switch {
	case mailable && unpaused:
		return ""
	case mailable:
		return "paused"
	case state != "active":
		return state
	default:
		return "suppressed: " + reason
	}
}

// Recipients implements publish.Store; newsletter is its name.
func (s *Store) Recipients(ctx context.Context, newsletter string, now time.Time, f func(digest.Recipient) error) error {
	err := each(ctx, s.read, func(scan scan) error {
		var r digest.Recipient
		var state, reason string
		var mailable, unpaused int
		if err := scan(&r.Address, &state, &mailable, &unpaused, &reason); err != nil {
			return err
		}
		r.LeftOut = leftOut(state, mailable == 1, unpaused == 1, reason)
		return f(r)
	}, `SELECT s.address, c.state, `+mailableNow+`$2 THEN 1 ELSE 0 END, `+whySuppressed+`
		FROM newsletter n JOIN consent c ON c.newsletter = n.id JOIN subscriber s ON s.id = c.subscriber
		WHERE n.name = $1 AND `+visible+` ORDER BY s.address`, newsletter, ms(now))
	if err != nil {
		return fmt.Errorf("recipients of %s: %w", newsletter, err)
	}
	return nil
}
