package feeds

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// maxAddress is the longest address that is kept, in bytes.
const maxAddress = 4000

// resolve is raw as an absolute http(s) address, seen from base; empty where it
// is none. Names and passwords are left out: they make one host look like
// another.
func resolve(base *url.URL, raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxAddress {
		return ""
	}
	u := parse(raw)
	if u == nil {
		return ""
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "" {
		return ""
	}
	u.User = nil
	if host, err := idna.Lookup.ToASCII(u.Hostname()); err == nil && !strings.Contains(u.Host, "[") {
		u.Host = strings.Replace(u.Host, u.Hostname(), host, 1)
	}
	out := u.String()
	if len(out) > maxAddress || strings.ContainsAny(out, " \x00\"<>") {
		return ""
	}
	return out
}

// parse reads an address as browsers do: line ends inside do not count, a "%"
// that escapes nothing stands for itself.
func parse(raw string) *url.URL {
	raw = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, raw)
	if u, err := url.Parse(raw); err == nil {
		return u
	}
	var fixed strings.Builder
	for i := range len(raw) {
		fixed.WriteByte(raw[i])
		if raw[i] == '%' && (i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2])) {
			fixed.WriteString("25")
		}
	}
	u, err := url.Parse(fixed.String())
	if err != nil {
		return nil
	}
	return u
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// first is the first of the addresses that is one.
func first(base *url.URL, addresses ...string) string {
	for _, raw := range addresses {
		if address := resolve(base, raw); address != "" {
			return address
		}
	}
	return ""
}

// trackers are parameters that say where a reader came from, not where to go;
// those of the utm family are told by their beginning.
var trackers = map[string]bool{
	"fbclid": true, "gclid": true, "dclid": true, "gbraid": true, "wbraid": true, "msclkid": true, "yclid": true,
	"twclid": true, "igshid": true, "mc_cid": true, "mc_eid": true, "ref_src": true, "_hsenc": true, "_hsmi": true,
}

// Canonical is an address without fragment and tracking parameters. The order
// of the others stays, which some sites depend on.
func Canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Fragment, u.RawFragment = "", ""
	var kept []string
	for _, pair := range strings.Split(u.RawQuery, "&") {
		name, _, _ := strings.Cut(strings.ToLower(pair), "=")
		if pair != "" && !trackers[name] && !strings.HasPrefix(name, "utm_") {
			kept = append(kept, pair)
		}
	}
	u.RawQuery = strings.Join(kept, "&")
	return u.String()
}
