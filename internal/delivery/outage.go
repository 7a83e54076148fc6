package delivery

import "time"

const (
	// outageMost is how long the relay may be away before the operator hears of it: one
	// that was restarted needs nobody.
	outageMost = 15 * time.Minute
	// outageGap is how long after it was last found away an outage counts as over:
	// longer than a system's cron leaves between two runs.
	outageGap = 2 * time.Hour
)

// Outage is a time without the relay; the zero Outage is none.
type Outage struct {
	Since time.Time // zero: the relay was there
	Last  time.Time // when it was last found away
	Told  bool      // the operator has heard of it
}

// Alarming notes that the relay is away, and says whether the operator is to hear of
// it now: once, where it stays away.
func (o *Outage) Alarming(now time.Time) bool {
	if o.Since.IsZero() {
		o.Since = now
	}
	o.Last = now
	alarming := !o.Told && now.Sub(o.Since) >= outageMost
	o.Told = o.Told || alarming
	return alarming
}

// Lasting is the outage as it was kept, if it can be the same one still at now.
// A clock that was set back ends it.
func (o Outage) Lasting(now time.Time) Outage {
	if now.Before(o.Last) || now.Sub(o.Last) > outageGap {
		return Outage{}
	}
	return o
}
