package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"digest.example/internal/delivery"
)

const (
	// Counted back from the issue that ended last, so that a clock years ahead
	// costs nothing. Who reopens an issue takes its end away.
	oldLedger = `SELECT i.id FROM issue i WHERE i.finished < $1 AND EXISTS (SELECT 1 FROM delivery d WHERE d.issue = i.id)
		ORDER BY i.finished, i.id LIMIT 1`

	lastEnd = `SELECT COALESCE(MAX(finished), 0) FROM issue`

	stillOld = `SELECT counts FROM issue WHERE id = $1 AND finished < $2`

	forgetRows = `DELETE FROM delivery WHERE issue = $1 AND subscriber <= (SELECT MAX(first.subscriber) FROM (
		SELECT subscriber FROM delivery WHERE issue = $1 ORDER BY subscriber LIMIT $2) AS first) RETURNING state`
)

// PruneLedger implements publish.Store.
func (s *Store) PruneLedger(ctx context.Context, now time.Time, keep time.Duration, n int) (more bool, err error) {
	last, err := one(ctx, s.read, func(scan scan) (v int64, err error) { return v, scan(&v) }, lastEnd)
	if err != nil {
		return false, fmt.Errorf("prune the ledger: %w", err)
	}
	before := min(last, ms(now)) - keep.Milliseconds()
	old, err := collect(ctx, s.read, func(scan scan) (id string, err error) { return id, scan(&id) }, oldLedger, before)
	if err != nil {
		return false, fmt.Errorf("prune the ledger: %w", err)
	}
	for _, id := range old {
		err = s.change(ctx, "prune the ledger of issue "+id, func(t tx) error { return t.pruneLedger(id, before, n) })
	}
	return len(old) > 0 && err == nil, err
}

// pruneLedger takes rows out of an issue's ledger and into its counts, so that
// the two together always tell the whole.
func (t tx) pruneLedger(id string, before int64, n int) error {
	counts, old := delivery.Counts{}, false
	err := each(t.ctx, t, func(scan scan) error {
		var kept string
		if err := scan(&kept); err != nil {
			return err
		}
		old = true
		return addKept(counts, kept)
	}, stillOld+t.s.forUpdate, id, before)
	if err != nil || !old {
		return err
	}
	err = each(t.ctx, t, func(scan scan) error {
		var state string
		err := scan(&state)
		counts[delivery.State(state)]++
		return err
	}, forgetRows, id, n)
	if err != nil {
		return err
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE issue SET counts = $1 WHERE id = $2`, string(b), id)
	return err
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
