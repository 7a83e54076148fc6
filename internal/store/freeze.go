package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// printedElsewhere finds an item in another issue of the same edition that was
// sent or will be. An article may stand again under those that are discussed.
const printedElsewhere = `SELECT o.number FROM issue i
	JOIN issue o ON o.newsletter = i.newsletter AND o.edition = i.edition AND o.id <> i.id
	JOIN issue_item t ON t.issue = o.id AND t.source = $2 AND t.article = $3 AND t.comment = $4
	WHERE i.id = $1 AND (o.spent IS NOT NULL OR o.frozen IS NOT NULL AND o.finished IS NULL) LIMIT 1`

// Freeze implements publish.Store. It fails with digest.ErrRefused where the
// issue is not planning or is frozen already, and where another process has
// frozen one meanwhile that prints the same.
func (s *Store) Freeze(ctx context.Context, id string, f digest.Frozen) error {
	content, err := json.Marshal(f.Content)
	if err != nil {
		return fmt.Errorf("freeze issue %s: %w", id, err)
	}
	return s.change(ctx, "freeze issue "+id, func(t tx) error {
		// Two issues of one newsletter are not frozen at once.
		if err := each(ctx, t, func(scan) error { return nil }, `SELECT id FROM newsletter
			WHERE id = (SELECT newsletter FROM issue WHERE id = $1)`+s.forUpdate, id); err != nil {
			return err
		}
		n, err := t.exec(`UPDATE issue SET content = $1, stencil = $2, stencil_plain = $3, envelope_from = $4, cutoff = $5,
			frozen = $6 WHERE id = $7 AND state = 'planning' AND frozen IS NULL`,
			string(content), f.Stencil, f.Plain, f.From, ms(f.Content.CutOff), ms(f.At), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: it is frozen already, or not planning", digest.ErrRefused)
		}
		for i, item := range f.Items {
			if err := t.unprinted(id, item); err != nil {
				return err
			}
			_, err := t.exec(`INSERT INTO issue_item (issue, section, position, source, article, comment)
				VALUES ($1, $2, $3, $4, $5, $6)`,
				id, string(item.Section), i, text(item.Source), text(item.Article), text(item.Comment))
			if err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		}
		return nil
	})
}

// unprinted refuses an item that another issue prints.
func (t tx) unprinted(issue string, item digest.Item) error {
	if item.Section == digest.SectionDiscussed && item.Comment == "" {
		return nil
	}
	return each(t.ctx, t, func(scan scan) error {
		var number int
		if err := scan(&number); err != nil {
			return err
		}
		return fmt.Errorf("%w: number %d prints article %s of %s", digest.ErrRefused, number, item.Article, item.Source)
	}, printedElsewhere, issue, text(item.Source), text(item.Article), text(item.Comment))
}

// Content implements publish.Store; digest.ErrNotFound before Freeze.
func (s *Store) Content(ctx context.Context, id string) (digest.Issue, error) {
	var issue digest.Issue
	content, err := one(ctx, s.read, func(scan scan) (v []byte, err error) { return v, scan(&v) },
		`SELECT content FROM issue WHERE id = $1 AND frozen IS NOT NULL`, id)
	if err == nil {
		err = json.Unmarshal(content, &issue)
	}
	if err != nil {
		return digest.Issue{}, fmt.Errorf("content of issue %s: %w", id, err)
	}
	return issue, nil
}

// Stencil implements publish.Store; digest.ErrNotFound before Freeze.
func (s *Store) Stencil(ctx context.Context, id string) ([]byte, error) {
	return s.stencil(ctx, id, "stencil")
}

// PlainStencil implements publish.Store; digest.ErrNotFound before Freeze.
func (s *Store) PlainStencil(ctx context.Context, id string) ([]byte, error) {
	return s.stencil(ctx, id, "stencil_plain")
}

func (s *Store) stencil(ctx context.Context, id, column string) ([]byte, error) {
	stencil, err := one(ctx, s.read, func(scan scan) (v []byte, err error) { return v, scan(&v) },
		`SELECT `+column+` FROM issue WHERE id = $1 AND frozen IS NOT NULL`, id)
	if err != nil {
		return nil, fmt.Errorf("%s of issue %s: %w", column, id, err)
	}
	return stencil, nil
}

// Printed implements publish.Store; newsletter is its name. Items come in the
// order in which they were printed.
func (s *Store) Printed(ctx context.Context, newsletter string, edition digest.Edition) ([]digest.Item, error) {
	items, err := collect(ctx, s.read, func(scan scan) (v digest.Item, err error) {
		var section string
		err = scan(&section, &v.Source, &v.Article, &v.Comment)
		v.Section = digest.Section(section)
		return v, err
	}, `SELECT t.section, t.source, t.article, t.comment
		FROM issue i JOIN newsletter n ON n.id = i.newsletter JOIN issue_item t ON t.issue = i.id
		WHERE n.name = $1 AND i.edition = $2
		AND (i.spent IS NOT NULL OR i.frozen IS NOT NULL AND i.finished IS NULL)
		ORDER BY i.number, t.position`, newsletter, edition)
	if err != nil {
		return nil, fmt.Errorf("printed items of %s: %w", newsletter, err)
	}
	return items, nil
}

// CutOff implements publish.Store; newsletter is its name.
func (s *Store) CutOff(ctx context.Context, newsletter string, edition digest.Edition) (time.Time, error) {
	var cutoff sql.NullInt64
	err := each(ctx, s.read, func(scan scan) error { return scan(&cutoff) },
		`SELECT i.cutoff FROM issue i JOIN newsletter n ON n.id = i.newsletter
		WHERE n.name = $1 AND i.edition = $2 AND i.spent IS NOT NULL ORDER BY i.number DESC LIMIT 1`,
		newsletter, edition)
	if err != nil {
		return time.Time{}, fmt.Errorf("cut-off of %s: %w", newsletter, err)
	}
	return at(cutoff), nil
}
