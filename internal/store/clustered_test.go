package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"digest.example/internal/delivery"
)

// dump is a table's rows as text, in the order of their key.
func (w *world) dump(columns, table, key string) string {
	w.Helper()
	n := strings.Count(columns, ",") + 1
	var b strings.Builder
	w.must(each(w.ctx, w.read, func(scan scan) error {
		values, at := make([]any, n), make([]any, n)
		for i := range values {
			at[i] = &values[i]
		}
		err := scan(at...)
		fmt.Fprintln(&b, values...)
		return err
	}, `SELECT `+columns+` FROM `+table+` ORDER BY `+key))
	return b.String()
}

// What stood in the tables that the tenth migration makes anew stands in them
// afterwards, with its keys and what refers to it.
func TestClusteringKeepsRows(t *testing.T) {
	url := filepath.Join(t.TempDir(), "digest.db")
	s := openedBefore(t, url, "00010")
	w := &world{T: t, ctx: t.Context(), url: url, Store: s}
	newsletter, issue := w.sending(7)
	w.leave(newsletter, 3)
	w.exec(`UPDATE consent SET paused_until = 5, plain = 1, agreed = 7, wording = 'w' WHERE subscriber = $1`, person(2).ID)
	rows := w.claim(issue, "me", 4)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing), change(rows[1], delivery.Claimed, delivery.Failed))
	tables := map[string][2]string{
		"subscriber":    {"id, address, normal, address_hash, name, language, created", "id"},
		"consent":       {"subscriber, newsletter, state, edition, preferences, since, how, wording, batch, paused_until, plain, agreed", "subscriber"},
		"consent_event": {"id, subscriber, newsletter, to_state", "id"},
		"delivery": {
			"issue, subscriber, state, attempts, next_at, owner, epoch, lease_until, last_code, last_reply, changed",
			"subscriber",
		},
	}
	before := map[string]string{}
	for table, c := range tables {
		before[table] = w.dump(c[0], table, c[1])
	}
	w.must(w.Close())
	w.Store = opened(t, url, Options{Mode: Upgrade})
	for table, c := range tables {
		if after := w.dump(c[0], table, c[1]); after != before[table] || strings.Count(after, "\n") < 7 {
			t.Errorf("%s was\n%s\nand is\n%s", table, before[table], after)
		}
	}
	for query, want := range map[string]string{
		`SELECT COUNT(*) FROM pragma_foreign_key_check`:                       "0",
		`SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'clustered%'`:     "0",
		`SELECT COUNT(*) FROM sqlite_master WHERE sql LIKE '%"clustered%'`:    "0",
		`SELECT COUNT(*) FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'`: "3",
		`SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND tbl_name IN
			('consent', 'delivery', 'subscriber') AND sql <> ''`: "6",
	} {
		if got := w.query(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	w.exec(`DELETE FROM subscriber WHERE id = $1`, person(1).ID)
	if got := w.query(`SELECT COUNT(*) FROM consent`); got != "6" {
		t.Errorf("%s consents once one of 7 people is gone", got)
	}
}
