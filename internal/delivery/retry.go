package delivery

import "time"

// steps are the pauses after the first, second, … temporary refusal. Greylisting
// (RFC 6647) asks for some minutes; a full mailbox or a broken server for hours.
var steps = []time.Duration{
	5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

// pause is how long a row waits after its n-th completed attempt, n ≥ 1; r in
// [0,1) spreads it by ± 20 % so that a deferred list does not come back as one wave.
func pause(n int, r float64) time.Duration {
	step := steps[min(max(n, 1), len(steps))-1]
	return time.Duration(float64(step) * (0.8 + 0.4*r))
}

// GiveUp is when an issue stops being tried: four days after it began, or an
// hour before the next slot, since nobody wants last week's issue after this
// week's. Where slots follow each other closely it is half-way between them.
func GiveUp(began, next time.Time) time.Time {
	end := began.Add(4 * 24 * time.Hour)
	before := next.Add(-time.Hour)
	if middle := began.Add(next.Sub(began) / 2); before.Before(middle) {
		before = middle
	}
	if before.Before(end) {
		return before
	}
	return end
}
