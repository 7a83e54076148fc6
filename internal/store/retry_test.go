package store

import (
	"strings"
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/publish"
)

var _ publish.RetryStore = (*Store)(nil)

func testRetryable(t *testing.T, w *world) {
	newsletter, issue := w.sending(10)
	rows := w.claim(issue, "a", 9)
	for i, to := range []delivery.State{
		delivery.Failed, delivery.RenderError, delivery.Expired, delivery.Failed, delivery.Failed,
		delivery.Failed, delivery.Failed, delivery.Failed, delivery.Skipped,
	} {
		c := change(rows[i], delivery.Claimed, to)
		c.Reply = "why"
		w.apply(c)
	}
	number := map[string]int{}
	for i, d := range rows {
		number[d.Subscriber] = i
	}
	w.exec(`UPDATE consent SET state = 'unsubscribed' WHERE subscriber = $1`, rows[3].Subscriber)
	w.exec(`INSERT INTO suppression SELECT address_hash, $1, 'bounced', '', '', 0 FROM subscriber WHERE id = $2`,
		newsletter, rows[4].Subscriber)
	w.exec(`DELETE FROM subscriber WHERE id = $1`, rows[5].Subscriber)
	w.exec(`UPDATE consent SET paused_until = $1 WHERE subscriber = $2`, ms(later), rows[6].Subscriber)
	w.exec(`DELETE FROM consent WHERE subscriber = $1`, rows[7].Subscriber)
	want := map[int]string{3: "unsubscribed", 4: "suppressed", 5: "erased", 6: "paused", 7: "not on the list"}
	seen := 0
	w.must(w.Retryable(w.ctx, issue, noon, func(d delivery.Delivery, leftOut string) error {
		i := number[d.Subscriber]
		seen++
		if leftOut != want[i] {
			t.Errorf("row %d is left out as %q, want %q", i, leftOut, want[i])
		}
		if leftOut != "" {
			return nil
		}
		applied, err := w.Apply(w.ctx, noon, []delivery.Change{delivery.Retry(d, noon, "me")})
		if err != nil || !applied[0] {
			t.Errorf("row %d is not made ready: %v", i, err)
		}
		return err
	}))
	if seen != 8 {
		t.Errorf("%d rows, want 8", seen)
	}
	counts, err := w.Counts(w.ctx, issue)
	w.must(err)
	if counts[delivery.Ready] != 4 {
		t.Errorf("the ledger says %v", counts)
	}
	for i := range 3 {
		reply := w.query(`SELECT last_reply FROM delivery WHERE subscriber = $1`, rows[i].Subscriber)
		if !strings.Contains(reply, "tried again by me") || !strings.Contains(reply, "why") {
			t.Errorf("row %d keeps %q", i, reply)
		}
	}
	if again := w.claim(issue, "b", 9); len(again) != 4 {
		t.Errorf("%d rows are claimed", len(again))
	}
}
