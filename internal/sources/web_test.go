package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"digest.example/internal/fetch"
)

// web is what there is to fetch, by address. Hosts that none of them is at
// refuse connections; other pages of its hosts are not found.
type web map[string]answer

// answer is one page: 200 with HTML unless it says otherwise.
type answer struct {
	status   int
	media    string
	link     string // the header field
	body     string
	redirect string // to another address
	err      error
}

// visitor fetches from a web and notes what it asked for.
type visitor struct {
	web   web
	asked []string
}

var errRefused = errors.New("connection refused")

func (v *visitor) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.asked = append(v.asked, r.URL)
	return v.web.get(r.URL)
}

func (w web) get(address string) (*fetch.Response, error) {
	a, found := w[withoutAsking(address)]
	switch {
	case !found && !w.knows(address):
		return nil, fmt.Errorf("fetch %s: %w", address, errRefused)
	case !found:
		a = answer{status: http.StatusNotFound, body: "<!doctype html><title>Not found</title>"}
	case a.err != nil:
		return nil, a.err
	case a.redirect != "":
		return w.get(a.redirect)
	}
	r := &fetch.Response{URL: address, Status: a.status, Header: http.Header{}, Body: []byte(a.body)}
	if r.Status == 0 {
		r.Status = http.StatusOK
	}
	if a.media == "" {
		a.media = "text/html; charset=utf-8"
	}
	r.Header.Set("Content-Type", a.media)
	if a.link != "" {
		r.Header.Set("Link", a.link)
	}
	return r, nil
}

// withoutAsking takes off an address which fields of the API are asked for.
func withoutAsking(address string) string {
	address = strings.TrimSuffix(address, rootFields)
	return strings.TrimRight(address, "?&")
}

func (w web) knows(address string) bool {
	for known := range w {
		if origin(known) == origin(address) {
			return true
		}
	}
	return false
}

func origin(address string) string {
	parts := strings.SplitN(address, "/", 4)
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// apiOf is the root of the API of a WordPress whose front page is home.
func apiOf(name, home string) answer {
	return answer{media: "application/json; charset=UTF-8", body: fmt.Sprintf(
		`{"name":%q,"home":%q,"timezone_string":"Europe/Lisbon","namespaces":["oembed/1.0","wp/v2"]}`, name, home)}
}

// rss is a feed of a site whose front page is home.
func rss(title, home string) answer {
	return answer{media: "application/rss+xml", body: fmt.Sprintf(`<?xml version="1.0"?><rss version="2.0"><channel>
<title>%s</title><link>%s</link><language>en-GB</language>
<item><title>A heron</title><link>%s/heron</link><guid>1</guid><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item>
</channel></rss>`, title, home, strings.TrimSuffix(home, "/"))}
}

// byWordPress is a feed that WordPress made.
func byWordPress(feed answer) answer {
	feed.body = strings.Replace(feed.body, "<language>", "<generator>https://wordpress.org/?v=6.4</generator><language>", 1)
	return feed
}

// html is a page with that in its head.
func html5(head string) answer {
	return answer{body: `<!DOCTYPE html><html lang="en-GB"><head><title>The Heron</title>` + head + `</head><body>Herons.</body></html>`}
}

const (
	apiLink  = `<https://heron.test/wp-json/>; rel="https://api.w.org/"`
	feedLink = `<link rel="alternate" type="application/rss+xml" title="The Heron" href="/feed/">`
)
