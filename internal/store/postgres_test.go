package store

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
)

func TestPostgreSQLOpen(t *testing.T) {
	server := pgtest.Start(t)
	t.Run("created once", func(t *testing.T) {
		url := server.Database(t)
		var group sync.WaitGroup
		ids := make([]string, 3)
		for i := range ids {
			group.Go(func() {
				s := opened(t, url, Options{Mode: ReadWrite})
				ids[i], _ = s.DatabaseID(t.Context())
			})
		}
		group.Wait()
		if len(ids[0]) != 16 || ids[1] != ids[0] || ids[2] != ids[0] {
			t.Errorf("database ids %q", ids)
		}
	})
	t.Run("reading leaves no trace", func(t *testing.T) {
		url := server.Database(t)
		visit(t, url, nil)
		s := opened(t, url, Options{Mode: ReadWrite})
		if m := s.Migrated(); m != (Migration{To: newest}) {
			t.Errorf("then migrated %+v", m)
		}
	})
	t.Run("older schema", func(t *testing.T) {
		url := server.Database(t)
		w := &world{T: t, ctx: t.Context(), Store: opened(t, url, Options{Mode: ReadWrite})}
		next := nextSchema(t)
		for _, mode := range []Mode{ReadOnly, ReadWrite} {
			_, err := openWith(url, Options{Mode: mode}, next)
			if !errors.Is(err, digest.ErrSchema) || !strings.Contains(err.Error(), "digest migrate") {
				t.Errorf("mode %d: %v", mode, err)
			}
		}
		s, err := openWith(url, Options{Mode: Upgrade}, next)
		w.must(err)
		if s.Migrated() != (Migration{From: newest, To: newest + 1}) {
			t.Errorf("migrated %+v", s.Migrated())
		}
		w.must(s.Close())
	})
	t.Run("commits that are not durable", func(t *testing.T) {
		url := server.Database(t) + "&synchronous_commit=off"
		_, err := Open(t.Context(), url, Options{Mode: ReadWrite})
		if !errors.Is(err, digest.ErrConfig) || !strings.Contains(err.Error(), "synchronous_commit") {
			t.Errorf("synchronous_commit=off: %v", err)
		}
	})
	t.Run("transactions that nobody goes on with", func(t *testing.T) {
		url := server.Database(t)
		for query, want := range map[string]string{"": "10s", "&idle_in_transaction_session_timeout=90000": "90s"} {
			w := &world{T: t, ctx: t.Context(), Store: opened(t, url+query, Options{Mode: ReadWrite})}
			if got := w.query(`SELECT current_setting('idle_in_transaction_session_timeout')`); got != want {
				t.Errorf("with %q they are ended after %s, want %s", query, got, want)
			}
		}
		w := &world{T: t, ctx: t.Context(), Store: opened(t, url, Options{Mode: ReadWrite})}
		_, issue := w.sending(1)
		const lock = `UPDATE issue SET reason = 'seen' WHERE id = $1`
		sleeper := opened(t, url+"&idle_in_transaction_session_timeout=50", Options{Mode: ReadWrite})
		err := sleeper.change(w.ctx, "sleep", func(own tx) error {
			if _, err := own.exec(lock, issue); err != nil {
				return err
			}
			w.exec(lock, issue) // waits for the sleeper's end
			return nil
		})
		if err == nil {
			t.Error("it locked a row that others have changed, and commits")
		}
	})
	t.Run("backup and lock", func(t *testing.T) {
		s := opened(t, server.Database(t), Options{Mode: ReadWrite, Lock: locked(t, "postgres:///x")})
		if err := s.Backup(t.Context(), "x"); !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), "pg_dump") {
			t.Errorf("backup: %v", err)
		}
		if restored, err := s.Restored(t.Context(), noon); err != nil || restored {
			t.Errorf("restored: %v, %v", restored, err)
		}
	})
}
