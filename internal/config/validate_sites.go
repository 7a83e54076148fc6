package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

func (ps *Problems) checkAlert(a Alert) {
	if hasControl(a.Command) {
		ps.add("alert.command", "holds a line break or control character: write it on one line")
	}
	if a.Webhook == "" {
		return
	}
	u, err := url.Parse(a.Webhook)
	switch {
	case err != nil || u.Hostname() == "" || hasControl(a.Webhook) || u.User != nil || badPort(u.Port()):
		// The address is a secret and stays out of the message.
		ps.add("alert.webhook", "not an address that a message can be posted to, such as https://hooks.example.org/abc")
	case u.Scheme == "https", u.Scheme == "http" && (isLoopback(u.Hostname()) || isPrivate(u.Hostname())):
	default:
		ps.add("alert.webhook", "must start with https:// (http only to this machine or a literal private address)")
	}
}

func (ps *Problems) checkProxies(all []string) {
	for i, s := range all {
		p, err := parseNetwork(s)
		if err != nil {
			ps.add(indexed("web.trusted_proxies", i), "%q is neither an address nor a network, such as 127.0.0.1 or 10.0.0.0/8", printable(s))
		} else if p.Bits() == 0 {
			ps.add(indexed("web.trusted_proxies", i), "%q is every address there is: name the proxy", s)
		}
	}
}

// parseNetwork reads 10.0.0.0/8, or an address as the network of it alone.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

func (ps *Problems) checkFetch(f Fetch) {
	for i, s := range f.AllowHosts {
		host, port, err := net.SplitHostPort(s)
		if err != nil || !isHost(host) || port == "" || badPort(port) {
			ps.add(indexed("fetch.allow_hosts", i), "%q is not host:port, such as wiki.internal:443 or 192.168.1.5:8080", s)
		}
		if slices.Index(f.AllowHosts, s) < i {
			ps.add(indexed("fetch.allow_hosts", i), "%q stands there twice: remove one", s)
		}
	}
}

// The shortest spans that make sense: sites are not to be pestered, articles are
// looked for over a few weeks, and readers ask after an issue for some.
const (
	minPullEvery  = Duration(10 * time.Minute)
	minKeep       = Duration(60 * day)
	minKeepLedger = Duration(30 * day)
)

func (ps *Problems) checkLibrary(l Library) {
	if l.PullEvery != 0 && l.PullEvery < minPullEvery {
		ps.add("library.pull_every", "%s is too often to be polite: give 10m or more, or 0 to pull only for an issue", l.PullEvery)
	}
	if l.Keep < minKeep {
		ps.add("library.keep", "%s is too short: give 60d or more, so that what was printed is still known", l.Keep)
	}
	ps.checkDuration("library.pull_every", l.PullEvery, false)
	ps.checkDuration("library.keep", l.Keep, false)
}

func (ps *Problems) checkLedger(l Ledger) {
	if l.Keep != 0 && l.Keep < minKeepLedger {
		ps.add("ledger.keep", "%s is too short to answer who asks after an issue: give 30d or more, or 0 for ever", l.Keep)
	}
	ps.checkDuration("ledger.keep", l.Keep, false)
}
