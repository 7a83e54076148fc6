package sources_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// TestDiscoverOnTheWire asks a served WordPress through the real client.
func TestDiscoverOnTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		on     sitetest.Switches
		prefix string
		path   string // below the front page
		api    string // below the front page; empty: none
		most   int    // requests
	}{
		"as it comes":       {api: "wp-json/", most: 2},
		"warnings before":   {on: sitetest.Switches{JunkREST: true}, api: "wp-json/", most: 2},
		"by an article":     {path: "post-1/", api: "wp-json/", most: 2},
		"by its feed":       {path: "feed/", api: "wp-json/", most: 2},
		"in a folder":       {prefix: "/blog", api: "wp-json/", most: 2},
		"plain permalinks":  {on: sitetest.Switches{Plain: true}, api: "?rest_route=/", most: 2},
		"no links":          {on: sitetest.Switches{HideLinks: true}, api: "wp-json/", most: 6},
		"API closed":        {on: sitetest.Switches{RESTOff: http.StatusUnauthorized}, most: 4},
		"API behind a wall": {on: sitetest.Switches{Wall: "rest"}, most: 4},
		"API shows pages":   {on: sitetest.Switches{Wall200: true}, most: 4},
		"API without posts": {on: sitetest.Switches{RESTOff: http.StatusNotFound}, most: 4},
	} {
		t.Run(name, func(t *testing.T) {
			site := sitetest.Generate(2, 2, time.Now())
			site.Prefix = c.prefix
			site.Set(c.on)
			home := site.Start(t)
			u, err := url.Parse(home)
			if err != nil {
				t.Fatal(err)
			}
			client, err := fetch.New(fetch.Options{UserAgent: "digest/test", AllowHosts: []string{u.Host}, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			got, err := sources.Discover(t.Context(), client, home+c.path)
			if err != nil {
				t.Fatal(err)
			}
			api := ""
			if c.api != "" {
				api = home + c.api
			}
			if got.Kind != sources.KindWordPress || got.Home != home || got.API != api || len(got.Feeds) == 0 {
				t.Errorf("%+v", got)
			}
			if asked := site.Requests(); len(asked) > c.most {
				t.Errorf("%d requests: %q", len(asked), asked)
			}
		})
	}
}
