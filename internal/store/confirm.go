package store

import (
	"context"
	"fmt"
	"time"

	"digest.example/internal/subscribers"
)

// A list that is imported is shown in one transaction. Those of its people who
// wait for being confirmed are written down before that and confirmed after it,
// a few at a time. So nobody is confirmed by a list that is not shown; and once
// it is, nobody stays behind: what a dead process has left, the next import does
// before all else. Until then they wait as they did. Who has changed their
// consent meanwhile keeps it as it is.

const (
	noteConfirm = `INSERT INTO import_confirm (import, subscriber, since, how, evidence, wording)
		SELECT CAST($1 AS TEXT), c.subscriber, c.since, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($6 AS TEXT) FROM consent c
		WHERE c.subscriber = $4 AND c.newsletter = $5 AND ` + visible + ` ON CONFLICT (import, subscriber) DO NOTHING`

	nextConfirm = `SELECT f.subscriber, f.how, f.evidence, f.wording, b.newsletter, b.started,
		CASE WHEN c.since = f.since THEN 1 ELSE 0 END
		FROM import_confirm f JOIN import b ON b.id = f.import
		LEFT JOIN consent c ON c.subscriber = f.subscriber AND c.newsletter = b.newsletter
		WHERE f.import = $1 AND b.shown IS NOT NULL ORDER BY f.subscriber LIMIT $2`

	doneConfirm = `DELETE FROM import_confirm WHERE import = $1 AND subscriber = $2`

	// What a dead import that was never shown has written down.
	dropConfirm = `DELETE FROM import_confirm WHERE (import, subscriber) IN (
		SELECT f.import, f.subscriber FROM import_confirm f JOIN import b ON b.id = f.import
		WHERE b.given_up IS NOT NULL LIMIT $1)`
)

// note writes down whom the import will confirm.
func (i *importing) note(ctx context.Context, confirm []subscribers.Entry) error {
	if err := i.s.write.prepare(ctx, noteConfirm, doneConfirm); err != nil {
		return err
	}
	for len(confirm) > 0 {
		part := confirm[:min(i.chunk, len(confirm))]
		confirm = confirm[len(part):]
		if err := i.giveWay(ctx); err != nil {
			return err
		}
		began := time.Now()
		err := i.s.change(ctx, "note whom to confirm", func(t tx) error {
			if err := t.stillOurs(i.id); err != nil {
				return err
			}
			for _, e := range part {
				if _, err := t.exec(noteConfirm, i.id, text(e.How), reply(e.Evidence), e.Person.ID, i.newsletter, text(e.Wording)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		i.adapt(len(part), began)
	}
	return nil
}

// confirmAll confirms whom an import that is shown has written down.
func (i *importing) confirmAll(ctx context.Context, id string, from []subscribers.State) error {
	for {
		if err := i.giveWay(ctx); err != nil {
			return err
		}
		began, n := time.Now(), 0
		err := i.s.change(ctx, "confirm", func(t tx) (err error) {
			n, err = t.confirm(id, from, i.chunk)
			return err
		})
		if err != nil || n < i.chunk {
			return err
		}
		i.adapt(n, began)
	}
}

// confirm does so for the next of them, n at most, and returns how many they were.
func (t tx) confirm(id string, from []subscribers.State, n int) (int, error) {
	type row struct {
		subscriber, newsletter string
		same                   int
		subscribers.Event
	}
	rows, err := collect(t.ctx, t, func(scan scan) (v row, err error) {
		var started int64
		err = scan(&v.subscriber, &v.How, &v.Evidence, &v.Wording, &v.newsletter, &started, &v.same)
		v.At, v.To, v.Actor = time.UnixMilli(started).UTC(), subscribers.Active, subscribers.Operator
		return v, err
	}, nextConfirm, id, n)
	if err != nil {
		return 0, err
	}
	for _, v := range rows {
		if v.same == 1 {
			if _, err := t.move(v.subscriber, v.newsletter, from, v.Event); err != nil {
				return 0, err
			}
		}
		if _, err := t.exec(doneConfirm, id, v.subscriber); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// finish does what imports that are shown have left.
func (i *importing) finish(ctx context.Context) error {
	ids, err := collect(ctx, i.s.read, func(scan scan) (id string, err error) { return id, scan(&id) },
		`SELECT DISTINCT f.import FROM import_confirm f JOIN import b ON b.id = f.import WHERE b.shown IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("finish imports: %w", err)
	}
	for _, id := range ids {
		if err := i.confirmAll(ctx, id, subscribers.From(subscribers.Active, subscribers.Operator)); err != nil {
			return err
		}
	}
	return nil
}

// dropConfirms forgets whom imports that were given up would have confirmed.
func (s *Store) dropConfirms(ctx context.Context) error {
	for dropped := int64(sweepChunk); dropped == sweepChunk; {
		err := s.change(ctx, "forget confirmations", func(t tx) (err error) {
			dropped, err = t.exec(dropConfirm, sweepChunk)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
