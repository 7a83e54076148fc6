package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Duration is a span of time that is written like 90m, 24h, 7d, 2w or 1d12h.
// A day is 24 hours, also where clocks change.
type Duration time.Duration

// Std is the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration as ParseDuration reads it.
func (d Duration) String() string {
	t := time.Duration(d)
	if t > 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	text := t.String()
	for _, tail := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, tail) {
			text = text[:len(text)-2]
		}
	}
	return text
}

var errDuration = errors.New("write a number with m, h, d or w, such as 90m, 24h, 7d or 2w")

// ParseDuration reads what time.ParseDuration reads, and weeks and days, whole
// ones, in front of it. It refuses negative spans.
func ParseDuration(s string) (Duration, error) {
	var total time.Duration
	rest := s
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", week}, {"d", day}} {
		digits, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || int64(n) > (math.MaxInt64-int64(total))/int64(unit.length) {
			return 0, fmt.Errorf("%q is not a duration: %w", s, errDuration)
		}
		total += time.Duration(n) * unit.length
		rest = after
	}
	if rest == "" && s != "" {
		return Duration(total), nil
	}
	tail, err := time.ParseDuration(rest)
	if err != nil || tail < 0 || tail > math.MaxInt64-total {
		return 0, fmt.Errorf("%q is not a duration: %w", s, errDuration)
	}
	return Duration(total + tail), nil
}
