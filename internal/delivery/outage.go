package delivery

import "time"

// outageMost is how long the relay may be away before the operator hears of it: one
// that was restarted needs nobody.
const outageMost = 15 * time.Minute

// Outage is a time without the relay; the zero Outage is none.
type Outage struct {
	Since time.Time // zero: the relay was there
	told  bool
}

// Alarming notes that the relay is away, and says whether the operator is to hear of
// it now: once, where it stays away.
func (o *Outage) Alarming(now time.Time) bool {
	if o.Since.IsZero() {
		o.Since = now
	}
	alarming := !o.told && now.Sub(o.Since) >= outageMost
	o.told = o.told || alarming
	return alarming
}
