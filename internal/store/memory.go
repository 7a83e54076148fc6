package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/library"
)

// Memory implements library.Store.
func (s *Store) Memory(ctx context.Context, source string, since, now time.Time) (library.Memory, error) {
	var m library.Memory
	state, succeeded, err := sourceMemory(ctx, s.read, source)
	if err != nil {
		return m, fmt.Errorf("memory of %s: %w", source, err)
	}
	m.State, m.Succeeded = state.Adapter, succeeded
	if m.Redacted, err = redactions(ctx, s.read, `WHERE source = $1 ORDER BY article, comment`, source); err != nil {
		return m, fmt.Errorf("memory of %s: %w", source, err)
	}
	m.Articles, err = collect(ctx, s.read, func(scan scan) (library.Known, error) {
		var k library.Known
		var appeared sql.NullInt64
		err := scan(&k.ID, &k.Alias, &k.Link, &appeared, &k.Comments)
		k.Appeared = at(appeared)
		return k, err
	}, `SELECT a.id, a.alias, a.link, a.appeared, (SELECT COUNT(*) FROM comment c
			WHERE c.source = a.source AND c.article = a.id AND c.deleted IS NULL)
		FROM article a WHERE a.source = $1 AND a.last_seen >= $2 ORDER BY a.id`, source, ms(since))
	if err != nil {
		return m, fmt.Errorf("memory of %s: %w", source, err)
	}
	const week = int64(7 * 24 * time.Hour / time.Millisecond)
	err = each(ctx, s.read, func(scan scan) error {
		var ago, n int
		if err := scan(&ago, &n); err != nil {
			return err
		}
		if ago >= 0 && ago < len(m.Comments) {
			m.Comments[ago] = n
		}
		return nil
	}, `SELECT ($1 - published) / $2, COUNT(*) FROM comment
		WHERE source = $3 AND published > $1 - $2 * $4 AND published <= $1 GROUP BY 1`,
		ms(now), week, source, int64(len(m.Comments)))
	if err != nil {
		return m, fmt.Errorf("pace of %s: %w", source, err)
	}
	return m, nil
}

const (
	pruneWhich = `SELECT source, id FROM article WHERE last_seen < $1 AND published < $1 ORDER BY source, id LIMIT $2`

	pruneThreads = `DELETE FROM comment WHERE (source, article) IN (` + pruneWhich + `)`

	pruneArticles = `DELETE FROM article WHERE (source, id) IN (` + pruneWhich + `)`

	pruneComments = `DELETE FROM comment WHERE (source, article, id) IN (
		SELECT source, article, id FROM comment WHERE last_seen < $1 AND published < $1 LIMIT $2)`
)

// PruneLibrary implements library.Store.
func (s *Store) PruneLibrary(ctx context.Context, before time.Time, n int) (more bool, err error) {
	err = s.change(ctx, "prune the library", func(t tx) error {
		for _, q := range []string{pruneComments, pruneThreads, pruneArticles} {
			rows, err := t.exec(q, ms(before), n)
			if err != nil {
				return err
			}
			more = more || rows >= int64(n)
		}
		return nil
	})
	return more && err == nil, err
}
