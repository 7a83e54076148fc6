package schedule

import (
	"testing"
	"time"
)

const (
	firstYear = 1990
	years     = 52
)

// simulated are specifications, each with an account of its own of the wall
// times of a day, in minutes, that it names.
var simulated = []struct {
	spec string
	day  func(d time.Time) []int
}{
	{"0 9 * * SUN", func(d time.Time) []int { return when(d.Weekday() == time.Sunday, 9*60) }},
	{"30 2 * * *", func(time.Time) []int { return []int{150} }},
	{"0 0 * * *", func(time.Time) []int { return []int{0} }},
	{"*/20 0-3 * * SUN", func(d time.Time) []int {
		return when(d.Weekday() == time.Sunday, 0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220)
	}},
	{"@monthly", func(d time.Time) []int { return when(d.Day() == 1, 0) }},
	{"45 23 13 * FRI", func(d time.Time) []int { return when(d.Day() == 13 || d.Weekday() == time.Friday, 23*60+45) }},
	{"5 12 29 2 *", func(d time.Time) []int { return when(d.Day() == 29 && d.Month() == time.February, 12*60+5) }},
	{"15 2 30,31 3,10,12 *", func(d time.Time) []int {
		m := d.Month()
		return when(d.Day() >= 30 && (m == time.March || m == time.October || m == time.December), 135)
	}},
}

func when(yes bool, minutes ...int) []int {
	if yes {
		return minutes
	}
	return nil
}

// TestYears holds Next and Between to the plain meaning of a schedule over 52
// years in zones with every kind of irregularity: exactly one slot for each
// scheduled local time, at the first instant when the wall clock shows it or
// has passed it, and one for those that share an instant.
func TestYears(t *testing.T) {
	for _, zone := range []string{
		"Europe/London", "America/New_York", "Australia/Lord_Howe", // half an hour
		"Africa/Casablanca", // negative summer time, moved by Ramadan
		"America/Sao_Paulo", // at midnight
		"Pacific/Apia",      // a missing day
		"Asia/Tehran",       // offsets of half hours, at midnight
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			for _, sim := range simulated {
				holdYears(t, parse(t, sim.spec, zone), expected(loc, sim.day))
			}
		})
	}
}

// expected is the oracle.
func expected(loc *time.Location, day func(time.Time) []int) []Slot {
	var slots []Slot
	for d := time.Date(firstYear, 1, 2, 0, 0, 0, 0, time.UTC); d.Year() < firstYear+years; d = d.AddDate(0, 0, 1) {
		for _, minute := range day(d) {
			wall := d.Add(time.Duration(minute) * time.Minute)
			at := firstShown(wall, loc)
			if n := len(slots); n > 0 && slots[n-1].At.Equal(at) {
				continue
			}
			slots = append(slots, Slot{wall.Format(Layout), loc.String(), at})
		}
	}
	return slots
}

// firstShown looks at every minute around a wall time, unless nothing happens
// to the clock around it.
func firstShown(wall time.Time, loc *time.Location) time.Time {
	_, before := wall.Add(-48 * time.Hour).In(loc).Zone()
	_, after := wall.Add(48 * time.Hour).In(loc).Zone()
	if before == after {
		return wall.Add(-time.Duration(before) * time.Second)
	}
	for at := wall.Add(-48 * time.Hour); ; at = at.Add(time.Minute) {
		_, offset := at.In(loc).Zone()
		if shown := at.Add(time.Duration(offset) * time.Second); !shown.Before(wall) {
			return at
		}
	}
}

func holdYears(t *testing.T, s Schedule, want []Slot) {
	t.Helper()
	begin := want[0].At.Add(-time.Second)
	last := begin
	for i, w := range want {
		got := s.Next(last)
		if got != w {
			t.Fatalf("slot %d: got %+v, want %+v", i, got, w)
		}
		last = got.At
		if i%307 == 0 {
			holdBetween(t, s, want[max(0, i-3):i+1])
		}
	}
}

func holdBetween(t *testing.T, s Schedule, want []Slot) {
	t.Helper()
	got := s.Between(want[0].At.Add(-time.Nanosecond), want[len(want)-1].At)
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
