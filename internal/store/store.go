// Package store holds all SQL, and is the only place with database drivers. One
// SQL text runs on SQLite and PostgreSQL; the rules that decide what may follow
// what stand in the packages whose stores it implements. A newsletter is known
// by its name to the methods for publish, and by its ID to those for
// subscribers.
package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Mode is what a process opens a database for.
type Mode int

const (
	// ReadOnly changes nothing, neither the database nor its folder. A missing
	// database counts as empty; an older schema is migrated in a temporary copy
	// (SQLite) or refused (PostgreSQL).
	ReadOnly Mode = iota
	// ReadWrite makes a missing database and refuses an older schema.
	ReadWrite
	// Upgrade makes a missing database and brings an older schema up to date,
	// after a backup (SQLite). The caller holds the Lock.
	Upgrade
)

// Options are what Open needs to know.
type Options struct {
	Mode   Mode
	Lock   *Lock        // held by the process that sends: keeps the run counter
	Logger *slog.Logger // nil: none
	Random io.Reader    // where ids come from; nil: crypto/rand
}

// Store is an open database. Its methods are safe for concurrent use; each is
// one durable transaction unless it says otherwise.
type Store struct {
	read  *pool
	write *pool // one connection; in ReadOnly mode the same as read
	dialect
	known  int64 // the schema's version that this program was made for
	file   string
	lock   *Lock
	log    *slog.Logger
	random io.Reader

	compiled compiled // used by whoever has the connection that writes
	issues   sync.Map // id of an issue that is being sent → its newsletter's
	spent    sync.Map // ids of issues that are, and stay so
	pruned   atomic.Pointer[pruned]
	group    group

	migrated Migration
	closers  []func() error
}

// dialect is all that differs between the two engines' SQL.
type dialect struct {
	name       string
	tables     string // lists the names of all tables
	clock      string // reads the server's clock, in ms; empty: there is no server
	skipLocked string // ends a SELECT whose rows are to be handed out once
	forUpdate  string // ends a SELECT whose rows are about to be changed
	settleLock string // makes a transaction the only one that settles requests; empty: it is
	insert     insertions
}

var sqlite = dialect{
	name:   "sqlite",
	tables: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
	insert: unnamed,
}

var postgres = dialect{
	name:       "postgres",
	tables:     `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`,
	clock:      `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`,
	skipLocked: ` FOR UPDATE OF d SKIP LOCKED`,
	forUpdate:  ` FOR UPDATE`,
	settleLock: fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, int64(advisorySettle)),
	insert:     numbered,
}

// Open opens the database at url: a path, or postgres://…. It fails with
// digest.ErrConfig for an address that can be neither, with digest.ErrSchema
// where Mode does not allow the schema that it finds.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	return open(ctx, url, o, embedded())
}

// open lets tests bring migrations of their own.
func open(ctx context.Context, url string, o Options, migrations fs.FS) (*Store, error) {
	s := &Store{lock: o.Lock, log: o.Logger, random: o.Random}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	var err error
	if s.known, err = latest(migrations); err != nil {
		return nil, err
	}
	place, err := parse(url)
	if err != nil {
		return nil, err
	}
	if place.file == "" {
		err = s.openPostgres(ctx, place.url, o.Mode, migrations)
	} else {
		err = s.openSQLite(ctx, place.file, o.Mode, migrations)
	}
	if err != nil {
		return nil, errors.Join(advised(err), s.Close())
	}
	return s, nil
}

// Close closes the database. It may be called twice.
func (s *Store) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Migrated says what opening the database did to its schema.
func (s *Store) Migrated() Migration { return s.migrated }

func (s *Store) onClose(f func() error) { s.closers = append(s.closers, f) }
