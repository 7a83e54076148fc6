package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// network is where a request comes from, as far as it counts for limits: an
// IPv4 address, or the /64 of an IPv6 one, since a single line mostly has all of
// that. What a request says of itself is believed of the configured proxies only.
func (s *site) network(r *http.Request) netip.Prefix {
	from, err := readAddr(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{} // all such requests together are one network
	}
	if !s.trusted(from) {
		s.warnOfProxy(r, from)
		return prefixOf(from)
	}
	// Each proxy adds whom it heard from at the end; only what a trusted one
	// added is true.
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(chain) {
		addr, err := readAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		from = addr
		if !s.trusted(from) {
			break
		}
	}
	return prefixOf(from)
}

func (s *site) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// warnOfProxy tells the operator, once, that all readers look like one.
func (s *site) warnOfProxy(r *http.Request, from netip.Addr) {
	if r.Header.Get("X-Forwarded-For") == "" || !from.IsLoopback() && !from.IsPrivate() {
		return
	}
	s.proxyWarning.Do(func() {
		s.Log.Warn("sign-ups come through a proxy that is not configured, so that all of them together are limited like "+
			"those of one reader: add it to web.trusted_proxies", "proxy", from)
	})
}

// readAddr reads an address with or without a port.
func readAddr(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		var both netip.AddrPort
		if both, err = netip.ParseAddrPort(s); err != nil {
			return netip.Addr{}, err
		}
		addr = both.Addr()
	}
	return addr.Unmap().WithZone(""), nil
}

func prefixOf(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// siteOf is the /48 around an IPv6 network: many lines have 256 networks, and a
// site up to all of it (RFC 6177).
func siteOf(network netip.Prefix) (site netip.Prefix, wider bool) {
	if !network.Addr().Is6() {
		return netip.Prefix{}, false
	}
	site, err := network.Addr().Prefix(48)
	return site, err == nil
}
