package schedule

import (
	"testing"
	"time"
)

// FuzzParse: whatever is asked for, Parse ends without a panic, and what it
// accepts goes on giving slots, each after the one before, each a time that a
// clock in the zone shows or skips.
func FuzzParse(f *testing.F) {
	for _, spec := range []string{"0 9 * * SUN", "@weekly", "TZ=0", "CRON_TZ=UTC @daily", "@every 1ns", "0 0 30 2 *", ", , , , ,", "?/9223372036854775807 1-5/2 */3 JAN-MAR 0", "-1 * * * *"} {
		f.Add(spec, "Europe/London", int64(1_790_000_000))
	}
	f.Add("59 23 31 12 *", "Pacific/Apia", int64(1_325_239_200))
	f.Fuzz(func(t *testing.T, spec, zone string, unix int64) {
		s, err := Parse(spec, zone)
		if err != nil {
			return
		}
		after := time.Unix(unix%(1<<33), 0)
		for range 5 {
			slot := s.Next(after)
			if !slot.At.After(after) {
				t.Fatalf("%+v is not after %v", slot, after)
			}
			local := slot.At.In(s.loc).Format(Layout)
			if between := s.Between(after, slot.At); len(between) != 1 || between[0] != slot || local < slot.Local {
				t.Fatalf("%+v, shown %s: between are %v", slot, local, between)
			}
			after = slot.At
		}
	})
}
