package schedule

import (
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"
)

const (
	firstYear = 1985
	years     = 56
)

// simulated are specifications, each with an account of its own of the wall
// times of a day, in minutes, that it names.
var simulated = [...]struct {
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

// TestYears holds Next and Between to the plain meaning of a schedule over many
// years in zones with every kind of irregularity: exactly one slot for each
// scheduled local time, at the first instant when the wall clock shows it or
// has passed it, and one for those that share an instant.
func TestYears(t *testing.T) {
	for _, zone := range []string{
		"Europe/London", "America/New_York", "Australia/Lord_Howe", // half an hour
		"Africa/Casablanca", // negative summer time, moved by Ramadan
		"Africa/Cairo",      // at midnight
		"America/Sao_Paulo", // at midnight
		"Antarctica/Troll",  // two hours
		"Asia/Kathmandu",    // moved once, by a quarter of an hour
		"Asia/Tehran",       // offsets of half hours, at midnight
		"Pacific/Apia",      // a missing day
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			want := watched(loc)
			for i, sim := range simulated {
				s := parse(t, sim.spec, zone)
				holdNext(t, s, want[i])
				holdAnyTime(t, s, want[i])
			}
		})
	}
}

const (
	tick = 5 * 60  // seconds; divides every time that simulated names
	turn = 15 * 60 // seconds; divides every change of clocks in these zones
)

// watched is the oracle: it watches the wall clock through all the years, one
// tick after another. Whenever the clock shows a time later than any that it has
// shown, what is scheduled since the latest until now has come, all at once.
func watched(loc *time.Location) [][]Slot {
	slots := make([][]Slot, len(simulated))
	begin := time.Date(firstYear, 1, 2, 0, 0, 0, 0, time.UTC)
	latest, end := begin.Unix(), begin.AddDate(years, 0, 0).Unix() // of the wall clock
	plan, offset := planned(begin), 0
	for at := latest - 2*24*3600; latest < end; at += tick {
		if at%turn == 0 {
			_, offset = time.Unix(at, 0).In(loc).Zone()
		}
		for latest < at+int64(offset) {
			latest += tick
			if latest%(24*3600) == 0 {
				plan = planned(time.Unix(latest, 0).UTC())
			}
			for i := range simulated {
				if !plan[i][latest%(24*3600)/tick] {
					continue
				}
				if n := len(slots[i]); n > 0 && slots[i][n-1].At.Unix() == at {
					continue // it shares its instant with an earlier one
				}
				slots[i] = append(slots[i], Slot{time.Unix(latest, 0).UTC().Format(Layout), loc.String(), time.Unix(at, 0).UTC()})
			}
		}
	}
	return slots
}

// planned says for every specification which ticks of a day it names.
func planned(day time.Time) [len(simulated)][24 * 3600 / tick]bool {
	var out [len(simulated)][24 * 3600 / tick]bool
	for i, sim := range simulated {
		for _, minute := range sim.day(day) {
			out[i][minute*60/tick] = true
		}
	}
	return out
}

// holdNext goes from each slot to the next.
func holdNext(t *testing.T, s Schedule, want []Slot) {
	t.Helper()
	last := want[0].At.Add(-time.Second)
	for i, w := range want {
		got := s.Next(last)
		if got != w {
			t.Fatalf("slot %d: got %+v, want %+v", i, got, w)
		}
		last = got.At
	}
}

// holdAnyTime asks at any time and for any span, half of the time where an
// instant decides.
func holdAnyTime(t *testing.T, s Schedule, want []Slot) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		from := rng.IntN(len(want))
		to := min(from+rng.IntN(MaxBetween*5/4), len(want)-1)
		nudge := time.Duration(rng.IntN(3)-1) * time.Nanosecond
		if rng.IntN(2) == 0 {
			nudge = time.Duration(rng.Int64N(int64(50 * time.Hour)))
		}
		after, until := want[from].At.Add(nudge), want[to].At.Add(nudge)
		come := within(want, after, until)
		got := s.Between(after, until)
		if !slices.Equal(got, come) {
			t.Fatalf("from %v to %v: got %v, want %v", after, until, got, come)
		}
		if i := indexAfter(want, after); i < len(want) && s.Next(after) != want[i] {
			t.Fatalf("after %v: got %+v, want %+v", after, s.Next(after), want[i])
		}
	}
}

// within are the slots after one instant and up to another, the latest ones.
func within(all []Slot, after, until time.Time) []Slot {
	from, to := indexAfter(all, after), indexAfter(all, until)
	return all[max(min(from, to), to-MaxBetween):to]
}

// indexAfter is where the slots after an instant begin.
func indexAfter(all []Slot, instant time.Time) int {
	return sort.Search(len(all), func(i int) bool { return all[i].At.After(instant) })
}
