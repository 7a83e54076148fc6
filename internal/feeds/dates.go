package feeds

import (
	"strconv"
	"strings"
	"time"
)

// The years that a date may lie in. Museums and archives date entries back by
// centuries; what lies outside is a default that nobody filled in.
const (
	firstYear = 1000
	lastYear  = 2999
)

// when is a date as it is written, or else as gofeed read it, which knows many
// more forms and fewer zones; zero where it makes no sense. The first day of
// 1970 is what programs print for no date at all.
func when(read *time.Time, written string) time.Time {
	t, ok := parseDate(strings.TrimSpace(written))
	if !ok && read != nil {
		t = *read
	}
	t = t.UTC()
	if y := t.Year(); y < firstYear || y > lastYear || t.Unix() >= 0 && t.Unix() < 24*60*60 {
		return time.Time{}
	}
	return t
}

// isoForms are those of ISO 8601 that are used without gofeed, or that it lacks.
var isoForms = [...]string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 -07:00",
	time.DateOnly, "2006-01", "2006",
}

func parseDate(s string) (time.Time, bool) {
	for _, form := range isoForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return parseMailDate(s)
}

// parseMailDate reads the form of RFC 822 and its successors, whose weekday,
// commas, seconds and zone may be missing: "Mon, 26 Jan 2004 16:31:00 PT".
func parseMailDate(s string) (time.Time, bool) {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' })
	if len(words) > 0 && !isDigit(words[0][0]) {
		words = words[1:]
	}
	if len(words) < 4 || len(words) > 5 {
		return time.Time{}, false
	}
	day, err1 := strconv.Atoi(words[0])
	month := monthOf(words[1])
	year, err2 := strconv.Atoi(words[2])
	clock, ok := parseClock(words[3])
	if err1 != nil || err2 != nil || month == 0 || !ok || year < firstYear || year > lastYear {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day { // 30 February
		return time.Time{}, false
	}
	offset := time.Duration(0)
	if len(words) == 5 {
		if offset, ok = zone(words[4]); !ok {
			return time.Time{}, false
		}
	}
	return t.Add(clock - offset), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// monthOf reads an English month, whole or cut to three letters; 0 is none.
func monthOf(s string) time.Month {
	if len(s) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if strings.HasPrefix(strings.ToLower(m.String()), strings.ToLower(strings.TrimSuffix(s, "."))) {
			return m
		}
	}
	return 0
}

// parseClock reads 15:04 or 15:04:05.
func parseClock(s string) (time.Duration, bool) {
	for _, form := range [...]string{"15:04:05", "15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.Sub(t.Truncate(24 * time.Hour)), true
		}
	}
	return 0, false
}

// zones are the names that feeds use, in hours east of Greenwich. Where one is
// used on two continents, it is the reading that is more usual in feeds.
var zones = map[string]time.Duration{
	"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "ETC/GMT": 0, "ETC/UTC": 0, "WET": 0,
	"BST": 1, "WEST": 1, "CET": 1, "MET": 1, "CEST": 2, "MEST": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3,
	"JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
	"AT": -4, "AST": -4, "ADT": -3, "ET": -5, "EST": -5, "EDT": -4, "CT": -6, "CST": -6, "CDT": -5,
	"MT": -7, "MST": -7, "MDT": -6, "PT": -8, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}

// zone reads "+0100", "-01:00" or a name. A name that nobody knows is UTC.
func zone(s string) (time.Duration, bool) {
	if s[0] != '+' && s[0] != '-' {
		return zones[strings.ToUpper(s)] * time.Hour, true
	}
	digits := strings.Replace(s[1:], ":", "", 1)
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 4 || n > 1459 || n%100 > 59 {
		return 0, false
	}
	offset := time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}
