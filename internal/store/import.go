package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// importing is an import that nobody sees yet. It implements subscribers.Import.
type importing struct {
	s          *Store
	id         string
	newsletter string
	started    time.Time
	unlock     func() error
	chunk      int       // how many people the next transaction takes in
	ended      time.Time // when the last transaction did
}

// OpenImport implements subscribers.Store.
func (s *Store) OpenImport(
	ctx context.Context, newsletter, how string, at time.Time,
) (_ subscribers.Import, err error) {
	i := &importing{s: s, newsletter: newsletter, started: at, chunk: 2 * stageLeast}
	if i.unlock, err = s.lockImports(ctx); err != nil {
		return nil, err
	}
	if err = i.open(ctx, how); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

func (i *importing) open(ctx context.Context, how string) error {
	if err := i.s.sweepImports(ctx, i.started); err != nil {
		return err
	}
	if err := i.s.roomy(ctx); err != nil {
		return err
	}
	if err := i.finish(ctx); err != nil {
		return err
	}
	if err := i.s.prepareEnrol(ctx); err != nil {
		return err
	}
	return i.s.change(ctx, "begin import", func(t tx) error {
		err := t.newsletter(i.newsletter)
		if err != nil {
			return err
		}
		if i.id, err = t.s.id(16); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO import (id, newsletter, started, how) VALUES ($1, $2, $3, $4)`,
			i.id, i.newsletter, ms(i.started), text(how))
		return err
	})
}

// roomy lets SQLite keep more pages at hand and fold its log into the file less
// often (pages that many transactions change are written once; the log stays
// below some 40 MB). It does not look up again whether a row's parent exists that
// was written in the same transaction.
func (s *Store) roomy(ctx context.Context) error {
	return s.set(ctx, "cache_size = -24000", "wal_autocheckpoint = 8000", "foreign_keys = 0")
}

// usual undoes what roomy does.
func (s *Store) usual(ctx context.Context) error {
	return s.set(ctx, "cache_size = -2000", "wal_autocheckpoint = 1000", "foreign_keys = 1")
}

// set changes SQLite's settings on the connection that writes.
func (s *Store) set(ctx context.Context, settings ...string) error {
	if s.file == "" {
		return nil
	}
	for _, setting := range settings {
		if _, err := s.write.ExecContext(ctx, "PRAGMA "+setting); err != nil {
			return fmt.Errorf("prepare for import: %w", failed(err))
		}
	}
	return nil
}

// Close implements subscribers.Import. What was staged and not shown is removed
// by the next import: that takes time, which somebody who has just interrupted
// this one does not have.
func (i *importing) Close() error {
	if i.unlock == nil {
		return nil
	}
	err := errors.Join(i.s.usual(context.Background()), i.unlock())
	i.unlock = nil
	return err
}

// stillOurs fails unless the import is being staged. With PostgreSQL a lost
// connection gives the lock away; whoever has it next gives this import up.
func (t tx) stillOurs(id string) error {
	n, err := t.exec(touchImport, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: another import has taken over; nothing of this one is visible", digest.ErrBusy)
	}
	return err
}

// touchImport also makes whoever gives the import up wait for this transaction.
const touchImport = `UPDATE import SET how = how WHERE id = $1 AND given_up IS NULL AND shown IS NULL`

// Stage implements subscribers.Import.
func (i *importing) Stage(ctx context.Context, entries []subscribers.Entry) (before []subscribers.Standing, err error) {
	// Neighbours share a page of the index of addresses: the more people come in
	// their order, the fewer times each page is written.
	slices.SortFunc(entries, func(a, b subscribers.Entry) int { return cmp.Compare(a.Person.Normal, b.Person.Normal) })
	rows := make([]enrolment, len(entries))
	for n, e := range entries {
		rows[n] = enrolment{e.Person, e.Since, e.How, e.Wording, e.Evidence}
	}
	terms := terms{
		newsletter: i.newsletter, batch: i.id, state: string(subscribers.Active),
		actor: subscribers.Operator, at: i.started,
	}
	for len(rows) > 0 {
		part := rows[:min(i.chunk, len(rows))]
		rows = rows[len(part):]
		if err := i.giveWay(ctx); err != nil {
			return nil, err
		}
		began := time.Now()
		err := i.s.changeAgain(ctx, "stage", func(t tx) error {
			if err := t.alone(); err != nil {
				return err
			}
			if err := t.stillOurs(i.id); err != nil {
				return err
			}
			standings, err := t.enrolAllowed(part, terms)
			before = append(before, standings...)
			return err
		})
		if err != nil {
			return nil, err
		}
		i.adapt(len(part), began)
	}
	return before, nil
}

// Drop implements subscribers.Import.
func (i *importing) Drop(ctx context.Context, people []subscribers.Subscriber) error {
	for part := range slices.Chunk(people, sweepChunk) {
		if err := i.giveWay(ctx); err != nil {
			return err
		}
		err := i.s.change(ctx, "drop from an import", func(t tx) error {
			if err := t.stillOurs(i.id); err != nil {
				return err
			}
			known := map[string]acquaintance{}
			args := []any{i.newsletter}
			for _, p := range part {
				args = append(args, text(p.Normal))
			}
			if err := i.s.acquainted(ctx, t, known, args); err != nil {
				return err
			}
			for _, v := range known {
				if v.batch != i.id {
					continue
				}
				if err := t.unstage(staged{v.Subscriber, i.newsletter, i.id, ms(i.started)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		i.ended = time.Now()
	}
	return nil
}

// How long a transaction of Stage should take, and for how long others then
// have the database to themselves. SQLite's busy handler looks every 25 ms, in
// the time that matters, whether its turn has come.
const (
	stageTime = 75 * time.Millisecond
	stageGap  = 28 * time.Millisecond
)

// The bounds of what a transaction of Stage takes in.
const (
	stageLeast = 200
	stageMost  = 4000
)

// adapt chooses how many people the next transaction takes in, by what the last
// one took.
func (i *importing) adapt(n int, began time.Time) {
	i.ended = time.Now()
	took := max(i.ended.Sub(began), time.Millisecond)
	fit := int(int64(n) * int64(stageTime) / int64(took))
	i.chunk = min(max(fit, stageLeast), 2*i.chunk, stageMost)
}

// giveWay waits until others had their time since the last transaction. With
// PostgreSQL nobody waits for an import.
func (i *importing) giveWay(ctx context.Context) error {
	rest := stageGap - time.Since(i.ended)
	if i.s.file == "" || rest <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rest):
		return nil
	}
}

// Show implements subscribers.Import.
func (i *importing) Show(ctx context.Context, from []subscribers.State, confirm []subscribers.Entry) error {
	if err := i.note(ctx, confirm); err != nil {
		return err
	}
	if err := i.flip(ctx); err != nil || len(confirm) == 0 {
		return err
	}
	// Nothing is given up any more.
	if err := i.confirmAll(context.WithoutCancel(ctx), i.id, from); err != nil {
		return fmt.Errorf("the list is in; who was pending is confirmed by the next import: %w", err)
	}
	return nil
}

// flip makes visible what was staged.
func (i *importing) flip(ctx context.Context) error {
	return i.s.change(ctx, "show import", func(t tx) error {
		if err := t.stillOurs(i.id); err != nil {
			return err
		}
		// The newsletter's row gives imports their order.
		if err := t.newsletter(i.newsletter); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE import SET shown = (SELECT COALESCE(MAX(shown), 0) + 1 FROM import WHERE newsletter = $1)
			WHERE id = $2`, i.newsletter, i.id)
		return err
	})
}

// newsletter fails with digest.ErrNotFound unless there is one with that id, and
// keeps others from doing the same until the transaction ends.
func (t tx) newsletter(id string) error {
	_, err := one(t.ctx, t, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT id FROM newsletter WHERE id = $1`+t.s.forUpdate, id)
	if err != nil {
		return fmt.Errorf("newsletter %s: %w", id, err)
	}
	return nil
}

// sweepChunk bounds one transaction of the sweep.
const sweepChunk = 500

// sweepImports gives up every import that is not shown, and removes what it
// staged. Only whoever holds the lock may do so.
func (s *Store) sweepImports(ctx context.Context, now time.Time) error {
	var dead int64
	err := s.change(ctx, "give up imports", func(t tx) (err error) {
		if _, err = t.exec(`UPDATE import SET given_up = $1 WHERE shown IS NULL AND given_up IS NULL`, ms(now)); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, `SELECT COUNT(*) FROM import WHERE given_up IS NOT NULL`).Scan(&dead)
	})
	if err != nil || dead == 0 {
		return err
	}
	if err := s.write.prepare(ctx, unstageConsent, unstageEvents, forgetPerson); err != nil {
		return err
	}
	for after, done := "", false; !done; {
		if after, done, err = s.sweep(ctx, after); err != nil {
			return err
		}
	}
	if err := s.dropConfirms(ctx); err != nil {
		return err
	}
	return s.change(ctx, "forget imports", func(t tx) error {
		_, err := t.exec(`DELETE FROM import WHERE given_up IS NOT NULL`)
		return err
	})
}

// staged is a consent that an import which was given up has left.
type staged struct {
	subscriber, newsletter, batch string
	started                       int64
}

const (
	unstageConsent = `DELETE FROM consent WHERE subscriber = $1 AND newsletter = $2 AND batch = $3`

	// Consents are never deleted but with their person: the events of one that
	// nobody has seen are of the same making.
	unstageEvents = `DELETE FROM consent_event WHERE subscriber = $1 AND newsletter = $2`

	// Whoever was known before has another consent, or was made at another time.
	forgetPerson = `DELETE FROM subscriber WHERE id = $1 AND created = $2
		AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber = subscriber.id)`
)

// sweep removes the next of the staged consents after a subscriber, and their
// people where nothing else holds them. It looks for them beside the
// transaction, since there may be many others between them.
func (s *Store) sweep(ctx context.Context, after string) (last string, done bool, err error) {
	rows, err := collect(ctx, s.read, func(scan scan) (v staged, err error) {
		return v, scan(&v.subscriber, &v.newsletter, &v.batch, &v.started)
	}, `SELECT c.subscriber, c.newsletter, c.batch, b.started FROM consent c JOIN import b ON b.id = c.batch
		WHERE c.subscriber > $1 AND b.given_up IS NOT NULL ORDER BY c.subscriber LIMIT $2`, after, sweepChunk)
	if err != nil || len(rows) == 0 {
		return "", true, err
	}
	err = s.change(ctx, "sweep imports", func(t tx) error {
		for _, v := range rows {
			if err := t.unstage(v); err != nil {
				return err
			}
		}
		return nil
	})
	if len(rows) == sweepChunk { // the last may have more than one
		rows = slices.DeleteFunc(rows, func(v staged) bool { return v.subscriber == rows[sweepChunk-1].subscriber })
	}
	return rows[len(rows)-1].subscriber, false, err
}

// unstage leaves a consent that has become somebody else's in between.
func (t tx) unstage(v staged) error {
	n, err := t.exec(unstageConsent, v.subscriber, v.newsletter, v.batch)
	if err != nil || n == 0 {
		return err
	}
	if _, err = t.exec(unstageEvents, v.subscriber, v.newsletter); err != nil {
		return err
	}
	_, err = t.exec(forgetPerson, v.subscriber, v.started)
	return err
}

// SetNames implements subscribers.Store.
func (s *Store) SetNames(ctx context.Context, people []subscribers.Subscriber) error {
	const setName = `UPDATE subscriber SET name = $1 WHERE id = $2 AND name = ''`
	if err := s.write.prepare(ctx, setName); err != nil {
		return err
	}
	for part := range slices.Chunk(people, enrolChunk) {
		err := s.change(ctx, "set names", func(t tx) error {
			for _, p := range part {
				if _, err := t.exec(setName, text(p.Name), p.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
