package store

import (
	"context"
	"fmt"
	"time"
)

// Rows are looked for beside the transaction that removes them, which others
// wait for; so what removes one asks again whether it is still old.
const (
	oldComments = `SELECT article, id FROM comment
		WHERE source = $1 AND last_seen < $2 AND published < $2 ORDER BY last_seen LIMIT $3`

	oldArticles = `SELECT id FROM article
		WHERE source = $1 AND last_seen < $2 AND published < $2 ORDER BY last_seen LIMIT $3`

	oldThreads = `SELECT c.article, c.id FROM (` + oldArticles + `) AS a
		JOIN comment c ON c.source = $1 AND c.article = a.id LIMIT $3`

	forgetComment = `DELETE FROM comment WHERE source = $1 AND article = $2 AND id = $3
		AND last_seen < $4 AND published < $4`

	forgetUnder = `DELETE FROM comment WHERE source = $1 AND article = $2 AND id = $3 AND EXISTS (SELECT 1 FROM article a
		WHERE a.source = $1 AND a.id = $2 AND a.last_seen < $4 AND a.published < $4)`

	forgetArticle = `DELETE FROM article WHERE source = $1 AND id = $2 AND last_seen < $3 AND published < $3
		AND NOT EXISTS (SELECT 1 FROM comment c WHERE c.source = $1 AND c.article = $2)`
)

// PruneLibrary implements library.Store.
func (s *Store) PruneLibrary(ctx context.Context, now time.Time, keep time.Duration, n int) (more bool, err error) {
	all, err := s.SourceHealth(ctx)
	if err != nil {
		return false, fmt.Errorf("prune the library: %w", err)
	}
	for _, h := range all {
		if h.Succeeded.IsZero() {
			continue
		}
		latest := now
		if h.Succeeded.Before(now) {
			latest = h.Succeeded
		}
		before := ms(latest.Add(-keep))
		for _, step := range []func(context.Context, string, int64, int) (bool, error){
			s.pruneComments, s.pruneThreads, s.pruneArticles,
		} {
			again, err := step(ctx, h.Name, before, n)
			if err != nil {
				return false, fmt.Errorf("prune the library of %s: %w", h.Name, err)
			}
			more = more || again
		}
	}
	return more, nil
}

func (s *Store) pruneComments(ctx context.Context, source string, before int64, n int) (more bool, err error) {
	return s.forget(ctx, oldComments, forgetComment, source, before, n)
}

// pruneThreads empties the threads of old articles of what is not old itself,
// such as comments that are dated ahead.
func (s *Store) pruneThreads(ctx context.Context, source string, before int64, n int) (more bool, err error) {
	return s.forget(ctx, oldThreads, forgetUnder, source, before, n)
}

// forget removes the comments that a query finds. If none of them could be
// removed, others are at work on them, and tomorrow is time enough.
func (s *Store) forget(ctx context.Context, find, remove, source string, before int64, n int) (more bool, err error) {
	keys, err := collect(ctx, s.read, func(scan scan) (k [2]string, err error) {
		return k, scan(&k[0], &k[1])
	}, find, source, before, n)
	if err != nil || len(keys) == 0 {
		return false, err
	}
	args := make([][]any, len(keys))
	for i, k := range keys {
		args[i] = []any{source, k[0], k[1], before}
	}
	removed, err := s.repeat(ctx, remove, args)
	return removed > 0 && len(keys) == n, err
}

func (s *Store) pruneArticles(ctx context.Context, source string, before int64, n int) (more bool, err error) {
	ids, err := collect(ctx, s.read, func(scan scan) (id string, err error) {
		return id, scan(&id)
	}, oldArticles, source, before, n)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	args := make([][]any, len(ids))
	for i, id := range ids {
		args[i] = []any{source, id, before}
	}
	removed, err := s.repeat(ctx, forgetArticle, args)
	return removed > 0 && len(ids) == n, err
}

// repeat runs a statement with each of the arguments, in one transaction, and
// returns how many rows it changed.
func (s *Store) repeat(ctx context.Context, query string, args [][]any) (changed int64, err error) {
	if err := s.write.prepare(ctx, query); err != nil {
		return 0, err
	}
	err = s.change(ctx, "forget", func(t tx) error {
		for _, a := range args {
			n, err := t.exec(query, a...)
			if err != nil {
				return err
			}
			changed += n
		}
		return nil
	})
	return changed, err
}
