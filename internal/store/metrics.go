package store

import (
	"context"
	"fmt"

	"digest.example/internal/digest"
)

// listCounts counts in the index alone, and takes off what an import that is
// not shown has staged, if there is one: looking at a million rows takes seconds.
// SQLite makes cross joins in their order.
const listCounts = `SELECT n.name, t.state, SUM(t.people) FROM (
		SELECT c.newsletter, c.state, COUNT(*) AS people FROM consent c GROUP BY c.newsletter, c.state
		UNION ALL SELECT c.newsletter, c.state, -COUNT(*) FROM import b CROSS JOIN consent c
			WHERE b.shown IS NULL AND c.newsletter = b.newsletter AND c.batch = b.id GROUP BY c.newsletter, c.state
	) AS t JOIN newsletter n ON n.id = t.newsletter GROUP BY n.name, t.state HAVING SUM(t.people) > 0 ORDER BY n.name, t.state`

// ListCounts implements metrics.Store.
func (s *Store) ListCounts(ctx context.Context) ([]digest.ListCount, error) {
	all, err := collect(ctx, s.read, func(scan scan) (c digest.ListCount, err error) {
		return c, scan(&c.Newsletter, &c.State, &c.People)
	}, listCounts)
	if err != nil {
		return nil, fmt.Errorf("count the lists: %w", err)
	}
	return all, nil
}
