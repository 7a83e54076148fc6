// Package schedule turns a cron specification and a time zone into slots: the
// local times that issues belong to, and the instants that these came to be.
// It is pure: it reads no clock.
//
// The specification is evaluated on the clock on the wall, as if it never
// jumped, and each result is converted to an instant once. So a local time
// that a change of clocks skips still has its slot, and one that is repeated
// has only one.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Layout is the layout of Slot.Local.
const Layout = "2006-01-02T15:04:05"

// Slot is one scheduled time.
type Slot struct {
	Local string    // as scheduled, in Layout; it may not exist on that day
	Zone  string    // IANA name
	At    time.Time // UTC; see Schedule.Next
}

// Schedule is a specification in a zone. Make one with Parse.
type Schedule struct {
	spec *cron.SpecSchedule
	loc  *time.Location
}

// descriptors are the names that stand for five fields. The library knows
// @every as well, which depends on when a program was started.
const descriptors = "@hourly @daily @midnight @weekly @monthly @yearly @annually"

// Parse reads five fields as in a crontab (minute, hour, day of the month,
// month, day of the week, Sunday being 0 or SUN) or @hourly, @daily, @weekly,
// @monthly, @yearly, in the zone of that IANA name. It refuses what never
// comes to be, such as the 30th of February.
func Parse(spec, zone string) (Schedule, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		return Schedule{}, fmt.Errorf("time zone %q is not known", zone)
	}
	parsed, err := parseSpec(strings.TrimSpace(spec))
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", spec, err)
	}
	return Schedule{spec: parsed, loc: loc}, nil
}

func parseSpec(spec string) (*cron.SpecSchedule, error) {
	switch {
	case strings.Contains(strings.ToUpper(spec), "TZ="):
		// The library panics on some of these.
		return nil, errors.New("a zone cannot stand here: set timezone instead")
	case strings.HasPrefix(spec, "@") && !isDescriptor(spec):
		return nil, fmt.Errorf("not one of %s: write five fields instead", descriptors)
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	parsed, err := parser.Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("not minute, hour, day of the month, month and day of the week: %w", plainly(err))
	}
	s, ok := parsed.(*cron.SpecSchedule)
	if !ok || s.Minute == 0 || s.Hour == 0 || s.Dom == 0 || s.Month == 0 || s.Dow == 0 {
		return nil, errors.New("a field is empty") // such as "," which the library lets pass
	}
	s.Location = time.UTC // which stands for the clock on the wall
	if nextWall(s, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errors.New("never comes to be: no month that is named has such a day")
	}
	return s, nil
}

// plainly says in words where the library hands on what strconv said.
func plainly(err error) error {
	word, ok := strings.CutPrefix(err.Error(), "failed to parse int from ")
	if !ok {
		return err
	}
	word, _, _ = strings.Cut(word, ": strconv.")
	return fmt.Errorf("%q is neither a number nor the name of a month or day there", word)
}

func isDescriptor(spec string) bool {
	for d := range strings.FieldsSeq(descriptors) {
		if d == spec {
			return true
		}
	}
	return false
}

// nextWall is the first scheduled wall time after w, both as if in UTC; zero
// where there is none. The library gives up after five years, but a 29th of
// February may be eight away.
func nextWall(s *cron.SpecSchedule, w time.Time) time.Time {
	for range 3 {
		if next := s.Next(w); !next.IsZero() {
			return next
		}
		w = w.AddDate(4, 0, 0)
	}
	return time.Time{}
}

// Next is the first slot whose instant is after the given one. A local time
// that is skipped is at the first instant after the gap, one that is repeated
// at its first occurrence. Of slots that fall on one instant there is only the
// one with the earliest local time.
func (s Schedule) Next(after time.Time) Slot {
	wall := asUTC(after.In(s.loc))
	for {
		wall = nextWall(s.spec, wall)
		// After a repeated hour began anew, its local times lie behind already.
		if at := instant(wall, s.loc); at.After(after) || wall.IsZero() {
			return Slot{Local: wall.Format(Layout), Zone: s.loc.String(), At: at}
		}
	}
}

// MaxBetween is the largest number of slots that Between returns.
const MaxBetween = 100

// Between gives the slots after the one instant, up to and including the
// other, oldest first. Of more than MaxBetween it gives the latest, so that a
// year's outage of something that is due each minute stays cheap.
func (s Schedule) Between(after, until time.Time) []Slot {
	const longest = 128 * 366 * 24 * time.Hour // no more than a Duration can hold
	for span := time.Hour; ; span *= 2 {
		from := until.Add(-span)
		whole := !from.After(after) || span > longest
		if whole && from.Before(after) {
			from = after
		}
		slots := s.all(from, until)
		if whole || len(slots) == MaxBetween {
			return slots
		}
	}
}

// all is Between for a span that is known to hold not too many.
func (s Schedule) all(after, until time.Time) []Slot {
	var slots []Slot
	for slot := s.Next(after); !slot.At.After(until); slot = s.Next(slot.At) {
		if len(slots) == MaxBetween {
			slots = append(slots[:0], slots[1:]...)
		}
		slots = append(slots, slot)
	}
	return slots
}
