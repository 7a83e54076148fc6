package wordpress

import (
	"regexp"
	"strings"
	"time"
)

// month is written in English, whole or in three letters.
const month = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?`

var (
	dayFirst   = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)?\.? (` + month + `),? (\d{4})\b`)
	monthFirst = regexp.MustCompile(`\b(` + month + `) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b`)
	isoDay     = regexp.MustCompile(`\b(\d{4})[-/.](\d{2})[-/.](\d{2})\b`)
	clock      = regexp.MustCompile(`(?i)\b(\d{1,2})[:.h](\d{2})(?::\d{2})?\s*([ap]\.?m\b)?`)
)

// written is when a comment was written: by the machine-readable time if there
// is one, else by what the page says where themes put the time, else anywhere
// outside the text itself. Local: in the site's zone.
func written(own, body *node) (at time.Time, local bool) {
	found := false
	own.walk(func(n *node) bool {
		if !found && n.tag == "time" {
			at, local, found = machineTime(n.get("datetime"))
		}
		return !found && (body == nil || n.tag == "" || !sameElement(n, body) || body.is("comment-body"))
	})
	if found {
		return at, local
	}
	for _, class := range dateClasses {
		n := own.find(func(k *node) bool { return k.is(class) })
		if n == nil {
			continue
		}
		if at = wordedTime(oneLine(n.words())); !at.IsZero() {
			return at, true
		}
	}
	at = wordedTime(oneLine(wordsOutside(own, body)))
	return at, !at.IsZero()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// wordsOutside are the words of own but those of body.
func wordsOutside(own, body *node) string {
	var words strings.Builder
	own.walk(func(n *node) bool {
		if n.tag == "" && !n.raw {
			words.WriteString(" " + n.text)
		}
		return body == nil || n.tag == "" || !sameElement(n, body)
	})
	return words.String()
}

// sameElement says whether two nodes are copies of one element.
func sameElement(a, b *node) bool {
	return a.tag == b.tag && a.get("class") == b.get("class") && a.get("id") == b.get("id")
}

// machineTime reads a datetime attribute (HTML, section 2.3.5.6).
func machineTime(s string) (at time.Time, local, ok bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), false, plausible(t)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true, plausible(t)
		}
	}
	return time.Time{}, false, false
}

// plausible keeps out years that neither JSON nor a database takes.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9999 }

// wordedTime finds a date, and the time after it, in an English or numeric line.
func wordedTime(s string) time.Time {
	var day time.Time
	var end int
	var err error
	if m := monthFirst.FindStringSubmatchIndex(s); m != nil {
		day, err = time.Parse("Jan 2 2006", s[m[2]:m[2]+3]+" "+s[m[4]:m[5]]+" "+s[m[6]:m[7]])
		end = m[1]
	} else if m := dayFirst.FindStringSubmatchIndex(s); m != nil {
		day, err = time.Parse("Jan 2 2006", s[m[4]:m[4]+3]+" "+s[m[2]:m[3]]+" "+s[m[6]:m[7]])
		end = m[1]
	} else if m := isoDay.FindStringSubmatchIndex(s); m != nil {
		day, err = time.Parse("2006 01 02", s[m[2]:m[3]]+" "+s[m[4]:m[5]]+" "+s[m[6]:m[7]])
		end = m[1]
	}
	if err != nil || day.IsZero() || !plausible(day) {
		return time.Time{}
	}
	return day.Add(timeOfDay(s[end:]))
}

// timeOfDay reads the first time in s; midnight if there is none.
func timeOfDay(s string) time.Duration {
	m := clock.FindStringSubmatch(s[:min(len(s), 40)])
	if m == nil {
		return 0
	}
	h, min := number(m[1]), number(m[2])
	if m[3] != "" {
		h %= 12
		if m[3][0]|0x20 == 'p' {
			h += 12
		}
	}
	if h > 23 || min > 59 {
		return 0
	}
	return time.Duration(h)*time.Hour + time.Duration(min)*time.Minute
}
