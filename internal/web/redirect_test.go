package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// leaves is where a path leads to on another host, or by another scheme; empty: nowhere.
func (s *stand) leaves(path string) string {
	base := &url.URL{Scheme: "https", Host: "digest.example.org", Path: path}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.URL, r.Host = base, base.Host
	to := s.do(r).Header.Get("Location")
	if to == "" {
		return ""
	}
	there, err := base.Parse(to)
	if err != nil || there.Scheme != base.Scheme || there.Host != base.Host || strings.ContainsAny(to, "\\\r\n\t ") {
		return to
	}
	return ""
}

// Nobody can make a link of ours that leads elsewhere.
func TestNoRedirectLeavesTheSite(t *testing.T) {
	s := newStand(t, nil)
	for _, path := range []string{
		"/archive/http:elsewhere.example", "/archive/https:elsewhere.example", "/archive/javascript:alert(1)",
		"/archive/mailto:ann@example.org", "/archive//elsewhere.example", "/archive/\\\\elsewhere.example", "/archive/\r\nX-Y: z",
		"//elsewhere.example", "//elsewhere.example/..", "/archive/x//elsewhere.example", "/archive/a:b",
	} {
		if to := s.leaves(path); to != "" {
			t.Errorf("%q leads to %q", path, to)
		}
	}
}

// FuzzRedirects: the same for any path.
func FuzzRedirects(f *testing.F) {
	f.Add("archive/weekly")
	f.Add("/u/../archive/a:b")
	var s *stand // one for all: nothing changes it
	f.Fuzz(func(t *testing.T, path string) {
		if s == nil {
			s = newStand(t, nil)
		}
		if to := s.leaves("/" + path); to != "" {
			t.Errorf("%q leads to %q", path, to)
		}
	})
}
