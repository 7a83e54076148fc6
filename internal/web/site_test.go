package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestEveryAnswerIsHardened(t *testing.T) {
	s := newStand(t, nil)
	s.db.fail = errors.New("down")
	for _, path := range []string{"/", "/u/" + s.token, "/u/x", "/healthz", "/nothing", "/u/", "/u/a/b"} {
		h := s.get(path).Header
		for name, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s: %q", path, name, h.Get(name))
			}
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %q", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy %q is loose", path, policy)
		}
		for _, name := range []string{"Strict-Transport-Security", "Set-Cookie", "Access-Control-Allow-Origin"} {
			if h.Get(name) != "" {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
}

// The policy lets only the style in the page apply, byte for byte.
func TestThePolicyAllowsThePagesStyle(t *testing.T) {
	s := newStand(t, nil)
	r := s.get("/u/" + s.token)
	styles := read(t, r).all("style")
	if len(styles) != 1 || styles[0].FirstChild == nil {
		t.Fatalf("%d styles", len(styles))
	}
	sum := sha256.Sum256([]byte(styles[0].FirstChild.Data))
	want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
		t.Errorf("the policy %q lacks %s", policy, want)
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	s := newStand(t, nil)
	for _, path := range []string{"/", "/u/", "/u", "/favicon.ico", "/u/" + s.token + "/", "/archives"} {
		r := s.get(path)
		if p := read(t, r); r.StatusCode != http.StatusNotFound || !strings.Contains(p.text, "There is nothing here") {
			t.Errorf("%s: %d %s", path, r.StatusCode, p.text)
		}
	}
}

func TestPrefixOfThePublicURL(t *testing.T) {
	for _, public := range []string{"https://example.org/mail/digest", "https://example.org/mail/digest/"} {
		s := newStand(t, func(o *Options) { o.PublicURL = public })
		for path, want := range map[string]int{
			"/mail/digest/u/" + s.token: 200,
			"/mail/digest/healthz":      200,
			"/u/" + s.token:             200, // as a proxy that strips the prefix asks
			"/healthz":                  200,
			"/mail/digest/":             404,
			"/mail/digest":              404,
			"/mail/digestu/" + s.token:  404,
			"/mail/u/" + s.token:        404,
		} {
			if r := s.get(path); r.StatusCode != want {
				t.Errorf("%s: %s: %d", public, path, r.StatusCode)
			}
		}
		if r := s.post("/mail/digest/u/"+s.token, urlencoded, oneClickBy); r.StatusCode != 200 || len(s.list.calls) != 1 {
			t.Errorf("%s: post: %d", public, r.StatusCode)
		}
	}
}

// A prefix may be a word that our own paths begin with, and be escaped in any
// way; a proxy may strip it or not.
func TestAnyPrefixOfThePublicURL(t *testing.T) {
	for _, prefix := range []string{
		"/u", "/s", "/p", "/c", "/archive", "/caf%C3%A9", "/caf%c3%a9", "/a(b)", "/a%28b%29", "/a%2Fb",
	} {
		s := newStand(t, func(o *Options) { o.PublicURL = "https://example.org" + prefix })
		for _, path := range []string{prefix + "/u/" + s.token, "/u/" + s.token} {
			if r := s.post(path, urlencoded, oneClickBy); r.StatusCode != http.StatusOK {
				t.Errorf("public_url …%s: one click to %.12s… is answered %d", prefix, path, r.StatusCode)
			}
		}
	}
}

func TestHealth(t *testing.T) {
	s := newStand(t, nil)
	for _, c := range []struct {
		fail   error
		status int
		want   map[string]string
	}{
		{nil, 200, map[string]string{"status": "ok", "database": databaseID}},
		{errors.New("no such table"), 503, map[string]string{"status": "unavailable"}},
	} {
		s.db.fail = c.fail
		r := s.get("/healthz")
		got := map[string]string{}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != c.status || len(got) != len(c.want) || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d %v %v", r.StatusCode, got, r.Header)
		}
		for k, v := range c.want {
			if got[k] != v {
				t.Errorf("%s is %q, want %q", k, got[k], v)
			}
		}
	}
	if !strings.Contains(s.log.String(), "no such table") {
		t.Errorf("log: %s", s.log)
	}
}
