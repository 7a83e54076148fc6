package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"digest.example/internal/digest"
)

// inArchive is true of an issue that somebody got. There is no other way into
// the archive, and none out of it: not even for a newsletter that was retired.
const inArchive = `i.spent IS NOT NULL AND i.frozen IS NOT NULL AND i.edition = '` + digest.EditionScheduled + `'`

// Archives implements web.Archive.
func (s *Store) Archives(ctx context.Context) ([]string, error) {
	names, err := collect(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT n.name FROM newsletter n WHERE EXISTS (SELECT 1 FROM issue i WHERE i.newsletter = n.id AND `+inArchive+`)
		ORDER BY n.name`)
	if err != nil {
		return nil, fmt.Errorf("archives: %w", err)
	}
	return names, nil
}

// ArchivedIssues implements web.Archive.
func (s *Store) ArchivedIssues(ctx context.Context, newsletter string, before, n int) ([]digest.IssueRecord, error) {
	all, err := collect(ctx, s.read, scanIssue, issueColumns+` WHERE n.name = $1 AND `+inArchive+`
		AND ($2 = 0 OR i.number < $2) ORDER BY i.number DESC LIMIT $3`, newsletter, before, n)
	if err != nil {
		return nil, fmt.Errorf("archive of %s: %w", newsletter, err)
	}
	return all, nil
}

// ArchivedIssue implements web.Archive.
func (s *Store) ArchivedIssue(ctx context.Context, newsletter string, number int) (r digest.IssueRecord, older, newer int, err error) {
	r, err = one(ctx, s.read, scanIssue, issueColumns+` WHERE n.name = $1 AND i.number = $2 AND `+inArchive,
		newsletter, number)
	if err != nil {
		return r, 0, 0, fmt.Errorf("archive of %s/%d: %w", newsletter, number, err)
	}
	err = each(ctx, s.read, func(scan scan) error {
		var below, above sql.NullInt64
		err := scan(&below, &above)
		older, newer = int(below.Int64), int(above.Int64)
		return err
	}, `SELECT MAX(CASE WHEN i.number < $2 THEN i.number END), MIN(CASE WHEN i.number > $2 THEN i.number END)
		FROM issue i JOIN newsletter n ON n.id = i.newsletter WHERE n.name = $1 AND `+inArchive, newsletter, number)
	if err != nil {
		return r, 0, 0, fmt.Errorf("archive around %s/%d: %w", newsletter, number, err)
	}
	return r, older, newer, nil
}

// PresentName implements web.Archive.
func (s *Store) PresentName(ctx context.Context, newsletter string) (string, error) {
	name, err := one(ctx, s.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT n.name FROM newsletter_former f JOIN newsletter n ON n.id = f.newsletter
		WHERE f.name = $1 AND NOT EXISTS (SELECT 1 FROM newsletter t WHERE t.name = f.name)`, newsletter)
	if errors.Is(err, digest.ErrNotFound) {
		return newsletter, nil
	}
	if err != nil {
		return "", fmt.Errorf("present name of %s: %w", newsletter, err)
	}
	return name, nil
}

// formerName remembers that the newsletter now called name was called old. Who
// had that name before is found under it no more.
func (t tx) formerName(old, name string) error {
	_, err := t.exec(`INSERT INTO newsletter_former (name, newsletter) SELECT CAST($1 AS TEXT), id FROM newsletter WHERE name = $2
		ON CONFLICT (name) DO UPDATE SET newsletter = excluded.newsletter`, old, name)
	return err
}
