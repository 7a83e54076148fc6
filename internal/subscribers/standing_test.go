package subscribers

import (
	"strings"
	"testing"
)

// Nobody who has left, by another service's word, is taken for a reader.
func TestStandingsOfOtherServices(t *testing.T) {
	for _, c := range []struct {
		header, row string
		left        State
		why         string
	}{
		{"email,status", "ann@example.org,subscribed", "", ""},
		{"email,status", "ann@example.org,Enabled", "", ""},
		{"email,status", "ann@example.org,", "", ""},
		{"email,status", "ann@example.org", "", ""},
		{"email,status", "ann@example.org,Unsubscribed", Unsubscribed, ""},
		{"email,status", "ann@example.org,blocklisted", Unsubscribed, ""},
		{"email,status", "ann@example.org,cleaned", Bounced, ""},
		{"email,status", "ann@example.org,Spam complaint", Complained, ""},
		{"email,status", "ann@example.org,not confirmed", Pending, ""},
		{"email,status", "ann@example.org,gold", "", `status "gold"`},
		{"email,status", "ann@example.org,3", "", `status "3"`},
		{"Subscription Status;E-Mail", "opted-out;ann@example.org", Unsubscribed, ""},
		{"email,state,status", "ann@example.org,NY,unsubscribed", Unsubscribed, ""},
		{"email,state,status", "ann@example.org,bounced,subscribed", Bounced, ""},
		{"Email Address,UNSUB_TIME", "ann@example.org,2024-05-01 10:00:00", Unsubscribed, ""},
		{"Email Address,UNSUB_TIME", "ann@example.org,", "", ""},
		{"email,unsubscribed,bounced", "ann@example.org,false,0", "", ""},
		{"email,unsubscribed,bounced", "ann@example.org,false,1", Unsubscribed, ""},
		{"email,status,unsubscribed_at", "ann@example.org,active,2024-05-01", Unsubscribed, ""},
	} {
		rows, err := ReadRows(strings.NewReader(c.header + "\n" + c.row + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rows.Next()
		if err != nil || got.Left != c.left || !strings.Contains(got.Why, c.why) || (c.why == "") != (got.Why == "") {
			t.Errorf("%s / %s: %q, %q, %v", c.header, c.row, got.Left, got.Why, err)
		}
		if notes := rows.Notes(); len(notes) > 0 {
			t.Errorf("%s: %q", c.header, notes)
		}
	}
}
