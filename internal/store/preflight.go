package store

import (
	"context"
	"fmt"
	"time"
)

// countMailable counts who has agreed, in the index alone, and takes off those few
// who are left out all the same: looking at each of a million people's rows takes
// many times as long. SQLite makes cross joins in their order.
const countMailable = `WITH n AS (SELECT id FROM newsletter WHERE name = $1), aside AS (
		SELECT c.subscriber AS id FROM n JOIN consent c ON c.newsletter = n.id WHERE c.paused_until > 0 AND c.paused_until > $2
		UNION ALL SELECT c.subscriber FROM n JOIN import b ON b.newsletter = n.id AND b.shown IS NULL
			JOIN consent c ON c.newsletter = n.id AND c.batch = b.id
		UNION ALL SELECT s.id FROM subscriber s WHERE s.address_hash IN (SELECT address_hash FROM suppression))
	SELECT (SELECT COUNT(*) FROM n JOIN consent c ON c.newsletter = n.id WHERE c.state = 'active')
		- (SELECT COUNT(DISTINCT a.id) FROM aside a CROSS JOIN n CROSS JOIN consent c CROSS JOIN subscriber s
			WHERE c.subscriber = a.id AND c.newsletter = n.id AND s.id = a.id AND c.state = 'active' AND NOT (` + mailable + ` AND ` + unpaused + `$2))`

// CountRecipients implements publish.Store; newsletter is its name. It counts in
// the database: a list may hold a million people.
func (s *Store) CountRecipients(ctx context.Context, newsletter string, now time.Time) (int, error) {
	n, err := one(ctx, s.read, func(scan scan) (v int, err error) { return v, scan(&v) },
		countMailable, newsletter, ms(now))
	if err != nil {
		return 0, fmt.Errorf("recipients of %s: %w", newsletter, err)
	}
	return n, nil
}
