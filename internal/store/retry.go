package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/delivery"
)

const retryable = `SELECT d.subscriber, d.state, d.attempts, d.next_at, d.owner, d.epoch, d.last_code, d.last_reply, d.changed,
	COALESCE(s.address, ''), COALESCE(s.name, ''),
	CASE WHEN s.id IS NULL THEN 'erased'
		WHEN c.state IS NULL THEN 'not on the list'
		WHEN c.state <> 'active' THEN c.state
		WHEN NOT (` + mailable + `) THEN 'suppressed'
		WHEN NOT (` + unpaused + `$2) THEN 'paused'
		ELSE '' END
	FROM delivery d JOIN issue i ON i.id = d.issue
	LEFT JOIN subscriber s ON s.id = d.subscriber
	LEFT JOIN consent c ON c.subscriber = d.subscriber AND c.newsletter = i.newsletter
	WHERE d.issue = $1 AND d.state IN ('failed', 'render_error', 'expired') AND ` + rare + `
	ORDER BY COALESCE(s.address, ''), d.subscriber`

// Retryable implements publish.RetryStore. f may write to the store.
func (s *Store) Retryable(
	ctx context.Context, id string, now time.Time, f func(d delivery.Delivery, leftOut string) error,
) error {
	err := each(ctx, s.read, func(scan scan) error {
		d := delivery.Delivery{Issue: id}
		var state, leftOut string
		var next, changed sql.NullInt64
		err := scan(&d.Subscriber, &state, &d.Attempts, &next, &d.Owner, &d.Epoch, &d.LastCode, &d.LastReply, &changed,
			&d.Address, &d.Name, &leftOut)
		if err != nil {
			return err
		}
		d.State, d.NextAt, d.Changed = delivery.State(state), at(next), at(changed)
		return f(d, leftOut)
	}, retryable, id, ms(now))
	if err != nil {
		return fmt.Errorf("what could be tried again of issue %s: %w", id, err)
	}
	return nil
}
