package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"
)

// pauseUnended stops every issue that has not ended, until its operator resumes it.
func (t tx) pauseUnended(why string) error {
	_, err := t.exec(`UPDATE issue SET state = 'paused', code = '', hold_until = NULL, reason = $1
		WHERE state IN ('planning', 'sending', 'held')`, why)
	return err
}

// Ahead implements publish.Store.
func (s *Store) Ahead(ctx context.Context, now time.Time, slack time.Duration) (last time.Time, err error) {
	if err := s.compareClocks(ctx, now, slack); err != nil {
		return time.Time{}, err
	}
	const unended = ` FROM issue WHERE state IN ('planning', 'sending', 'held')`
	last, err = one(ctx, s.read, func(scan scan) (time.Time, error) {
		var last sql.NullInt64
		err := scan(&last)
		return at(last), err
	}, `SELECT MAX(instant) FROM (SELECT opened AS instant`+unended+`
		UNION ALL SELECT counter FROM run WHERE name = 'clock' AND EXISTS (SELECT 1`+unended+`)) AS instants`)
	if err != nil || !last.After(now.Add(slack)) {
		return time.Time{}, err
	}
	news := false
	err = s.change(ctx, "compare the ledger with the clock", func(t tx) error {
		// Of several machines one may be wrong; then the server is right.
		at, err := t.judged(now)
		if err != nil || !last.After(at.Add(slack)) {
			return err
		}
		// The operator who resumes it has seen to the clock: what was told is not told again.
		n, err := t.exec(`INSERT INTO meta (name, value) VALUES ('ledger_ahead', $1) ON CONFLICT (name)
			DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value`,
			strconv.FormatInt(ms(last), 10))
		if news = n > 0; err != nil || !news {
			return err
		}
		return t.pauseUnended("the clock is behind the ledger, which was written at " + last.Format(time.RFC3339))
	})
	if err != nil || !news {
		return time.Time{}, err
	}
	return last, nil
}

// compareClocks warns where the server's clock is another than this process's, by
// which slots come, retries wait and issues are given up.
func (s *Store) compareClocks(ctx context.Context, now time.Time, slack time.Duration) error {
	if s.clock == "" {
		return nil
	}
	server, err := one(ctx, s.read, func(scan scan) (ms int64, err error) { return ms, scan(&ms) }, s.clock)
	if err != nil {
		return fmt.Errorf("read the server's clock: %w", err)
	}
	if by := now.Sub(time.UnixMilli(server)).Round(time.Second); by.Abs() > slack {
		s.log.Warn("the clocks of this machine and of the database's server differ: one of them is wrong", "by", by)
	}
	return nil
}
