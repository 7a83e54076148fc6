package store

import (
	"maps"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// Before, a consent said how somebody left, and not when they had agreed.
func TestConsentsGetBackWhatWasAgreed(t *testing.T) {
	url := filepath.Join(t.TempDir(), "digest.db")
	before := nextSchema(t)
	maps.DeleteFunc(before, func(name string, _ *fstest.MapFile) bool { return name >= "00007" })
	old, err := openWith(url, Options{Mode: ReadWrite}, before)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, ctx: t.Context(), url: url, Store: old}
	w.exec(`INSERT INTO newsletter (id, name, schedule, timezone, first_seen, schedule_seen) VALUES ('n', 'weekly', '', '', 0, 0)`)
	for i, c := range []struct{ id, state string }{{"a", "active"}, {"b", "unsubscribed"}, {"c", "pending"}} {
		w.exec(`INSERT INTO subscriber VALUES ($1, $1, $1, $1, '', '', 0)`, c.id)
		w.exec(`INSERT INTO consent (subscriber, newsletter, state, edition, preferences, since, how, wording)
			VALUES ($1, 'n', $2, 'scheduled', '{}', $3, 'last', 'words')`, c.id, c.state, 70+i)
	}
	for i, e := range []struct{ to, how string }{{"active", "z first"}, {"unsubscribed", "link"}, {"active", "again"}, {"unsubscribed", "last"}} {
		w.exec(`INSERT INTO consent_event VALUES ($1, 'b', 'n', $2, '', $3, 'operator', $4, '')`, i, 10+i, e.to, e.how)
	}
	w.must(old.Close())
	w.Store = opened(t, url, Options{Mode: Upgrade})
	for id, want := range map[string]string{"a": "70 last", "b": "12 again", "c": "0 last"} {
		if got := w.query(`SELECT agreed || ' ' || how FROM consent WHERE subscriber = $1`, id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
