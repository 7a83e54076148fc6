package delivery

import (
	"testing"
	"time"
)

func TestLasting(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		last  time.Time
		lasts bool
	}{
		"just now":               {now, true},
		"an hour ago":            {now.Add(-time.Hour), true},
		"yesterday":              {now.Add(-24 * time.Hour), false},
		"the clock was set back": {now.Add(time.Minute), false},
	} {
		o := Outage{Since: c.last.Add(-time.Hour), Last: c.last, Told: true}
		want := Outage{}
		if c.lasts {
			want = o
		}
		if got := o.Lasting(now); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if o := (Outage{}); o.Lasting(now) != o {
		t.Error("none became one")
	}
}
