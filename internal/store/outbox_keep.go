package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// RecoverLetters implements delivery.Letters. The letters keep their epoch,
// which the next claim raises, and those in doubt their owner.
func (s *Store) RecoverLetters(
	ctx context.Context, owner string, exclusive bool, grace time.Duration, now time.Time,
) (ready, inDoubt int, err error) {
	const dead = ` AND owner <> $2 AND (lease_until <= $3 OR $4 = 1)`
	all := 0
	if exclusive {
		all = 1
	}
	err = s.change(ctx, "recover letters", func(t tx) error {
		at, err := t.judged(now)
		if err != nil {
			return err
		}
		n, err := t.exec(`UPDATE outbox SET state = 'in_doubt', message = NULL, changed = $1,
			last_reply = 'the process that sent it died before the relay answered' WHERE state = 'committing'`+dead,
			ms(now), owner, ms(at.Add(-grace)), all)
		if err != nil {
			return err
		}
		inDoubt = int(n)
		n, err = t.exec(`UPDATE outbox SET state = 'ready', owner = '', changed = $1 WHERE state = 'claimed'`+dead,
			ms(now), owner, ms(at), all)
		ready = int(n)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return ready, inDoubt, nil
}

// FreeLetters implements delivery.Letters.
func (s *Store) FreeLetters(ctx context.Context, owner string, now time.Time) (ready, inDoubt int, err error) {
	err = s.change(ctx, "free letters", func(t tx) error {
		n, err := t.exec(`UPDATE outbox SET state = 'in_doubt', message = NULL, changed = $1,
			last_reply = 'the database did not answer in time' WHERE state = 'committing' AND owner = $2`, ms(now), owner)
		if err != nil {
			return err
		}
		inDoubt = int(n)
		n, err = t.exec(`UPDATE outbox SET state = 'ready', owner = '', changed = $1
			WHERE state = 'claimed' AND owner = $2`, ms(now), owner)
		ready = int(n)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return ready, inDoubt, nil
}

// doubtLetters holds back what a restored backup has yet to send: it may have
// been sent after the backup was made.
func (t tx) doubtLetters(now time.Time) error {
	_, err := t.exec(`UPDATE outbox SET state = 'in_doubt', message = NULL, changed = $1,
		last_reply = 'the database is a restored backup: it may have been sent already'
		WHERE state IN ('ready', 'claimed', 'committing')`, ms(now))
	return err
}

// pruneChunk is how many letters one transaction forgets.
const pruneChunk = 1000

// PruneLetters implements delivery.Letters.
func (s *Store) PruneLetters(ctx context.Context, before time.Time) (pruned int, err error) {
	for {
		var n int64
		err := s.change(ctx, "prune letters", func(t tx) (err error) {
			n, err = t.exec(`DELETE FROM outbox WHERE id IN (SELECT id FROM outbox
				WHERE state NOT IN ('ready', 'claimed', 'committing') AND changed < $1 LIMIT $2)`, ms(before), pruneChunk)
			return err
		})
		pruned += int(n)
		if err != nil || n < pruneChunk {
			return pruned, err
		}
	}
}

// LetterCounts counts the letters of the last month by state.
func (s *Store) LetterCounts(ctx context.Context) (delivery.Counts, error) {
	counts := delivery.Counts{}
	err := each(ctx, s.read, func(scan scan) error {
		var state string
		var n int
		err := scan(&state, &n)
		counts[delivery.State(state)] = n
		return err
	}, `SELECT state, COUNT(*) FROM outbox GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("count letters: %w", err)
	}
	return counts, nil
}

// LettersIn returns the letters in the given states, those that changed last
// first, at most n of them, without their messages.
func (s *Store) LettersIn(ctx context.Context, states []delivery.State, n int) ([]delivery.Letter, error) {
	args := []any{n}
	for _, v := range states {
		args = append(args, string(v))
	}
	all, err := collect(ctx, s.read, func(scan scan) (delivery.Letter, error) {
		var l delivery.Letter
		var kind, state string
		var giveUp, next, changed sql.NullInt64
		err := scan(&l.Issue, &kind, &l.Subscriber, &l.From, &giveUp, &state, &l.Attempts, &next, &l.Owner, &l.Epoch,
			&l.LastCode, &l.LastReply, &changed, &l.Address, &l.Name)
		l.Kind, l.State = digest.LetterKind(kind), delivery.State(state)
		l.GiveUp, l.NextAt, l.Changed = at(giveUp), at(next), at(changed)
		return l, err
	}, `SELECT d.id, d.kind, d.subscriber, d.envelope_from, d.give_up, d.state, d.attempts, d.next_at, d.owner, d.epoch,
		d.last_code, d.last_reply, d.changed, COALESCE(s.address, ''), COALESCE(s.name, '')
		FROM outbox d LEFT JOIN subscriber s ON s.id = d.subscriber WHERE d.state IN `+in(2, len(states))+`
		ORDER BY d.changed DESC, d.id LIMIT $1`, args...)
	if err != nil {
		return nil, fmt.Errorf("list letters: %w", err)
	}
	return all, nil
}
