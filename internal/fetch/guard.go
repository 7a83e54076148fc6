package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// target is a checked address.
type target struct {
	url *url.URL // host in lower-case ASCII, no user, no fragment
	key string   // host:port, as dialled
}

// check refuses an address whose form alone says that it must not be asked.
// What its host resolves to is judged when it is dialled.
func (c *Client) check(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrForbidden, withoutAddress(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return target{}, fmt.Errorf("%w: the scheme is %q, not http or https", ErrForbidden, clip(u.Scheme))
	}
	if u.User != nil {
		return target{}, fmt.Errorf("%w: it holds a user name", ErrForbidden)
	}
	if u.Path == "" && strings.Contains(raw, "@") {
		// Readers of addresses differ about which part of http://a?@b is the host.
		return target{}, fmt.Errorf("%w: it is unclear which part is the host", ErrForbidden)
	}
	return c.checkHost(u)
}

func (c *Client) checkHost(u *url.URL) (target, error) {
	host, err := normalHost(u.Hostname())
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	port, err := portOf(u)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	key := net.JoinHostPort(host, strconv.Itoa(port))
	if !c.allowed[key] {
		if port != 80 && port != 443 {
			return target{}, forbidden("ports other than 80 and 443 are not asked", key)
		}
		if ip, err := netip.ParseAddr(host); err == nil && special(ip) != "" {
			return target{}, forbidden(fmt.Sprintf("%s is %s", ip, special(ip)), key)
		}
	}
	v := *u
	v.Host, v.Fragment, v.RawFragment = key, "", ""
	if port == defaultPort(u.Scheme) {
		v.Host = strings.TrimSuffix(key, ":"+strconv.Itoa(port))
	}
	return target{url: &v, key: key}, nil
}

// forbidden says what is wrong with an address, and what the operator can do if
// the site is their own.
func forbidden(why, key string) error {
	return fmt.Errorf("%w: %s (if that is a site of your own, name %s in fetch.allow_hosts)", ErrForbidden, why, key)
}

func defaultPort(scheme string) int {
	if scheme == "https" {
		return 443
	}
	return 80
}

func portOf(u *url.URL) (int, error) {
	if u.Port() == "" {
		return defaultPort(u.Scheme), nil
	}
	return parsePort(u.Port())
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port", clip(s))
	}
	return int(n), nil
}

// normalHost returns a host name in lower-case ASCII without a final dot, or an
// address in its usual form. It refuses what resolvers do not all read alike.
func normalHost(host string) (string, error) {
	if !isASCII(host) {
		// Characters that stand for digits and dots must not get past as a name.
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("the host %q is not a name: %w", clip(host), err)
		}
		host = ascii
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", fmt.Errorf("the host %q holds a zone", clip(host))
		}
		return ip.String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if !validName(name) {
		return "", fmt.Errorf("%q is not a host", clip(host))
	}
	if endsInNumber(name) {
		if ip, err := netip.ParseAddr(name); err == nil {
			return ip.String(), nil
		}
		return "", fmt.Errorf("%q is neither a name nor an address in its usual form", clip(host))
	}
	return name, nil
}

// validName takes what domain names are made of (RFC 1034 section 3.5) and the
// underscore, which some blogging services have in theirs.
func validName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, r := range label {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", r) {
				return false
			}
		}
	}
	return true
}

// endsInNumber is the test of the URL standard (section 3.5, "ends in a number
// checker"): such hosts are addresses, in forms that the C resolver reads and
// others do not (127.1, 0x7f.1, 2130706433).
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// allowList reads entries of the form host:port.
func allowList(entries []string) (map[string]bool, error) {
	allowed := make(map[string]bool, len(entries))
	for _, e := range entries {
		host, port, err := net.SplitHostPort(e)
		if err != nil {
			return nil, fmt.Errorf("fetch.allow_hosts: %q is not host:port", clip(e))
		}
		name, err := normalHost(host)
		if err != nil {
			return nil, fmt.Errorf("fetch.allow_hosts: %q: %w", clip(e), err)
		}
		n, err := parsePort(port)
		if err != nil {
			return nil, fmt.Errorf("fetch.allow_hosts: %q: %w", clip(e), err)
		}
		allowed[net.JoinHostPort(name, strconv.Itoa(n))] = true
	}
	return allowed, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// withoutAddress strips the address off an error of url.Parse: it may hold a
// password.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// clip bounds what a stranger can put into a message.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
