package config

import (
	"math"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Validate finds settings that cannot be. The error is Problems without a
// place; Load adds it. Whether a schedule can be read is for its own package to say.
func (c Config) Validate() error { return c.problems().err() }

func (c Config) problems() Problems {
	var ps Problems
	ps.checkDatabase(c.Database)
	ps.checkListen("web.listen", c.Web.Listen)
	if c.Metrics.Listen != "" {
		ps.checkListen("metrics.listen", c.Metrics.Listen)
	}
	if c.Web.PublicURL == "" {
		ps.add("web.public_url", "missing: give the address under which readers reach the pages")
	} else if text := badPublicURL(c.Web.PublicURL); text != "" {
		ps.add("web.public_url", "%q %s", shownURL(c.Web.PublicURL), text)
	}
	ps.checkProxies(c.Web.TrustedProxies)
	if c.Secret != "" && len(c.Secret) < minSecret {
		ps.add("secret", "shorter than %d characters: make one with openssl rand -hex 32", minSecret)
	}
	if c.Secret == "" && c.Postgres() {
		ps.add("secret", "missing: no key file stands beside a PostgreSQL database: set DIGEST_SECRET to the output of openssl rand -hex 32, or DIGEST_SECRET_FILE to a file with it")
	}
	ps.checkSMTP(c.SMTP)
	ps.checkAlert(c.Alert)
	ps.checkFetch(c.Fetch)
	ps.checkLibrary(c.Library)
	ps.checkLedger(c.Ledger)
	if hasControl(c.Templates) {
		ps.add("templates", "holds a control character: remove it")
	}
	ps.checkNewsletters(c.Newsletters)
	return ps
}

// minSecret is what a 128-bit key takes in hex, so that nobody sets a word.
const minSecret = 32

func (ps *Problems) checkDatabase(s string) {
	if s == "" {
		ps.add("database", "missing: give a file such as digest.db, or postgres://user@host/db")
		return
	}
	if hasControl(s) {
		ps.add("database", "holds a control character: remove it")
		return
	}
	scheme, _, isURL := strings.Cut(s, "://")
	if isURL && !isPostgres(s) {
		ps.add("database", "%q is not a database that is known: give a file or postgres://user@host/db", printable(scheme))
	}
	if _, err := url.Parse(s); isURL && err != nil {
		ps.add("database", "not an address: write it like postgres://user@host/db")
	}
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

func (ps *Problems) checkListen(key, s string) {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		ps.add(key, "%q is not host:port, such as 127.0.0.1:8080", s)
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || hasControl(s) {
		ps.add(key, "%q is not a port: give 0 to 65535 (0: any that is free)", port)
	}
}

// badPublicURL says what is wrong with an address that goes into every mail.
func badPublicURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || hasControl(s) || strings.Contains(s, " "):
		return "is not an address, such as https://digest.example.org"
	case u.User != nil:
		return "holds a user name: remove what stands before the @"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		return "holds a ? or #: end it with the host or the path"
	case badPort(u.Port()):
		return "has a port that cannot be: give 1 to 65535"
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return ""
	case u.Scheme == "http":
		return "must start with https:// (http only for this machine itself)"
	}
	return "must start with https://"
}

// shownURL keeps a password that does not belong there out of the messages.
func shownURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return s
	}
	return u.Redacted()
}

// badPort takes an empty port as the scheme's own.
func badPort(port string) bool {
	if port == "" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err != nil || n == 0
}

func (ps *Problems) checkSMTP(s SMTP) {
	if !isHost(s.Host) {
		ps.add("smtp.host", "%q is not a host: give a name such as smtp.example.org or an address, without port", s.Host)
	}
	if s.Port < 1 || s.Port > math.MaxUint16 {
		ps.add("smtp.port", "%d is not a port: give 1 to 65535, commonly 587, 465 with implicit, 25", s.Port)
	}
	switch s.TLS {
	case TLSStartTLS, TLSImplicit:
	case TLSNone:
		if !isLoopback(s.Host) && !isPrivate(s.Host) {
			ps.add("smtp.tls", `"none" is only for this machine or a literal private address, not for %q: use starttls or implicit`, s.Host)
		}
	default:
		ps.add("smtp.tls", "%q is not one of starttls, implicit, none", s.TLS)
	}
	ps.checkLogin(s)
	ps.checkDKIM(s.DKIM)
	if s.Connections < 1 || s.Connections > 100 {
		ps.add("smtp.connections", "%d is out of range: give 1 to 100", s.Connections)
	}
	if s.PerConnection < 0 {
		ps.add("smtp.per_connection", "%d is not a number of messages: give 0 for no limit", s.PerConnection)
	}
	if !(s.PerSecond >= 0) || math.IsInf(s.PerSecond, 0) { // also NaN
		ps.add("smtp.per_second", "%v is not a rate: give 0 for no limit, or messages a second", s.PerSecond)
	}
}

// isHost takes names of letters, digits, hyphens, underscores and dots, and
// literal addresses.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if len(s) > 253 || strings.Trim(s, "-.") != s {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, hostLetters) != "" {
			return false
		}
		for _, r := range label {
			if !strings.ContainsRune(hostLetters, r) {
				return false
			}
		}
	}
	return true
}

const hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func isPrivate(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsPrivate() || a.Unmap().IsLinkLocalUnicast())
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
