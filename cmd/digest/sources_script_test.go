package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"digest.example/internal/sitetest"
)

type siteKey struct{}

// siteOf is a script's site.
type siteOf struct{ *sitetest.Site }

// siteCommand is "site", which starts a WordPress with three articles at $SITE,
// whose host and port are $SITE_HOST, or "site SWITCH", which lets it close its
// API, go down, or behave again.
func siteCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(siteKey{}).(*siteOf)
	switch strings.Join(args, " ") {
	case "":
		s.Site = sitetest.Generate(3, 6, time.Now())
		s.Title = "Harbour \x1b[2JStreet\u202e: \"Herons\" #1"
		server := httptest.NewServer(s)
		ts.Defer(server.Close)
		ts.Setenv("SITE", server.URL+"/")
		ts.Setenv("SITE_HOST", strings.TrimPrefix(server.URL, "http://"))
	case "rest-off":
		s.Set(sitetest.Switches{RESTOff: http.StatusUnauthorized})
	case "hidden":
		s.Set(sitetest.Switches{RESTOff: http.StatusNotFound, FeedOff: true, HideLinks: true})
	case "down":
		s.Set(sitetest.Switches{Down: http.StatusInternalServerError})
	case "up":
		s.Set(sitetest.Switches{})
	default:
		ts.Fatalf("unknown switch %q", args)
	}
}
