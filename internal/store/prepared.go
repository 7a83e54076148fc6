package store

import (
	"context"
	"database/sql"
	"fmt"
)

// To read a statement takes SQLite longer than most take to run, and the one
// connection that writes does nothing else meanwhile. So what runs often is kept
// in its compiled form.

const (
	// often is how often a statement runs before it is compiled for good.
	often = 4
	// mostAsked is of how many statements that is counted: lists of many lengths
	// must not fill the memory.
	mostAsked = 500
)

// prepare compiles statements that are about to run often in one transaction, for
// which prepareOften would come too late. It must not be called
// within a transaction, which holds the only connection; and it must not hold the
// mutex while it waits for that connection, since the transaction asks for it too.
func (s *Store) prepare(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if s.isPrepared(q) {
			continue
		}
		p, err := s.write.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("prepare: %w", failed(err))
		}
		s.mu.Lock()
		if s.prepared[q] == nil {
			s.prepared[q] = p // closed with its pool, like one that came too late
		}
		s.mu.Unlock()
	}
	return nil
}

func (s *Store) isPrepared(query string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prepared[query] != nil
}

// statement is one that is about to run in its compiled form, if it has one.
func (s *Store) statement(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.prepared[query]
	if p != nil || s.file == "" { // PostgreSQL's driver keeps its own
		return p
	}
	if n := s.asked[query]; n > 0 || len(s.asked) < mostAsked {
		if s.asked[query] = n + 1; n+1 == often {
			s.often = append(s.often, query)
		}
	}
	return nil
}

// prepareOften compiles what has run often, between transactions. What cannot be
// compiled runs as before.
func (s *Store) prepareOften(ctx context.Context) {
	s.mu.Lock()
	queries := s.often
	s.often = nil
	s.mu.Unlock()
	for _, q := range queries {
		if err := s.prepare(ctx, q); err != nil {
			s.log.Debug("a statement is not compiled", "error", err)
		}
	}
}
