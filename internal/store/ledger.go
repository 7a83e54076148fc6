package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

const backlog = `SELECT i.state, (SELECT MIN(d.next_at) FROM delivery d WHERE d.issue = i.id AND d.state = 'ready'),
		CASE WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.issue = i.id AND d.owner > '' AND d.state IN ('claimed', 'committing'))
			THEN 1 ELSE 0 END FROM issue i WHERE i.id = $1`

// Backlog implements publish.Store. Each part of it is the first entry of an index.
func (s *Store) Backlog(ctx context.Context, issue string) (delivery.Backlog, error) {
	b, err := one(ctx, s.read, func(scan scan) (b delivery.Backlog, err error) {
		var state string
		var next sql.NullInt64
		var held int
		err = scan(&state, &next, &held)
		b.Sending, b.Ready, b.Held, b.NextAt = state == string(digest.IssueSending), next.Valid, held == 1, at(next)
		return b, err
	}, backlog, issue)
	if err != nil {
		return b, fmt.Errorf("backlog of issue %s: %w", issue, err)
	}
	return b, nil
}

// rare is true of rows d that neither wait nor are held nor were accepted, in the
// words of their index.
const rare = `d.state <> 'ready' AND d.state <> 'claimed' AND d.state <> 'committing' AND d.state <> 'accepted'`

// countRows sees all as of one instant, and reads no row that was accepted: there
// may be a million.
const countRows = `SELECT state, COUNT(*), '' FROM delivery WHERE issue = $1 AND state = 'ready' GROUP BY state
	UNION ALL SELECT state, COUNT(*), '' FROM delivery
		WHERE issue = $1 AND owner > '' AND state IN ('claimed', 'committing') GROUP BY state
	UNION ALL SELECT state, COUNT(*), '' FROM delivery d WHERE issue = $1 AND ` + rare + ` GROUP BY state
	UNION ALL SELECT '', recipients, counts FROM issue WHERE id = $1`

// Counts implements publish.Store. Rows enter the ledger and the issue's number of
// recipients in one transaction, and so they leave it for the issue's counts; what
// no other state has was accepted.
func (s *Store) Counts(ctx context.Context, id string) (delivery.Counts, error) {
	counts, recipients := delivery.Counts{}, 0
	err := each(ctx, s.read, func(scan scan) error {
		var state, kept string
		var n int
		if err := scan(&state, &n, &kept); err != nil {
			return err
		}
		if state == "" {
			recipients = n
			return addKept(counts, kept)
		}
		counts[delivery.State(state)] += n
		return nil
	}, countRows, id)
	if err != nil {
		return nil, fmt.Errorf("counts of issue %s: %w", id, err)
	}
	if n := recipients - counts.Total(); n > 0 {
		counts[delivery.Accepted] += n
	}
	return counts, nil
}

// Deliveries implements publish.Store. No states mean all. f may write to the store.
func (s *Store) Deliveries(
	ctx context.Context, id string, states []delivery.State, f func(delivery.Delivery) error,
) error {
	query, args := `SELECT d.subscriber, d.state, d.attempts, d.next_at, d.owner, d.epoch, d.last_code, d.last_reply,
		d.changed, COALESCE(s.address, ''), COALESCE(s.name, '')
		FROM delivery d LEFT JOIN subscriber s ON s.id = d.subscriber WHERE d.issue = $1`, []any{id}
	if len(states) > 0 {
		query += ` AND d.state IN ` + in(2, len(states))
	}
	for _, v := range states {
		args = append(args, string(v))
	}
	query += narrow(states)
	err := each(ctx, s.read, func(scan scan) error {
		d := delivery.Delivery{Issue: id}
		var state string
		var next, changed sql.NullInt64
		err := scan(&d.Subscriber, &state, &d.Attempts, &next, &d.Owner, &d.Epoch, &d.LastCode, &d.LastReply,
			&changed, &d.Address, &d.Name)
		if err != nil {
			return err
		}
		d.State, d.NextAt, d.Changed = delivery.State(state), at(next), at(changed)
		return f(d)
	}, query+` ORDER BY COALESCE(s.address, ''), d.subscriber`, args...)
	if err != nil {
		return fmt.Errorf("deliveries of issue %s: %w", id, err)
	}
	return nil
}

// narrow lets a query of deliveries d use the index that holds just the rows in
// these states, if there is one.
func narrow(states []delivery.State) string {
	owned := []delivery.State{delivery.Claimed, delivery.Committing, delivery.InDoubt}
	common := []delivery.State{delivery.Ready, delivery.Claimed, delivery.Committing, delivery.Accepted}
	switch {
	case len(states) == 0:
		return ""
	case !slices.ContainsFunc(states, func(s delivery.State) bool { return !slices.Contains(owned, s) }):
		return ` AND d.owner > ''`
	case !slices.ContainsFunc(states, func(s delivery.State) bool { return slices.Contains(common, s) }):
		return ` AND ` + rare
	default:
		return ""
	}
}
