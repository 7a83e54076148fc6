package library

import (
	"net/url"
	"slices"
	"strings"
)

// trackers are parameters that say where a reader came from, not where to go.
var trackers = []string{"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src", "yclid", "_hsenc", "_hsmi"}

// Link is an address without what says nothing about what is behind it: scheme,
// "www.", fragment, tracking parameters, a slash at the end. Empty where the
// address names no page of its own, such as a front page.
func Link(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	q := u.Query()
	for name := range q {
		if strings.HasPrefix(strings.ToLower(name), "utm_") || slices.Contains(trackers, strings.ToLower(name)) {
			q.Del(name)
		}
	}
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	if port := u.Port(); port == "80" || port == "443" || port == "" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" && len(q) == 0 {
		return ""
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return host + path
}
