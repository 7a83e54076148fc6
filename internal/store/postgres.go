package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"digest.example/internal/digest"
)

// advisory is the PostgreSQL lock under which the schema changes: any number
// that other programs in the same database are unlikely to use.
const advisory = 0x6469676573741

func (s *Store) openPostgres(ctx context.Context, url string, mode Mode, migrations fs.FS) error {
	s.dialect = postgres
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx leaves the password out of its message.
		return fmt.Errorf("%w: database: %w", digest.ErrConfig, err)
	}
	careful(config)
	if mode == ReadOnly {
		return s.readPostgres(ctx, config, migrations)
	}
	s.write = s.serverPool(config, 1, stdlib.OptionAfterConnect(durable))
	s.read = s.serverPool(readingOnly(config), readers)
	if err := s.write.PingContext(ctx); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	unlock, err := s.advise(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.prepareSchema(ctx, mode, migrations)
}

func (s *Store) readPostgres(ctx context.Context, config *pgx.ConnConfig, migrations fs.FS) error {
	s.read = s.serverPool(readingOnly(config), readers)
	s.write = s.read
	have, err := version(ctx, s.read.DB, s.dialect)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	switch {
	case have == 0: // empty: what an empty SQLite database answers is as true
		s.dialect = sqlite
		return s.openCopy(ctx, func(string) error { return nil }, migrations)
	case have > s.known:
		return s.tooNew(have)
	case have < s.known:
		return s.tooOld(have)
	}
	return nil
}

func readingOnly(config *pgx.ConnConfig) *pgx.ConnConfig {
	c := config.Copy()
	c.RuntimeParams["default_transaction_read_only"] = "on"
	return c
}

func (s *Store) serverPool(config *pgx.ConnConfig, size int, more ...stdlib.OptionOpenDB) *pool {
	db := stdlib.OpenDB(*config, more...)
	s.onClose(db.Close)
	return newPool(db, size, false)
}

// pipeline is execAll on a server, within the transaction that stands on t.conn.
func (t tx) pipeline(all []statement) ([]int64, error) {
	batch := &pgx.Batch{}
	changed := make([]int64, len(all))
	for i, q := range all {
		batch.Queue(q.query, q.args...).Exec(func(tag pgconn.CommandTag) error {
			changed[i] = tag.RowsAffected()
			return nil
		})
	}
	err := t.conn.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(t.ctx, batch).Close()
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// advise takes the advisory lock, on a connection that the readers lend.
func (s *Store) advise(ctx context.Context) (unlock func(), err error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(advisory)); err != nil {
		_ = conn.Close()
		if lockTimeout(err) {
			err = fmt.Errorf("%w: another digest is changing the database's schema; try again when it is done: %w", digest.ErrBusy, err)
		}
		return nil, fmt.Errorf("lock schema: %w", err)
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(advisory))
		_ = conn.Close()
	}, nil
}
