package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// pool is connections to a database. To read a statement takes SQLite longer than
// most take to run; so what runs often is kept in its compiled form.
type pool struct {
	*sql.DB
	compiles bool // PostgreSQL's driver does so itself

	mu       sync.Mutex
	prepared map[string]*sql.Stmt
	asked    map[string]int // how often what is not prepared was asked for
	often    []string       // what of that is to be prepared
}

const (
	// often is how often a statement runs before it is compiled for good.
	often = 4
	// mostAsked is of how many statements that is counted: lists of many lengths
	// must not fill the memory.
	mostAsked = 500
)

func newPool(db *sql.DB, size int, compiles bool) *pool {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return &pool{DB: db, compiles: compiles, prepared: map[string]*sql.Stmt{}, asked: map[string]int{}}
}

// QueryContext must not be called within a transaction of the pool's only connection.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.prepareOften(ctx)
	if s := p.statement(query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// prepare compiles statements that are about to run often in one transaction, for
// which prepareOften would come too late. It must not be called within a
// transaction of the pool's only connection; and it must not hold the mutex while
// it waits for a connection, since the transaction asks for it too.
func (p *pool) prepare(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if p.isPrepared(q) {
			continue
		}
		s, err := p.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("prepare: %w", failed(err))
		}
		p.mu.Lock()
		if p.prepared[q] == nil {
			p.prepared[q] = s // closed with its pool, like one that came too late
		}
		p.mu.Unlock()
	}
	return nil
}

func (p *pool) isPrepared(query string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prepared[query] != nil
}

// statement is one that is about to run in its compiled form, if it has one.
func (p *pool) statement(query string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.prepared[query]
	if s != nil || !p.compiles {
		return s
	}
	if n := p.asked[query]; n > 0 || len(p.asked) < mostAsked {
		if p.asked[query] = n + 1; n+1 == often {
			p.often = append(p.often, query)
		}
	}
	return nil
}

// prepareOften compiles what has run often, between transactions. What cannot be
// compiled runs as before, and fails by itself.
func (p *pool) prepareOften(ctx context.Context) {
	p.mu.Lock()
	queries := p.often
	p.often = nil
	p.mu.Unlock()
	for _, q := range queries {
		_ = p.prepare(ctx, q)
	}
}
