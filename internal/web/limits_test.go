package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheNetworkOfARequest(t *testing.T) {
	s := newStand(t, nil)
	trusting := &site{Options: Options{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48"),
	}}}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.7:80", "", "203.0.113.7/32"},
		{"[2001:db8:1:2:3:4:5:6]:80", "", "2001:db8:1:2::/64"},
		{"[::ffff:203.0.113.7]:80", "", "203.0.113.7/32"},
		{"[fe80::1%eth0]:80", "", "fe80::/64"},
		// Whoever is no proxy of ours can say what they like.
		{"203.0.113.7:80", "198.51.100.1", "203.0.113.7/32"},
		{"127.0.0.1:80", "198.51.100.1", "198.51.100.1/32"},
		{"127.0.0.1:80", "", "127.0.0.1/32"},
		{"10.1.2.3:80", "198.51.100.1, 10.9.9.9", "198.51.100.1/32"},
		{"[2001:db8:f::1]:80", "2001:db8:1:2::9", "2001:db8:1:2::/64"},
		// A reader may have written the left part: only the first stranger from the right is true.
		{"127.0.0.1:80", "8.8.8.8, 198.51.100.1", "198.51.100.1/32"},
		{"127.0.0.1:80", "8.8.8.8\n198.51.100.1", "198.51.100.1/32"},
		{"127.0.0.1:80", "198.51.100.1:4711", "198.51.100.1/32"},
		{"127.0.0.1:80", "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"},
		{"127.0.0.1:80", "[2001:db8:1:2::9]", "2001:db8:1:2::/64"},
		{"127.0.0.1:80", "198.51.100.1, nonsense", "127.0.0.1/32"},
		{"127.0.0.1:80", "nonsense, 10.0.0.1", "10.0.0.1/32"},
		{"127.0.0.1:80", ",,,", "127.0.0.1/32"},
		{"@", "198.51.100.1", "invalid Prefix"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/s/weekly", http.NoBody)
		r.RemoteAddr = c.peer
		for line := range strings.SplitSeq(c.forwarded, "\n") {
			if line != "" {
				r.Header.Add("X-Forwarded-For", line)
			}
		}
		if got := trusting.network(r).String(); got != c.want {
			t.Errorf("%s, for %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
	if s.log.Len() != 0 {
		t.Error(s.log)
	}
}

func TestAProxyThatIsNotConfiguredIsToldOfOnce(t *testing.T) {
	s := newStand(t, nil)
	stamp := s.stamped(t, "/s/weekly")
	for i := range 3 {
		r := httptest.NewRequest(http.MethodPost, "/s/weekly", strings.NewReader(filledIn(stamp, fmt.Sprintf("r%d@example.org", i)).Encode()))
		r.Header.Set("Content-Type", urlencoded)
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		r.RemoteAddr = "127.0.0.1:1"
		s.do(r)
	}
	if log := s.log.String(); strings.Count(log, "web.trusted_proxies") != 1 || strings.Contains(log, "198.51") {
		t.Errorf("log: %s", log)
	}
}

// Whatever the order and the spacing of attempts, no span of an hour holds more
// than five that were allowed, and no fewer than five are allowed in any.
func TestNoHourHoldsMoreThanFive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		l := newLimiter[netip.Prefix](networkSignUps, func() time.Time { return now })
		networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/64")}
		allowed := map[netip.Prefix][]time.Time{}
		for range rapid.IntRange(1, 80).Draw(t, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*60).Draw(t, "seconds")) * time.Second)
			n := rapid.SampledFrom(networks).Draw(t, "network")
			within := 0
			for _, at := range allowed[n] {
				if now.Sub(at) < limitSpan {
					within++
				}
			}
			ok := l.allow(n)
			if ok != (within < networkSignUps) {
				t.Fatalf("%s: allowed %v after %d within an hour", n, ok, within)
			}
			if ok {
				allowed[n] = append(allowed[n], now)
			}
		}
	})
}

// A usual line has 256 networks of its own.
func TestALineIsOneSite(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	l := newLimits(func() time.Time { return now })
	allowed := func(a, b byte) (n int) {
		for i := range 1280 {
			if l.allow(netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, a, b, 0, byte(i / 5)}), 64)) {
				n++
			}
		}
		return n
	}
	if a, b := allowed(0, 1), allowed(0, 2); a != siteSignUps || b != siteSignUps {
		t.Errorf("sign-ups of two sites: %d and %d", a, b)
	}
	// IPv4 has one network only, however many others sign up beside it.
	for i := range byte(100) {
		if !l.allow(netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, i}), 32)) {
			t.Errorf("192.0.2.%d is limited by its neighbours", i)
		}
	}
	now = now.Add(limitSpan)
	if n := allowed(0, 1); n != siteSignUps {
		t.Errorf("an hour later: %d", n)
	}
}

// Whoever holds a forwarded mail fills no history, and its owner can leave.
func TestALinkChangesThirtyThingsAnHour(t *testing.T) {
	s := withLinks(t, nil)
	for i := range 10 * linkChanges {
		s.post("/p/prefs", urlencoded, []string{"do=erase", "do=data", "do=resume", "do=save"}[i%4])
		s.post("/u/"+s.token, urlencoded, "do=pause&until=2026-12-0"+[]string{"1", "2"}[i%2])
	}
	if n := len(s.list.changes); n != 2*linkChanges {
		t.Errorf("%d changes by two links", n)
	}
	for path, body := range map[string]string{"/p/prefs": "do=save", "/u/" + s.token: "do=pause&until=2026-12-01"} {
		r := s.post(path, urlencoded, body)
		if p := read(t, r); r.StatusCode != 429 || r.Header.Get("Retry-After") != "3600" || !strings.Contains(p.text, "you can always unsubscribe") {
			t.Errorf("%s: %d %v %s", path, r.StatusCode, r.Header, p.text)
		}
	}
	for path, body := range map[string]string{"/p/prefs": "do=unsubscribe", "/u/" + s.token: oneClickBy} {
		if r := s.post(path, urlencoded, body); r.StatusCode != 200 {
			t.Errorf("leaving by %s: %d", path, r.StatusCode)
		}
	}
	if len(s.list.calls) != 1 || s.list.changes[len(s.list.changes)-1] != "left" {
		t.Errorf("left by %v and %v", s.list.calls, s.list.changes[2*linkChanges:])
	}
	s.now = s.now.Add(limitSpan)
	if r := s.post("/p/prefs", urlencoded, "do=data"); r.StatusCode != 200 {
		t.Errorf("an hour later: %d", r.StatusCode)
	}
}

func TestTheLimiterForgets(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	l := newLimiter[netip.Prefix](networkSignUps, func() time.Time { return now })
	addr := netip.MustParseAddr("10.0.0.0")
	for range 3 * limitKeys {
		l.allow(netip.PrefixFrom(addr, 32))
		addr = addr.Next()
	}
	if n := len(l.young) + len(l.old); n > 2*limitKeys {
		t.Errorf("%d networks are remembered", n)
	}
	now = now.Add(2 * limitSpan)
	l.allow(netip.PrefixFrom(addr, 32))
	now = now.Add(limitSpan)
	l.allow(netip.PrefixFrom(addr, 32))
	if n := len(l.young) + len(l.old); n != 2 {
		t.Errorf("%d networks are remembered hours later", n)
	}
}

func TestStamps(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 900e6, time.UTC)
	s := &site{Options: Options{FormKey: []byte("a key"), Now: func() time.Time { return now }}}
	stamp := s.stamp(weekly)
	for after, want := range map[time.Duration]filled{
		-time.Second: filledNever, 0: filledFast, time.Second: filledFast, minFill: filledWell, time.Hour: filledWell,
		maxFill - time.Second: filledWell, maxFill + time.Second: filledNever,
	} {
		now = time.Date(2026, 11, 22, 9, 0, 0, 900e6, time.UTC).Add(after)
		if got := s.judge(weekly, stamp); got != want {
			t.Errorf("after %s: %d, want %d", after, got, want)
		}
	}
	now = now.Truncate(time.Second).Add(-maxFill / 2)
	bad := []string{"", ".", stamp[1:], stamp + "A", stamp + "=", strings.ToUpper(stamp), "zzzzzzzzzzzzzzzzzzzz" + stamp}
	for i := range stamp {
		flipped := []byte(stamp)
		flipped[i] ^= 1
		bad = append(bad, string(flipped))
	}
	for _, b := range bad {
		if got := s.judge(weekly, b); got != filledNever {
			t.Errorf("%q is taken", b)
		}
	}
	other := &site{Options: Options{FormKey: []byte("another key"), Now: s.Now}}
	if s.judge(bote, stamp) != filledNever || other.judge(weekly, stamp) != filledNever {
		t.Error("a stamp is good for another newsletter or key")
	}
}

// FuzzForwarded: whatever a proxy hands on, there is a network, of one size.
func FuzzForwarded(f *testing.F) {
	f.Add("198.51.100.1, [::1]:80")
	f.Add(", ,%")
	s := &site{Options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := httptest.NewRequest(http.MethodPost, "/s/weekly", http.NoBody)
		r.RemoteAddr, r.Header = "127.0.0.1:1", http.Header{"X-Forwarded-For": {forwarded}}
		n := s.network(r)
		if !n.IsValid() || n.Addr().Is4In6() || n.Addr().Zone() != "" || n != n.Masked() ||
			n.Bits() != map[bool]int{true: 32, false: 64}[n.Addr().Is4()] {
			t.Errorf("%q is %v", forwarded, n)
		}
	})
}
