package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
)

// heron is the WordPress that most cases are about.
func heron() Site {
	return Site{
		Kind: KindWordPress, Home: "https://heron.test/", Title: "The Heron & Gull", Language: "en-GB",
		Timezone: "Europe/Lisbon", API: "https://heron.test/wp-json/", Feeds: []string{"https://heron.test/feed/"},
	}
}

func change(s Site, f func(*Site)) Site {
	f(&s)
	return s
}

func TestDiscover(t *testing.T) {
	api := apiOf("The Heron &amp; Gull", "https://heron.test")
	feed := rss("The Heron", "https://heron.test/")
	plainFeed := Site{
		Kind: KindFeed, Home: "https://heron.test/", Title: "The Heron", Language: "en-GB",
		Feeds: []string{"https://heron.test/feed/"},
	}
	for name, c := range map[string]struct {
		address string
		web     web
		want    Site
		asked   int // requests, 0: any number
	}{
		"WordPress says so in a header": {
			"heron.test",
			web{"https://heron.test/": {link: apiLink, body: html5("").body}, "https://heron.test/wp-json/": api},
			heron(), 2,
		},
		"WordPress says so in its page": {
			"https://heron.test/2026/05/an-article/",
			web{"https://heron.test/2026/05/an-article/": html5(`<link rel='https://api.w.org/' href='/wp-json/'>` + feedLink), "https://heron.test/wp-json/": api},
			heron(), 2,
		},
		"WordPress can be told by its looks": {
			"heron.test",
			web{"https://heron.test/": html5(`<script src="/wp-includes/a.js"></script>`), "https://heron.test/wp-json/": api},
			heron(), 2,
		},
		"WordPress that shows nothing of it": {
			"heron.test",
			web{"https://heron.test/": html5(""), "https://heron.test/wp-json/": api},
			heron(), 0,
		},
		"plain permalinks: the API's usual address shows the front page": {
			"heron.test",
			web{"https://heron.test/": html5(`<meta name="generator" content="WordPress 6.4">`), "https://heron.test/wp-json/": html5(""), "https://heron.test/?rest_route=/": api},
			change(heron(), func(s *Site) {
				s.API, s.Feeds = "https://heron.test/?rest_route=/", []string{"https://heron.test/?feed=rss2"}
			}), 3,
		},
		"plain permalinks, announced": {
			"heron.test",
			web{"https://heron.test/": {link: `<https://heron.test/index.php?rest_route=/>; rel="https://api.w.org/"`, body: html5(feedLink).body}, "https://heron.test/index.php?rest_route=/": api},
			change(heron(), func(s *Site) { s.API = "https://heron.test/index.php?rest_route=/" }), 2,
		},
		"an installation in a folder": {
			"heron.test/paper/an-article",
			web{
				"https://heron.test/paper/an-article": html5(`<img src="https://heron.test/paper/wp-content/a.jpg">`),
				"https://heron.test/paper/wp-json/":   apiOf("The Heron &amp; Gull", "https://heron.test/paper"),
			},
			change(heron(), func(s *Site) {
				s.Home, s.API, s.Feeds = "https://heron.test/paper/", "https://heron.test/paper/wp-json/", []string{"https://heron.test/paper/feed/"}
			}), 2,
		},
		"the site still calls itself by its old address": {
			"https://heron.test",
			web{
				"https://heron.test/":         html5(`<link rel="https://api.w.org/" href="http://old.test/wp-json/">`),
				"https://heron.test/wp-json/": apiOf("The Heron &amp; Gull", "http://old.test/paper"),
				"http://old.test/wp-json/":    apiOf("Thief", "http://old.test"),
			},
			heron(), 2,
		},
		"behind a proxy the site believes in http": {
			"https://heron.test",
			web{
				"https://heron.test/":         html5(`<link rel="https://api.w.org/" href="http://heron.test/wp-json/"><link rel=alternate type=application/rss+xml href=http://heron.test/feed/>`),
				"https://heron.test/wp-json/": apiOf("The Heron &amp; Gull", "http://heron.test"),
			},
			heron(), 2,
		},
		"the typed address leads to another host": {
			"elsewhere.test",
			web{"https://elsewhere.test/": {redirect: "https://heron.test/"}, "https://heron.test/": {link: apiLink}, "https://heron.test/wp-json/": api},
			change(heron(), func(s *Site) { s.Language = "" }), 2,
		},
		"the API leads to another host and is not followed": {
			"heron.test",
			web{
				"https://heron.test/":         {link: apiLink, body: html5(feedLink).body},
				"https://heron.test/wp-json/": {redirect: "https://thief.test/wp-json/"},
				"https://thief.test/wp-json/": api,
				"https://heron.test/feed/":    feed,
			},
			change(plainFeed, func(s *Site) { s.Kind = KindWordPress }), 0,
		},
		"WordPress without its API": {
			"heron.test",
			web{
				"https://heron.test/": html5(feedLink + `<link rel="https://api.w.org/" href="/wp-json/">`), "https://heron.test/feed/": byWordPress(feed),
				"https://heron.test/wp-json/": {status: http.StatusUnauthorized, media: "application/json", body: `{"code":"rest_cannot_access"}`},
			},
			change(plainFeed, func(s *Site) { s.Kind = KindWordPress }), 0,
		},
		"an API that is not of WordPress": {
			"heron.test",
			web{
				"https://heron.test/": html5(feedLink + `<meta name=generator content="WordPress 6.4">`), "https://heron.test/feed/": feed,
				"https://heron.test/wp-json/":      {media: "application/json", body: `{"name":"x","namespaces":["other/v1"]}`},
				"https://heron.test/?rest_route=/": {media: "application/json", body: `[1]`},
			},
			change(plainFeed, func(s *Site) { s.Kind = KindWordPress }), 0,
		},
		"a site that was a WordPress once": {
			"heron.test",
			web{"https://heron.test/": html5(feedLink + `<link rel=icon href=/wp-content/uploads/icon.png>`), "https://heron.test/feed/": feed},
			plainFeed, 4,
		},
		"a page with feeds": {
			"heron.test",
			web{
				"https://heron.test/": html5(`<link rel="alternate" type="application/rss+xml" title="The Heron » Comments" href="/c.xml">
					<link rel=alternate type=application/rss+xml href=/comments/feed/>
					<link rel="alternate" hreflang="de" href="/de/">` + feedLink + `<LINK REL="Alternate" TYPE="Application/Atom+XML" HREF="http://feeds.test/heron">`),
				"https://heron.test/feed/": feed,
			},
			change(plainFeed, func(s *Site) { s.Feeds = append(s.Feeds, "http://feeds.test/heron") }), 2,
		},
		"the first feed is gone": {
			"heron.test",
			web{
				"https://heron.test/":         html5(`<link rel=alternate type=application/atom+xml href="https://gone.test/x">` + feedLink),
				"https://heron.test/feed/":    feed,
				"https://heron.test/wp-json/": html5(""),
			},
			change(plainFeed, func(s *Site) { s.Feeds = append(s.Feeds, "https://gone.test/x") }), 3,
		},
		"a feed that no page names": {
			"heron.test",
			web{"https://heron.test/": html5(""), "https://heron.test/atom.xml": feed},
			change(plainFeed, func(s *Site) { s.Feeds = []string{"https://heron.test/atom.xml"} }), 4,
		},
		"a feed in the header": {
			"heron.test",
			web{"https://heron.test/": {link: `</feed/>; rel="alternate"; type="application/rss+xml"`}, "https://heron.test/feed/": feed},
			plainFeed, 2,
		},
		"the feed itself":             {"heron.test/feed/", web{"https://heron.test/feed/": feed}, plainFeed, 1},
		"the feed, as pages are sent": {"feed://heron.test/feed/", web{"https://heron.test/feed/": {body: feed.body}}, plainFeed, 1},
		"the main feed of a WordPress": {
			"https://heron.test/feed/",
			web{"https://heron.test/feed/": byWordPress(feed), "https://heron.test/wp-json/": api},
			heron(), 2,
		},
		"the feed of one category of a WordPress": {
			"https://heron.test/category/herons/feed/",
			web{"https://heron.test/category/herons/feed/": byWordPress(feed), "https://heron.test/wp-json/": api},
			change(plainFeed, func(s *Site) { s.Feeds = []string{"https://heron.test/category/herons/feed/"} }), 1,
		},
		"a wall before the pages only": {
			"https://heron.test",
			web{"https://heron.test/": {status: http.StatusForbidden, body: "Are you human?"}, "https://heron.test/feed/": byWordPress(feed), "https://heron.test/wp-json/": api},
			heron(), 3,
		},
		"no https": {
			"heron.test",
			web{"http://heron.test/": html5(feedLink), "http://heron.test/feed/": rss("The Heron", "http://heron.test")},
			change(plainFeed, func(s *Site) { s.Home, s.Feeds = "http://heron.test/", []string{"http://heron.test/feed/"} }), 3,
		},
		"the title and language of the page": {
			"heron.test",
			web{"https://heron.test/": html5(feedLink + `<meta property="og:site_name" content="Heron &amp; Co">`), "https://heron.test/feed/": {
				media: "application/feed+json", body: `{"version":"https://jsonfeed.org/version/1.1","title":"","items":[{"id":"1","url":"https://heron.test/1"}]}`,
			}},
			change(plainFeed, func(s *Site) { s.Title = "Heron & Co" }), 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := &visitor{web: c.web}
			got, err := Discover(t.Context(), v, c.address)
			if err != nil {
				t.Fatalf("%v\nasked %s", err, strings.Join(v.asked, "\n"))
			}
			if !strings.HasPrefix(got.Address, origin(got.Home)+"/") || !slices.Contains(append(v.asked, "https://heron.test/"), got.Address) {
				t.Errorf("the address is %s", got.Address)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Site{}, "Address")); diff != "" {
				t.Error(diff)
			}
			if c.asked > 0 && len(v.asked) != c.asked {
				t.Errorf("%d requests, not %d:\n%s", len(v.asked), c.asked, strings.Join(v.asked, "\n"))
			}
		})
	}
}

func TestDiscoverFindsNothing(t *testing.T) {
	forbidden := fmt.Errorf("fetch https://10.0.0.1/: %w", fetch.ErrForbidden)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context
		address string
		web     web
		want    error
		says    string
		asked   int // at most
	}{
		"no such host":       {nil, "heron.test", web{}, errRefused, "http://heron.test/", 2},
		"no such page":       {nil, "heron.test/x", web{"https://heron.test/": html5("")}, errStatus, "https://heron.test/x: the site answered with 404 Not Found", 2},
		"broken":             {nil, "https://heron.test", web{"https://heron.test/": {status: 500}}, errStatus, "500 Internal Server Error", 1},
		"a page and no more": {nil, "heron.test/a/b", web{"https://heron.test/a/b": html5("")}, ErrNothingFound, "https://heron.test/feed/: 404; ", 14},
		"forbidden":          {nil, "10.0.0.1", web{"https://10.0.0.1/": {err: forbidden}}, fetch.ErrForbidden, "", 1},
		"busy":               {nil, "heron.test", web{"https://heron.test/": {err: fetch.ErrBusy}}, fetch.ErrBusy, "", 1},
		"cancelled":          {cancelled, "heron.test", web{}, context.Canceled, "", 0},
		"everything hostile": {nil, "heron.test", web{"https://heron.test/": html5(strings.Repeat(`<link rel=https://api.w.org/ href=/a>`, 99) + manyLinks(99))}, ErrNothingFound, "", maxRequests},
		"an empty answer":    {nil, "heron.test", web{"https://heron.test/": {}}, ErrNothingFound, "", 12},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if c.ctx != nil {
				ctx = c.ctx
			}
			v := &visitor{web: c.web}
			site, err := Discover(ctx, v, c.address)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || site.Kind != "" {
				t.Errorf("%+v, %v", site, err)
			}
			if len(v.asked) > c.asked {
				t.Errorf("%d requests", len(v.asked))
			}
		})
	}
}

// manyLinks are n different feeds and API roots.
func manyLinks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<link rel=alternate type=text/xml href=/f%d><link rel=https://api.w.org/ href=/a%d>`, i, i)
	}
	return b.String()
}

// TestErrorsShowNoHostileText: what a site sends ends on a terminal.
func TestErrorsShowNoHostileText(t *testing.T) {
	w := web{"https://heron.test/": {media: "text/\x1b[2Jhtml\u202e" + strings.Repeat("x", 1000), body: "<html>"}}
	_, err := Discover(t.Context(), &visitor{web: w}, "heron.test")
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e\n") || len(err.Error()) > 4000 {
		t.Errorf("%q", err)
	}
}

func TestTyped(t *testing.T) {
	for address, want := range map[string]string{
		"heron.test":                    "https://heron.test/ http://heron.test/",
		" heron.test/sub ":              "https://heron.test/sub http://heron.test/sub",
		"HTTPS://Heron.Test/Sub?a=b#c":  "https://heron.test/Sub?a=b",
		"http://heron.test:8080":        "http://heron.test:8080/",
		"heron.test:8080/a":             "https://heron.test:8080/a http://heron.test:8080/a",
		"127.0.0.1:8801":                "https://127.0.0.1:8801/ http://127.0.0.1:8801/",
		"[::1]:80":                      "https://[::1]:80/ http://[::1]:80/",
		"bücher.test":                   "https://xn--bcher-kva.test/ http://xn--bcher-kva.test/",
		"https://bücher.test:444/ü":     "https://xn--bcher-kva.test:444/%C3%BC",
		"feed:https://heron.test/a.xml": "https://heron.test/a.xml",
		"//heron.test":                  "https://heron.test/ http://heron.test/",
	} {
		all, err := typed(address)
		var got []string
		for _, u := range all {
			got = append(got, u.String())
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v", address, got, err)
		}
	}
	for _, address := range []string{
		"", "https://", "ftp://heron.test", "file:///etc/passwd", "javascript:alert(1)", "https://me:secret@heron.test",
		"ann@heron.test", "heron test", "heron.test\r\nHost: x", "https://heron.test:port/", "https://[::1", "\x00",
		"https://" + strings.Repeat("a", 1100), "https://a\u202eb.test/",
	} {
		if all, err := typed(address); !errors.Is(err, digest.ErrUsage) || strings.Contains(err.Error(), "secret@") && !strings.Contains(address, "secret") {
			t.Errorf("%q: %v, %v", address, all, err)
		}
	}
}
