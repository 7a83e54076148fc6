package feeds

import "time"

// The years that a date may lie in. Museums and archives date entries back by
// centuries; what lies outside is a default that nobody filled in.
const (
	firstYear = 1000
	lastYear  = 2999
)

// when is a date as gofeed read it, or as it is written; zero where it makes no
// sense. The first day of 1970 is what programs print for no date at all.
func when(read *time.Time, written string) time.Time {
	var t time.Time
	if read != nil {
		t = read.UTC()
	} else {
		t = parseDate(written)
	}
	if y := t.Year(); y < firstYear || y > lastYear || t.Unix() >= 0 && t.Unix() < 24*60*60 {
		return time.Time{}
	}
	return t
}

func parseDate(string) time.Time { return time.Time{} }
