package texts

import (
	"strconv"
	"time"

	"golang.org/x/text/number"
)

// Day is the day in the year, like "22 November". The zone is t's own, here and
// in the other dates.
func (l *Language) Day(t time.Time) string { return l.date("day", "month", t) }

// ShortDay is Day with a shorter name of the month, for subjects.
func (l *Language) ShortDay(t time.Time) string { return l.date("short_day", "short_month", t) }

// DayYear is the whole date, like "22 November 2026".
func (l *Language) DayYear(t time.Time) string {
	year := l.printer.Sprint(number.Decimal(t.Year(), number.NoSeparator()))
	return l.date("day_year", "month", t, "Year", year)
}

// date writes a day by its pattern. x/text has no dates, so patterns and names
// of months are messages.
func (l *Language) date(pattern, months string, t time.Time, more ...any) string {
	month := l.Say(months + "." + strconv.Itoa(int(t.Month())))
	return l.Say(pattern, append([]any{"Day", l.Say("day_of_month", t.Day()), "Month", month}, more...)...)
}
