package sanitize

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxAddress is the longest address that is linked to, in bytes. Longer ones
// would eat the mail's budget, and readers' mail programs break them.
const MaxAddress = 1000

// Address returns raw, resolved against base (which may be nil), if it is an
// absolute http(s) address with a host and without a password; else "".
func Address(raw string, base *url.URL) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > MaxAddress || strings.ContainsFunc(raw, invisible) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	// A user part is there to make one host look like another.
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.Opaque != "" ||
		strings.ContainsFunc(u.Host, notInHost) {
		return ""
	}
	address := ascii(u.String())
	if len(address) > MaxAddress {
		return ""
	}
	return address
}

// notInHost says whether no host or port is written with r. url.Parse decodes
// what is percent-encoded there, and lets pass what no browser does.
func notInHost(r rune) bool {
	if r < utf8.RuneSelf {
		return !strings.ContainsRune("-._:[]", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) || invisible(r)
}

// ascii percent-encodes what url.URL leaves as it is (an international host,
// query or fragment), and blanks and quotes, so that an address is one word.
func ascii(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > 0x20 && c < 0x7F && !strings.ContainsRune("\"'<>\\^`{|}", rune(c)) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// Host is the part of an address that tells a reader where it leads, without
// "www."; empty where there is none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
