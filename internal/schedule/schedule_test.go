package schedule

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct{ spec, zone, want string }{
		{"", "UTC", `schedule "": not minute, hour`},
		{"0 9 * * MOO", "UTC", `and day of the week: "MOO" is neither a number nor the name of a month or day there`},
		{"0 9 * *", "UTC", "expected exactly 5 fields"},
		{"0 0 9 * * SUN", "UTC", "expected exactly 5 fields"},
		{"60 9 * * *", "UTC", "above maximum"},
		{"0 9 * * 7", "UTC", "above maximum"},
		{"0 9 * * FUN", "UTC", "FUN"},
		{"*/0 * * * *", "UTC", "positive"},
		{", * * * *", "UTC", "a field is empty"},
		{"0 9 , * *", "UTC", "a field is empty"},
		{"0 0 30 2 *", "UTC", "never comes to be"},
		{"0 0 31 2,4,6,9,11 *", "UTC", "never comes to be"},
		{"0 0 31 4 *", "UTC", "never comes to be"},
		{"0 0 30-31 FEB *", "UTC", "never comes to be"},
		{"TZ=0", "UTC", "set timezone instead"},
		{"TZ=Europe/London 0 9 * * *", "UTC", "set timezone instead"},
		{"CRON_TZ=UTC 0 9 * * *", "UTC", "set timezone instead"},
		{" tz=UTC 0 9 * * *", "UTC", "set timezone instead"},
		{"@every 1h", "UTC", "write five fields"},
		{"@reboot", "UTC", "write five fields"},
		{"@", "UTC", "write five fields"},
		{"@weekly", "", "time zone"},
		{"@weekly", "Local", "time zone"},
		{"@weekly", "Mars/Olympus", "time zone"},
		{"@weekly", "../UTC", "time zone"},
	} {
		if _, err := Parse(tc.spec, tc.zone); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q in %q: got %v, want %q", tc.spec, tc.zone, err, tc.want)
		}
	}
}

func parse(t testing.TB, spec, zone string) Schedule {
	t.Helper()
	s, err := Parse(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNext(t *testing.T) {
	for _, tc := range []struct{ name, spec, zone, after, local, at string }{
		{"a plain week", "0 9 * * SUN", "Europe/London", "2026-11-16T00:00:00Z", "2026-11-22T09:00:00", "2026-11-22T09:00:00Z"},
		{"a moment before", "0 9 * * SUN", "Europe/London", "2026-11-22T08:59:59.999999999Z", "2026-11-22T09:00:00", "2026-11-22T09:00:00Z"},
		{"at the slot", "0 9 * * SUN", "Europe/London", "2026-11-22T09:00:00Z", "2026-11-29T09:00:00", "2026-11-29T09:00:00Z"},
		{"a moment after", "0 9 * * SUN", "Europe/London", "2026-11-22T09:00:00.5Z", "2026-11-29T09:00:00", "2026-11-29T09:00:00Z"},
		{"summer time", "0 9 * * SUN", "Europe/London", "2026-06-01T00:00:00Z", "2026-06-07T09:00:00", "2026-06-07T08:00:00Z"},
		{"after in another zone", "0 9 * * SUN", "Europe/London", "2026-11-22T23:00:00+14:00", "2026-11-29T09:00:00", "2026-11-29T09:00:00Z"},
		{"weekly", "@weekly", "UTC", "2026-11-16T00:00:00Z", "2026-11-22T00:00:00", "2026-11-22T00:00:00Z"},
		{"daily", "@daily", "UTC", "2026-11-16T00:00:00Z", "2026-11-17T00:00:00", "2026-11-17T00:00:00Z"},
		{"monthly", "@monthly", "Asia/Tehran", "2026-11-16T00:00:00Z", "2026-12-01T00:00:00", "2026-11-30T20:30:00Z"},
		{"a missing hour", "30 1 * * *", "Europe/London", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00", "2026-03-29T01:00:00Z"},
		{"a missing half hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"},
		{"a missing midnight", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T00:00:00", "2018-11-04T03:00:00Z"},
		{"a missing day", "0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2011-12-30T09:00:00", "2011-12-30T10:00:00Z"},
		{"a repeated hour, first", "30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z", "2026-10-25T01:30:00", "2026-10-25T00:30:00Z"},
		{"a repeated hour, not again", "30 1 * * *", "Europe/London", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00", "2026-10-26T01:30:00Z"},
		{"within its second round", "30,45 1 * * *", "Europe/London", "2026-10-25T01:35:00Z", "2026-10-26T01:30:00", "2026-10-26T01:30:00Z"},
		{"merged", "0,30 1,2 * * *", "Europe/London", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00", "2026-03-29T01:00:00Z"},
		{"after the merged", "0,30 1,2 * * *", "Europe/London", "2026-03-29T01:00:00Z", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-11-16T00:00:00Z", "2028-02-29T00:00:00", "2028-02-29T00:00:00Z"},
		{"one month of several has such a day", "0 0 31 2,4,5 *", "UTC", "2026-11-16T00:00:00Z", "2027-05-31T00:00:00", "2027-05-31T00:00:00Z"},
		{"no such day, but a weekday", "0 0 30 2 MON", "UTC", "2026-11-16T00:00:00Z", "2027-02-01T00:00:00", "2027-02-01T00:00:00Z"},
		{"eight years to a leap day", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00", "2104-02-29T00:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := parse(t, tc.spec, tc.zone).Next(at(t, tc.after))
			if got.Local != tc.local || !got.At.Equal(at(t, tc.at)) || got.Zone != tc.zone || got.At.Location() != time.UTC {
				t.Errorf("got %+v, want %s at %s", got, tc.local, tc.at)
			}
		})
	}
}

func TestBetween(t *testing.T) {
	weekly := parse(t, "0 9 * * SUN", "Europe/London")
	for _, tc := range []struct{ after, until, want string }{
		{"2026-11-22T09:00:00Z", "2026-11-29T08:59:59Z", ""},
		{"2026-11-22T09:00:00Z", "2026-11-29T09:00:00Z", "2026-11-29"},
		{"2026-11-22T08:59:59Z", "2026-11-29T09:00:00Z", "2026-11-22 2026-11-29"},
		{"2026-11-29T09:00:00Z", "2026-11-22T09:00:00Z", ""},
		{"2026-10-20T00:00:00Z", "2026-11-10T00:00:00Z", "2026-10-25 2026-11-01 2026-11-08"},
	} {
		var days []string
		for _, s := range weekly.Between(at(t, tc.after), at(t, tc.until)) {
			days = append(days, s.Local[:10])
		}
		if got := strings.Join(days, " "); got != tc.want {
			t.Errorf("%s to %s: got %q, want %q", tc.after, tc.until, got, tc.want)
		}
	}
}

// TestBetweenStaysCheap: a schedule for each minute, and spans that no
// operator means, must not cost more than a moment.
func TestBetweenStaysCheap(t *testing.T) {
	until := at(t, "2026-11-22T09:00:30Z")
	for _, spec := range []string{"* * * * *", "* * * 1 *", "0 0 29 2 *"} {
		slots := parse(t, spec, "Europe/London").Between(time.Time{}, until)
		if len(slots) == 0 || len(slots) > MaxBetween {
			t.Fatalf("%s: %d slots", spec, len(slots))
		}
		latest := slots[len(slots)-1]
		if next := parse(t, spec, "Europe/London").Next(latest.At); !next.At.After(until) {
			t.Errorf("%s: %v is not the latest, %v is", spec, latest, next)
		}
	}
}
