package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lapsed lists the rows of dead owners, for a state that is to follow. A row
// that somebody has locked is being changed by its owner, who therefore lives;
// waiting for it could only end in a deadlock.
const lapsed = `WITH lapsed AS MATERIALIZED (SELECT d.issue, d.subscriber FROM delivery d
	WHERE d.issue IN (SELECT id FROM issue) AND d.owner > '' AND d.owner <> $1 AND (d.lease_until <= $2 OR $3 = 1) AND d.state = `

const ofLapsed = ` FROM lapsed WHERE delivery.issue = lapsed.issue AND delivery.subscriber = lapsed.subscriber`

const renewLeases = `UPDATE delivery SET lease_until = $1 WHERE issue IN (SELECT id FROM issue)
	AND state IN ('claimed', 'committing') AND owner > '' AND owner = $2`

// theirs are an owner's rows of an issue, in a state that is to follow.
const theirs = ` WHERE issue = $2 AND owner > '' AND owner = $3 AND state = `

// judged is the instant by which leases are judged: the server's where several
// machines share a database, since their clocks may differ; else the process's.
func (t tx) judged(now time.Time) (time.Time, error) {
	if t.s.clock == "" {
		return now, nil
	}
	var server int64
	if err := t.QueryRowContext(t.ctx, t.s.clock).Scan(&server); err != nil {
		return now, fmt.Errorf("read the server's clock: %w", err)
	}
	return time.UnixMilli(server).UTC(), nil
}

// Renew implements delivery.Store.
func (s *Store) Renew(ctx context.Context, owner string, now time.Time, lease time.Duration) error {
	return s.change(ctx, "renew leases", func(t tx) error {
		at, err := t.judged(now)
		if err != nil {
			return err
		}
		_, err = t.exec(renewLeases, ms(at.Add(lease)), owner)
		return err
	})
}

// Recover implements publish.Store. The rows keep their epoch, which the next
// claim raises, and those in doubt their owner.
func (s *Store) Recover(
	ctx context.Context, owner string, exclusive bool, grace time.Duration, now time.Time,
) (ready, inDoubt int, err error) {
	all := 0
	if exclusive {
		all = 1
	}
	err = s.change(ctx, "recover", func(t tx) error {
		at, err := t.judged(now)
		if err != nil {
			return err
		}
		issues, err := collect(ctx, t, func(scan scan) (issue string, err error) { return issue, scan(&issue) },
			lapsed+`'committing'`+s.skipLocked+`) UPDATE delivery SET state = 'in_doubt', changed = $4`+ofLapsed+
				` RETURNING delivery.issue`, owner, ms(at.Add(-grace)), all, ms(now))
		if err != nil {
			return err
		}
		n, err := t.exec(lapsed+`'claimed'`+s.skipLocked+`) UPDATE delivery SET state = 'ready', owner = '', changed = $4`+
			ofLapsed, owner, ms(at), all, ms(now))
		if err != nil {
			return err
		}
		ready, inDoubt = int(n), len(issues)
		return t.spend(now, issues...)
	})
	if err != nil {
		return 0, 0, err
	}
	return ready, inDoubt, nil
}

// Free implements publish.Store.
func (s *Store) Free(ctx context.Context, issue, owner string, now time.Time) (ready, inDoubt int, err error) {
	err = s.change(ctx, "free the rows of issue "+issue, func(t tx) error {
		doubts, err := t.exec(`UPDATE delivery SET state = 'in_doubt', changed = $1`+theirs+`'committing'`, ms(now), issue, owner)
		if err != nil {
			return err
		}
		freed, err := t.exec(`UPDATE delivery SET state = 'ready', owner = '', changed = $1`+theirs+`'claimed'`, ms(now), issue, owner)
		if err != nil {
			return err
		}
		if ready, inDoubt = int(freed), int(doubts); inDoubt > 0 {
			err = t.spend(now, issue)
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return ready, inDoubt, nil
}

// spend marks issues of which somebody has, or may have, a copy: after all rows, and
// in one order, since two transactions could else wait for each other.
func (t tx) spend(now time.Time, issues ...string) error {
	slices.Sort(issues)
	for _, id := range slices.Compact(issues) {
		if _, known := t.s.spent.Load(id); known {
			continue
		}
		if _, err := t.exec(spend, ms(now), id); err != nil {
			return err
		}
	}
	return nil
}
