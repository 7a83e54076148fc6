package store

import (
	"context"
	"fmt"
	"time"
)

// countList counts who has agreed and who has not in the index alone, and then looks
// at those few who may be left out all the same, each taken off and judged anew:
// looking at a million people's rows takes many times as long. SQLite makes cross
// joins in their order.
const countList = `WITH n AS (SELECT id FROM newsletter WHERE name = $1), aside AS (
		SELECT c.subscriber AS id FROM n JOIN consent c ON c.newsletter = n.id WHERE c.paused_until > 0 AND c.paused_until > $2
		UNION ALL SELECT c.subscriber FROM n JOIN import b ON b.newsletter = n.id AND b.shown IS NULL
			JOIN consent c ON c.newsletter = n.id AND c.batch = b.id
		UNION ALL SELECT s.id FROM subscriber s WHERE s.address_hash IN (SELECT address_hash FROM suppression))
	SELECT c.state, COUNT(*), 1, 1, 1, '' FROM n JOIN consent c ON c.newsletter = n.id GROUP BY c.state
	UNION ALL SELECT c.state, -1, CASE WHEN ` + visible + ` THEN 1 ELSE 0 END, ` + mailableNow + `$2 THEN 1 ELSE 0 END, ` + whySuppressed + `
		FROM (SELECT DISTINCT id FROM aside) AS a CROSS JOIN n CROSS JOIN consent c CROSS JOIN subscriber s
		WHERE c.subscriber = a.id AND c.newsletter = n.id AND s.id = a.id`

// CountList counts a newsletter's list as Recipients would judge it, by
// digest.Recipient.LeftOut; newsletter is its name.
func (s *Store) CountList(ctx context.Context, newsletter string, now time.Time) (map[string]int, error) {
	counts := map[string]int{}
	add := func(why string, n int) {
		if counts[why] += n; counts[why] == 0 {
			delete(counts, why)
		}
	}
	err := each(ctx, s.read, func(scan scan) error {
		var state, reason string
		var n, visible, mailable, unpaused int
		if err := scan(&state, &n, &visible, &mailable, &unpaused, &reason); err != nil {
			return err
		}
		if state == "active" {
			add("", n)
		} else {
			add(state, n)
		}
		if n < 0 && visible == 1 {
			add(leftOut(state, mailable == 1, unpaused == 1, reason), 1)
		}
		return nil
	}, countList, newsletter, ms(now))
	if err != nil {
		return nil, fmt.Errorf("recipients of %s: %w", newsletter, err)
	}
	return counts, nil
}

// CountRecipients implements publish.Store; newsletter is its name.
func (s *Store) CountRecipients(ctx context.Context, newsletter string, now time.Time) (int, error) {
	counts, err := s.CountList(ctx, newsletter, now)
	return counts[""], err
}
