package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"digest.example/internal/delivery"
)

const (
	// Who reopens an issue takes its end away.
	endedLedgers = `SELECT id, recipients, counts FROM issue WHERE finished < $1 AND recipients > 0 ORDER BY finished, id`

	lastEnd = `SELECT COALESCE(MAX(finished), 0) FROM issue`

	stillOld = `SELECT counts FROM issue WHERE id = $1 AND finished < $2`

	forgetRows = `DELETE FROM delivery WHERE issue = $1 AND subscriber > $2 AND subscriber <= (
		SELECT MAX(first.subscriber) FROM (SELECT subscriber FROM delivery
			WHERE issue = $1 AND subscriber > $2 ORDER BY subscriber LIMIT $3) AS first) RETURNING subscriber, state`

	keepCounts = `UPDATE issue SET counts = $1, recipients = CASE WHEN $2 = 0 THEN CAST($3 AS BIGINT) ELSE recipients END
		WHERE id = $4`
)

// pruned is how far a ledger was pruned: PostgreSQL would otherwise read its
// deleted rows again for each that is still there.
type pruned struct{ issue, subscriber string }

// PruneLedger implements publish.Store. It counts back from the issue that ended
// last, so that a clock years ahead costs nothing.
func (s *Store) PruneLedger(ctx context.Context, now time.Time, keep time.Duration, n int) (more bool, err error) {
	last, err := one(ctx, s.read, func(scan scan) (v int64, err error) { return v, scan(&v) }, lastEnd)
	if err != nil {
		return false, fmt.Errorf("prune the ledger: %w", err)
	}
	before := min(last, ms(now)) - keep.Milliseconds()
	id, err := s.oldLedger(ctx, before)
	if err != nil || id == "" {
		return false, err
	}
	at := pruned{issue: id}
	if p := s.pruned.Load(); p != nil && p.issue == id {
		at = *p
	}
	err = s.change(ctx, "prune the ledger of issue "+id, func(t tx) (err error) {
		at, err = t.pruneLedger(at, before, n)
		return err
	})
	if err != nil {
		return false, err
	}
	s.pruned.Store(&at)
	return true, nil
}

// oldLedger is the issue that ended first of those that ended before then and have
// rows that are not in their counts; empty if there is none.
func (s *Store) oldLedger(ctx context.Context, before int64) (found string, err error) {
	err = each(ctx, s.read, func(scan scan) error {
		var id, kept string
		var recipients int
		if err := scan(&id, &recipients, &kept); err != nil {
			return err
		}
		counts := delivery.Counts{}
		err := addKept(counts, kept)
		if found == "" && counts.Total() < recipients {
			found = id
		}
		return err
	}, endedLedgers, before)
	if err != nil {
		return "", fmt.Errorf("prune the ledger: %w", err)
	}
	return found, nil
}

// pruneLedger takes rows out of an issue's ledger and into its counts, so that
// the two together always tell the whole. Where there are none any more, the
// counts are the whole.
func (t tx) pruneLedger(at pruned, before int64, n int) (pruned, error) {
	counts, old := delivery.Counts{}, false
	err := each(t.ctx, t, func(scan scan) error {
		var kept string
		if err := scan(&kept); err != nil {
			return err
		}
		old = true
		return addKept(counts, kept)
	}, stillOld+t.s.forUpdate, at.issue, before)
	if err != nil || !old {
		return pruned{}, err
	}
	next, rest := at, 1 // what is before the mark is looked at once more in the end
	if at.subscriber == "" {
		rest = 0
	}
	err = each(t.ctx, t, func(scan scan) error {
		var subscriber, state string
		err := scan(&subscriber, &state)
		counts[delivery.State(state)]++
		next.subscriber, rest = max(next.subscriber, subscriber), rest+1
		return err
	}, forgetRows, at.issue, at.subscriber, n)
	if err != nil {
		return pruned{}, err
	}
	if next == at {
		next.subscriber = ""
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return pruned{}, err
	}
	_, err = t.exec(keepCounts, string(b), rest, counts.Total(), at.issue)
	return next, err
}

// addKept adds what an issue keeps of a ledger that was pruned, if it was.
func addKept(to delivery.Counts, kept string) error {
	if kept == "" {
		return nil
	}
	var counts delivery.Counts
	if err := json.Unmarshal([]byte(kept), &counts); err != nil {
		return fmt.Errorf("read the counts of a pruned ledger: %w", err)
	}
	for state, n := range counts {
		to[state] += n
	}
	return nil
}
