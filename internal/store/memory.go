package store

import (
	"context"
	"database/sql"
	"encoding/json"
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
	if m.Articles, err = collect(ctx, s.read, scanKnown, knownArticles, source, ms(since)); err != nil {
		return m, fmt.Errorf("memory of %s: %w", source, err)
	}
	for ago := range m.Comments {
		from, to := now.Add(-time.Duration(ago+1)*week), now.Add(-time.Duration(ago)*week)
		if err := s.read.QueryRowContext(ctx, publishedBetween, source, ms(from), ms(to)).Scan(&m.Comments[ago]); err != nil {
			return m, fmt.Errorf("pace of %s: %w", source, failed(err))
		}
	}
	return m, nil
}

const week = 7 * 24 * time.Hour

const (
	publishedBetween = `SELECT COUNT(*) FROM comment WHERE source = $1 AND published > $2 AND published <= $3`

	// What has another id on its site is not told from something new but by its
	// alias, however long it was not listed. The address and the words of an
	// article are read only where a row is older than the column that has them.
	knownArticles = `SELECT a.id, a.alias, a.link, CASE WHEN a.link = '' THEN a.url ELSE '' END,
		a.title, CASE WHEN a.title = '' THEN a.content ELSE '' END, a.published, a.last_seen, a.appeared,
		(SELECT COUNT(*) FROM comment c WHERE c.source = a.source AND c.article = a.id AND c.deleted IS NULL)
		FROM article a WHERE a.source = $1 AND a.id IN (SELECT id FROM article WHERE source = $1 AND last_seen >= $2
			UNION SELECT id FROM article WHERE source = $1 AND alias <> '') ORDER BY a.id`
)

func scanKnown(scan scan) (library.Known, error) {
	var k library.Known
	var address, content string
	var published, seen, appeared sql.NullInt64
	err := scan(&k.ID, &k.Alias, &k.Link, &address, &k.Title, &content, &published, &seen, &appeared, &k.Comments)
	if err != nil {
		return k, err
	}
	k.Published, k.Seen, k.Appeared = at(published), at(seen), at(appeared)
	if k.Link == "" {
		k.Link = library.Link(address)
	}
	if content != "" {
		var a struct{ Title string }
		if err := json.Unmarshal([]byte(content), &a); err != nil {
			return k, fmt.Errorf("article %s: %w", k.ID, err)
		}
		k.Title = a.Title
	}
	return k, nil
}
