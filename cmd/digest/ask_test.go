package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// Whoever follows another process's sending is told of all who still have to get
// it, also of those whom that process has in hand.
func TestWatched(t *testing.T) {
	sending := digest.IssueRecord{Newsletter: "weekly", Number: 4, State: digest.IssueSending}
	paused := sending
	paused.State = digest.IssuePaused
	type look struct {
		issue  digest.IssueRecord
		counts delivery.Counts
	}
	for name, c := range map[string]struct {
		looks []look
		want  []string
	}{
		"all in hand at first": {
			[]look{
				{sending, delivery.Counts{delivery.Claimed: 4, delivery.Committing: 10}},
				{sending, delivery.Counts{delivery.Committing: 2, delivery.Failed: 12}},
				{paused, delivery.Counts{delivery.Failed: 14}},
			},
			[]string{"sending weekly/4 to 14 recipients", "sent weekly/4: 14 failed"},
		},
		"some served at first": {
			[]look{
				{sending, delivery.Counts{delivery.Ready: 1, delivery.Claimed: 2, delivery.Accepted: 11}},
				{paused, delivery.Counts{delivery.Accepted: 14}},
			},
			[]string{"sending weekly/4 to 3 recipients", "sent weekly/4: 3 accepted"},
		},
		"over at first": {[]look{{paused, delivery.Counts{delivery.Failed: 14}}}, nil},
		"only planned":  {[]look{{paused, delivery.Counts{delivery.Ready: 14}}}, nil},
	} {
		var said []string
		w := watched{progress: &lines{say: func(text string) { said = append(said, text) }, now: time.Now}}
		for _, l := range c.looks {
			w.show(l.issue, l.counts)
		}
		w.end()
		if d := cmp.Diff(c.want, said); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
