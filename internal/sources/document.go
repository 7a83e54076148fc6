package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// What is asked for, in the words of the header field Accept.
const (
	acceptPage = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
	acceptFeed = "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
	acceptJSON = "application/json"
)

// errStatus means that an answer came, but not the one that was asked for.
var errStatus = errors.New("the site answered")

// document is one answer.
type document struct {
	at     *url.URL // after redirects
	status int
	media  string
	header http.Header
	body   []byte
}

// ask gets one address. A status other than 200 is an errStatus beside the document.
func (d *discovery) ask(ctx context.Context, at *url.URL, accept string) (document, error) {
	address := at.String()
	if len(d.asked) >= maxRequests {
		return document{}, errBudget
	}
	r, err := d.getter.Get(ctx, fetch.Request{URL: address, Accept: accept})
	if err != nil {
		d.note(address, "no answer")
		return document{}, err // it names the address
	}
	doc := document{at: at, status: r.Status, media: r.MediaType(), header: r.Header, body: r.Body}
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		doc.at = u
	}
	if !r.OK() {
		d.note(address, fmt.Sprint(r.Status))
		return doc, fmt.Errorf("%s: %w with %d %s", address, errStatus, r.Status, http.StatusText(r.Status))
	}
	d.note(address, doc.media)
	return doc, nil
}

// note keeps what came of a request.
func (d *discovery) note(address, what string) {
	d.asked = append(d.asked, sanitize.Short(address, 120)+": "+sanitize.Short(sanitize.Line(what), 40))
}

// feed reads the document as one.
func (d document) feed() (feeds.Feed, error) {
	if isPage(d.body) || len(d.body) == 0 {
		return feeds.Feed{}, errors.New("no feed")
	}
	return feeds.Parse(d.body, d.at, d.header.Get("Content-Type"))
}
