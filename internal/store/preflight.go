package store

import (
	"context"
	"fmt"
	"time"
)

// CountRecipients implements publish.Store; newsletter is its name. It counts in
// the database: a list may hold a million people.
func (s *Store) CountRecipients(ctx context.Context, newsletter string, now time.Time) (int, error) {
	n, err := one(ctx, s.read, func(scan scan) (v int, err error) { return v, scan(&v) },
		`SELECT COUNT(*) FROM newsletter n JOIN consent c ON c.newsletter = n.id JOIN subscriber s ON s.id = c.subscriber
		WHERE n.name = $1 AND `+mailable+` AND `+unpaused+`$2`, newsletter, ms(now))
	if err != nil {
		return 0, fmt.Errorf("recipients of %s: %w", newsletter, err)
	}
	return n, nil
}
