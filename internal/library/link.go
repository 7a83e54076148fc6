package library

import (
	"net/url"
	"strings"

	"digest.example/internal/feeds"
)

// Link is an address without what says nothing about what is behind it: scheme,
// "www.", fragment, tracking parameters, a slash at the end. Empty where the
// address names no page of its own, such as a front page.
func Link(address string) string {
	u, err := url.Parse(feeds.Canonical(strings.TrimSpace(address)))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	if port := u.Port(); port == "80" || port == "443" || port == "" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" && u.RawQuery == "" {
		return ""
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return host + path
}
