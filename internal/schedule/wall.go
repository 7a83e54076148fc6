package schedule

import "time"

// farthest is more than any zone has ever been away from UTC.
const farthest = 26 * time.Hour

// asUTC is the time in UTC at which the clock there shows what t's clock shows.
func asUTC(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is the first instant at which a clock in loc shows the wall time, or
// has just jumped past it. time.Date does not say which it takes of two.
func instant(wall time.Time, loc *time.Location) time.Time {
	from := wall.Add(-farthest)
	for {
		t := from.In(loc)
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(from) {
			// Beyond the zone's table, Go takes every year for 365 days long,
			// and so on the last day of a leap year the end lies behind.
			end = from.Add(time.Hour)
		}
		at := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case at.Before(from):
			return from.UTC()
		case end.IsZero() || at.Before(end):
			return at
		}
		from = end
	}
}
