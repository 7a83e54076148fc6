package fetch

import "net/netip"

// A block is a range of addresses that are not hosts of the public Internet.
type block struct {
	prefix netip.Prefix
	name   string
}

// blocks are the special-purpose registries of IANA (RFC 6890) and what RFCs
// have deprecated since; those outside of publicIPv6 stand here only for their
// names. Blocks of which a few addresses are reachable, such as anycast
// services, are refused whole: no site is published there.
var blocks = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},           // RFC 791
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},               // RFC 1918
	{netip.MustParsePrefix("100.64.0.0/10"), "shared by carriers"}, // RFC 6598
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},             // RFC 1122
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},        // RFC 3927
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},            // RFC 1918
	{netip.MustParsePrefix("192.0.0.0/24"), "for protocols"},       // RFC 6890
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},       // RFC 5737
	{netip.MustParsePrefix("192.31.196.0/24"), "AS112"},            // RFC 7535
	{netip.MustParsePrefix("192.52.193.0/24"), "AMT"},              // RFC 7450
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay"},        // RFC 7526
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},           // RFC 1918
	{netip.MustParsePrefix("192.175.48.0/24"), "AS112"},            // RFC 7534
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},       // RFC 2544
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},    // RFC 5737
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},     // RFC 5737
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},            // RFC 5771
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},             // RFC 1112, with the broadcast address of RFC 8190

	{netip.MustParsePrefix("::/128"), "unspecified"},          // RFC 4291
	{netip.MustParsePrefix("::1/128"), "loopback"},            // RFC 4291
	{netip.MustParsePrefix("fc00::/7"), "private"},            // RFC 4193
	{netip.MustParsePrefix("fe80::/10"), "link-local"},        // RFC 4291
	{netip.MustParsePrefix("fec0::/10"), "site-local"},        // RFC 3879
	{netip.MustParsePrefix("ff00::/8"), "multicast"},          // RFC 4291
	{netip.MustParsePrefix("2001::/32"), "Teredo"},            // RFC 4380
	{netip.MustParsePrefix("2001::/23"), "for protocols"},     // RFC 2928: benchmarking, AMT, ORCHID and more
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"}, // RFC 3849
	{netip.MustParsePrefix("2002::/16"), "6to4"},              // RFC 3056; its relays are gone (RFC 7526)
	{netip.MustParsePrefix("2620:4f:8000::/48"), "AS112"},     // RFC 7534
	{netip.MustParsePrefix("3ffe::/16"), "6bone"},             // RFC 3701
	{netip.MustParsePrefix("3fff::/20"), "documentation"},     // RFC 9637
}

var (
	// publicIPv6 is all that IANA has given out of IPv6 to hosts (RFC 4291, 2.4).
	publicIPv6 = netip.MustParsePrefix("2000::/3")
	// nat64 stands for the IPv4 address in its last four bytes (RFC 6052). On a
	// network without IPv4 of its own that is how every older site resolves.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// special names what kind of address ip is, if it is none of a public host;
// else it is empty.
func special(ip netip.Addr) string {
	if !ip.IsValid() {
		return "invalid"
	}
	if ip.Zone() != "" {
		return "of one link only"
	}
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, b := range blocks {
		if b.prefix.Contains(ip) {
			return b.name
		}
	}
	if ip.Is6() && !publicIPv6.Contains(ip) {
		return "not global unicast"
	}
	return ""
}
