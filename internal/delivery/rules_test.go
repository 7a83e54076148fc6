package delivery

import (
	"testing"
	"time"
)

func TestPauseGrowsAndIsSpread(t *testing.T) {
	if got := pause(1, 0.5); got != 5*time.Minute {
		t.Errorf("the first pause is %s", got)
	}
	if low, high := pause(1, 0), pause(1, 0.999); low != 4*time.Minute || high <= 5*time.Minute || high >= 6*time.Minute {
		t.Errorf("the first pause lies between %s and %s", low, high)
	}
	last := time.Duration(0)
	for n := 1; n <= 6; n++ {
		p := pause(n, 0.5)
		if p <= last {
			t.Errorf("pause %d is %s, not longer than %s", n, p, last)
		}
		last = p
	}
	if got := pause(50, 0.5); got != 4*time.Hour {
		t.Errorf("the fiftieth pause is %s", got)
	}
	if got := pause(0, 0.5); got != 5*time.Minute {
		t.Errorf("pause 0 is %s", got)
	}
}

func TestGiveUp(t *testing.T) {
	began := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		next, want time.Duration
	}{
		{"weekly", 7 * 24 * time.Hour, 4 * 24 * time.Hour},
		{"daily", 24 * time.Hour, 23 * time.Hour},
		{"hourly", time.Hour, 30 * time.Minute},
		{"a quarter of an hour before the slot", 15 * time.Minute, 450 * time.Second},
	} {
		if got := GiveUp(began, began.Add(c.next)).Sub(began); got != c.want {
			t.Errorf("%s: given up after %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	var w window
	for i := range policyMax {
		if why := w.add(policyRefusal); why != "" {
			t.Fatalf("paused at refusal %d: %s", i+1, why)
		}
	}
	if w.add(policyRefusal) == "" {
		t.Error("not paused above the limit")
	}
	for range windowSize {
		w.add(Accepted)
	}
	if why := w.add(policyRefusal); why != "" {
		t.Errorf("what left the window still counts: %s", why)
	}
	for range renderMax {
		w.add(RenderError)
	}
	if w.add(RenderError) == "" {
		t.Error("not paused above the limit of unbuilt messages")
	}
}

// Refusals for good are no reason to pause where they are some among many, but
// where they are most, or all.
func TestWindowOfRefusals(t *testing.T) {
	for _, c := range []struct {
		name            string
		refused, others int // in turns
		after           int // outcomes until it pauses; 0: never
	}{
		{"an old list", 1, 2, 0},
		{"half of them", 1, 1, 0},
		{"more than half", 3, 2, 3*33 + 2*33 + 2},
		{"all from the first on", 1, 0, onlyRefused + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w window
			outcomes, paused := 0, 0
			add := func(s State, times int) {
				for range times {
					if outcomes++; w.add(s) != "" && paused == 0 {
						paused = outcomes
					}
				}
			}
			for outcomes < 3*windowSize {
				add(Failed, c.refused)
				add(Accepted, c.others)
			}
			if paused != c.after {
				t.Errorf("it pauses after %d outcomes, not %d", paused, c.after)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	c := Counts{Accepted: 5, Skipped: 1, Bounced: 1, InDoubt: 2, Failed: 3, Ready: 4}
	if c.Missing() != 9 || c.Total() != 16 {
		t.Errorf("missing %d of %d", c.Missing(), c.Total())
	}
}
