package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How Retry-After is followed.
const (
	maxRetries = 2
	maxWait    = 60 * time.Second // longer ones are for the caller to come back
	// A delay of nothing would be asking at once, which is not what a host in
	// need means; one of a year would silence the source for a slip of the pen.
	minDelay = time.Second
	maxDelay = 24 * time.Hour
)

// delay is how long the host of the answer wants to be left alone. False: it
// does not say, or its status makes the field mean something else (RFC 9110,
// section 10.2.3).
func delay(r *Response, now time.Time) (time.Duration, bool) {
	if r.Status != http.StatusTooManyRequests && r.Status != http.StatusServiceUnavailable {
		return 0, false
	}
	return parseRetryAfter(r.Header.Get("Retry-After"), now)
}

// parseRetryAfter reads the value of the field, seconds or a date, and holds it
// within minDelay and maxDelay.
func parseRetryAfter(s string, now time.Time) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, false
	}
	if strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return maxDelay, true // more digits than any time has
		}
		return min(max(time.Duration(n)*time.Second, minDelay), maxDelay), true
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return 0, false
	}
	return min(max(t.Sub(now), minDelay), maxDelay), true
}
