package store

import (
	"strings"
	"testing"

	"digest.example/internal/delivery"
)

// What is asked while an issue is sent is answered by an index that holds little:
// an issue may have a million rows.
func TestLedgerIsNotWalked(t *testing.T) {
	w := file(t)
	for name, query := range map[string]string{
		"claim":            claimRows,
		"backlog":          backlog,
		"counts":           countRows,
		"recover":          lapsed + `'committing') SELECT COUNT(*)` + strings.TrimSuffix(ofLapsed, ofLapsed[strings.Index(ofLapsed, " WHERE"):]),
		"renew":            renewLeases,
		"free":             `UPDATE delivery SET state = 'ready', changed = $1` + theirs + `'committing'`,
		"list in doubt":    `SELECT d.subscriber FROM delivery d WHERE d.issue = $1 AND d.state IN ('in_doubt')` + narrow([]delivery.State{delivery.InDoubt}),
		"list what failed": `SELECT d.subscriber FROM delivery d WHERE d.issue = $1 AND d.state IN ('failed')` + narrow([]delivery.State{delivery.Failed}),
	} {
		args := make([]any, 0, 5)
		for _, p := range []string{"$1", "$2", "$3", "$4"} {
			if strings.Contains(query, p) {
				args = append(args, 1)
			}
		}
		w.must(each(w.ctx, w.read, func(scan scan) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			ledger := strings.HasPrefix(step, "SEARCH d ") || strings.HasPrefix(step, "SCAN d") || strings.Contains(step, " delivery ")
			if ledger && !strings.Contains(step, "INDEX delivery_") {
				t.Errorf("%s: %s", name, step)
			}
			return err
		}, `EXPLAIN QUERY PLAN `+query, args...))
	}
}
