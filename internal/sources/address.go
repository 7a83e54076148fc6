package sources

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// typed reads what a person gives as the address of a site into the addresses
// to try, in order.
func typed(address string) ([]*url.URL, error) {
	text := strings.TrimSpace(address)
	wrong := func(why string) error {
		return fmt.Errorf("%w: %q is not the address of a site: %s", digest.ErrUsage, sanitize.Short(sanitize.Line(text), 100), why)
	}
	if len(text) > sanitize.MaxAddress || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return nil, wrong("it is too long, or holds blanks")
	}
	// feed: is what browsers once gave to feed readers.
	text = strings.TrimPrefix(strings.TrimPrefix(text, "feed:"), "//")
	schemes := []string{"https", "http"}
	if scheme, rest, found := strings.Cut(text, "://"); found {
		schemes, text = []string{strings.ToLower(scheme)}, rest
	}
	var all []*url.URL
	for _, scheme := range schemes {
		u, why := readAddress(scheme, text)
		if why != "" {
			return nil, wrong(why)
		}
		all = append(all, u)
	}
	return all, nil
}

// readAddress gives an address in the form that is asked for, or says what is
// wrong with it.
func readAddress(scheme, rest string) (u *url.URL, why string) {
	if scheme != "https" && scheme != "http" {
		return nil, "it must begin with https:// or http://"
	}
	u, err := url.Parse(scheme + "://" + rest)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, "write it like https://blog.example.org"
	case u.User != nil:
		return nil, "leave out the name and password"
	}
	if !ascii(u.Host) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil || host == "" { // of what cannot be seen nothing is left
			return nil, "its host name cannot be"
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Host), "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, ""
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// home is the address of a site's front page: the path that the site claims, if
// it claims its own host, at the host that answered. It is empty where the site
// claims another.
func home(claimed string, answered *url.URL) string {
	u, err := url.Parse(strings.TrimSpace(claimed))
	if err != nil || !strings.EqualFold(u.Hostname(), answered.Hostname()) || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return at(answered, folder(u.Path)).String()
}

// at is the address of a path at the host that answered.
func at(answered *url.URL, path string) *url.URL {
	return &url.URL{Scheme: answered.Scheme, Host: answered.Host, Path: path}
}

// folder makes a path end with a slash.
func folder(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}
