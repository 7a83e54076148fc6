package store

import (
	"maps"
	"testing"

	"digest.example/internal/digest"
)

// testCountRecipients runs in the suite of both engines.
func testCountRecipients(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	count := func(name string, want int) {
		t.Helper()
		n, err := w.CountRecipients(w.ctx, name, noon)
		w.must(err)
		if n != want {
			t.Errorf("%d recipients of %s, want %d", n, name, want)
		}
	}
	count("weekly", 0)
	w.enrolN(newsletter, 0, 6)
	w.leave(newsletter, 1)
	w.exec(`INSERT INTO suppression VALUES ($1, '', 'bounced', '', '', 0)`, person(2).Hash)
	w.exec(`INSERT INTO suppression VALUES ($1, $2, 'operator', '', '', 0)`, person(3).Hash, newsletter)
	w.exec(`INSERT INTO suppression VALUES ($1, 'another', 'operator', '', '', 0)`, person(4).Hash)
	count("weekly", 3)
	w.exec(`UPDATE consent SET paused_until = $1 WHERE subscriber = $2`, noon.UnixMilli()+1, person(5).ID)
	count("weekly", 2)
	// Left out for two reasons, a person is left out once.
	w.exec(`UPDATE consent SET paused_until = $1`, noon.UnixMilli()+1)
	count("weekly", 0)
	w.exec(`UPDATE consent SET paused_until = $1`, noon.UnixMilli())
	count("weekly", 3)
	w.exec(`INSERT INTO import (id, newsletter, started, how) VALUES ('staged', $1, 0, '')`, newsletter)
	w.exec(`UPDATE consent SET batch = 'staged' WHERE subscriber IN ($1, $2)`, person(3).ID, person(4).ID)
	count("weekly", 2)
	w.exec(`UPDATE import SET shown = 1`)
	count("weekly", 3)
	w.exec(`UPDATE consent SET paused_until = $1 WHERE subscriber = $2`, noon.UnixMilli()+1, person(5).ID)
	count("nowhere", 0)
	w.exec(`UPDATE consent SET state = 'bounced' WHERE subscriber = $1`, person(2).ID)
	for _, shown := range []any{1, nil} {
		w.exec(`UPDATE import SET shown = $1`, shown)
		want := map[string]int{}
		w.must(w.Recipients(w.ctx, "weekly", noon, func(r digest.Recipient) error {
			want[r.LeftOut]++
			return nil
		}))
		got, err := w.CountList(w.ctx, "weekly", noon)
		w.must(err)
		if !maps.Equal(got, want) {
			t.Errorf("counted %v, want %v", got, want)
		}
	}
}
