package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
)

const (
	saveArticle = `INSERT INTO article (source, id, url, published, first_seen, last_seen, deleted, content,
			link, alias, appeared, title)
		VALUES ($1, $2, $3, $4, $5, $5, NULL, $6, $7, $8, $9, $10)
		ON CONFLICT (source, id) DO UPDATE SET url = excluded.url,
			published = CASE WHEN excluded.published = 0 THEN article.published ELSE excluded.published END,
			first_seen = CASE WHEN article.first_seen > excluded.first_seen + ` + ahead + `
				THEN excluded.first_seen ELSE article.first_seen END,
			last_seen = excluded.last_seen, deleted = NULL, content = excluded.content,
			link = excluded.link, alias = excluded.alias, appeared = excluded.appeared, title = excluded.title
		WHERE article.last_seen <= excluded.last_seen OR article.last_seen > excluded.last_seen + ` + ahead

	saveComment = `INSERT INTO comment (source, article, id, published, first_seen, last_seen, deleted, content)
		VALUES ($1, $2, $3, $4, $5, $5, NULL, $6)
		ON CONFLICT (source, article, id) DO UPDATE SET published = excluded.published,
			last_seen = excluded.last_seen, deleted = NULL, content = excluded.content
		WHERE comment.last_seen <= excluded.last_seen OR comment.last_seen > excluded.last_seen + ` + ahead

	// ahead is an hour: what was seen so much later than now was seen by a clock
	// that was wrong. What comes now goes before it; the rest stays as it is, since
	// it may as well be now that the clock is wrong.
	ahead = `3600000`

	// What a whole thread no longer shows, and what its source says is gone.
	dropUnseen = `UPDATE comment SET deleted = $1
		WHERE source = $2 AND article = $3 AND (last_seen < $1 OR last_seen > $1 + ` + ahead + `) AND deleted IS NULL`
	dropComment = `UPDATE comment SET deleted = $1
		WHERE source = $2 AND article = $3 AND id = $4 AND ` + notLater + ` AND deleted IS NULL`
	dropArticle = `UPDATE article SET deleted = $1 WHERE source = $2 AND id = $3 AND ` + notLater + ` AND deleted IS NULL`
	dropThread  = `UPDATE comment SET deleted = $1 WHERE source = $2 AND article = $3 AND ` + notLater + ` AND deleted IS NULL`
	notLater    = `(last_seen <= $1 OR last_seen > $1 + ` + ahead + `)`

	// An article without a date is as old as it was said to be before, or as the
	// first time it was seen.
	published = `CASE WHEN published = 0 THEN first_seen ELSE published END`
)

// chunkBytes and chunkRows bound one transaction of SaveHarvest.
const (
	chunkBytes = 2 << 20
	chunkRows  = 500
)

// item is an article or a comment on its way into the library.
type item struct {
	query string
	args  []any
	size  int
}

// SaveHarvest implements library.Store, in several transactions: one that
// stops midway has saved a part, and the next pull brings the rest. What a
// harvest lacks stays as it was.
func (s *Store) SaveHarvest(ctx context.Context, h digest.Harvest) error {
	if err := s.Amend(ctx, h); err != nil {
		return err
	}
	return s.succeeded(ctx, h)
}

// Amend implements library.Store.
func (s *Store) Amend(ctx context.Context, h digest.Harvest) error {
	items, err := itemsOf(h)
	if err != nil {
		return fmt.Errorf("save harvest of %s: %w", h.Source, err)
	}
	if err := s.write.prepare(ctx, saveArticle, saveComment, dropUnseen); err != nil {
		return err
	}
	for len(items) > 0 {
		n := chunk(items)
		err := s.change(ctx, "save harvest of "+h.Source, func(t tx) error {
			for _, it := range items[:n] {
				if _, err := t.exec(it.query, it.args...); err != nil {
					return err
				}
			}
			_, err := t.dropRedacted(text(h.Source))
			return err
		})
		if err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// chunk is how many of the items go into one transaction; at least one.
func chunk(items []item) int {
	size := 0
	for i, it := range items {
		if size += it.size; i > 0 && (size > chunkBytes || i == chunkRows) {
			return i
		}
	}
	return len(items)
}

// itemsOf lists each article before its comments, which refer to it, and what
// is gone after them.
func itemsOf(h digest.Harvest) ([]item, error) {
	var items []item
	for _, a := range h.Articles {
		comments := a.Comments
		a.Comments, a.Source, a.ID = nil, text(h.Source), text(a.ID)
		content, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("article %s: %w", a.ID, err)
		}
		items = append(items, item{saveArticle, []any{
			a.Source, a.ID, text(a.URL), ms(a.Published), ms(h.At), string(content),
			text(library.Link(a.URL)), text(a.Alias), orNull(a.Appeared), text(a.Title),
		}, len(content)})
		for _, c := range comments {
			c.Source, c.Article, c.ID = a.Source, a.ID, text(c.ID)
			content, err := json.Marshal(c)
			if err != nil {
				return nil, fmt.Errorf("comment %s on article %s: %w", c.ID, a.ID, err)
			}
			items = append(items, item{saveComment, []any{
				c.Source, c.Article, c.ID, ms(c.Published), ms(h.At), string(content),
			}, len(content)})
		}
		if a.Whole {
			items = append(items, item{dropUnseen, []any{ms(h.At), a.Source, a.ID}, 0})
		}
	}
	return append(items, gone(h)...), nil
}

func gone(h digest.Harvest) []item {
	var items []item
	for _, g := range h.Gone {
		if g.Comment == "" {
			which := []any{ms(h.At), text(h.Source), text(g.Article)}
			items = append(items, item{dropArticle, which, 0}, item{dropThread, which, 0})
			continue
		}
		items = append(items, item{dropComment, []any{ms(h.At), text(h.Source), text(g.Article), text(g.Comment)}, 0})
	}
	return items
}

// Library implements publish.Store. An article without a date counts as
// published when it was first seen, and comes back with that date. One that
// appeared late counts from then on.
func (s *Store) Library(ctx context.Context, sources []string, since time.Time) ([]digest.Article, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	from := int64(math.MinInt64)
	if !since.IsZero() {
		from = since.UnixMilli()
	}
	args := []any{from}
	for _, v := range sources {
		args = append(args, v)
	}
	which := ` WHERE deleted IS NULL AND (` + published + ` >= $1 OR appeared >= $1) AND source IN ` + in(2, len(sources))
	articles, err := collect(ctx, s.read, scanArticle,
		`SELECT content, `+published+` FROM article`+which, args...)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	slices.SortFunc(articles, func(a, b digest.Article) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	index := map[[2]string]*digest.Article{}
	for i := range articles {
		index[[2]string{articles[i].Source, articles[i].ID}] = &articles[i]
	}
	err = each(ctx, s.read, func(scan scan) error {
		c, err := scanComment(scan)
		if a := index[[2]string{c.Source, c.Article}]; a != nil && err == nil {
			a.Comments = append(a.Comments, c)
		}
		return err
	}, `SELECT c.content FROM comment c JOIN (SELECT source, id FROM article`+which+`) AS a
		ON a.source = c.source AND a.id = c.article WHERE c.deleted IS NULL ORDER BY c.published, c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	return articles, nil
}

func scanArticle(scan scan) (digest.Article, error) {
	var a digest.Article
	var content []byte
	var published sql.NullInt64
	if err := scan(&content, &published); err != nil {
		return a, err
	}
	err := json.Unmarshal(content, &a)
	if a.Published.IsZero() {
		a.Published = at(published)
	}
	return a, err
}

func scanComment(scan scan) (digest.Comment, error) {
	var c digest.Comment
	var content []byte
	if err := scan(&content); err != nil {
		return c, err
	}
	return c, json.Unmarshal(content, &c)
}
