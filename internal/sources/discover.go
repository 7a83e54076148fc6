package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// The limits of one discovery.
const (
	maxRequests = 24 // redirects not counted
	maxDeclared = 8  // feeds and API roots that a page may name, each
)

// ErrNothingFound means that an address answers, but with nothing that
// articles can be pulled from.
var ErrNothingFound = errors.New("neither WordPress nor a feed found")

// errBudget ends a discovery that asked too much.
var errBudget = errors.New("too many requests for one site")

// Discover finds out what answers at an address that a person typed: the
// address of a front page, of a feed, of an article, or a bare host name, which
// is tried with https first. It asks at most 24 times. A site never moves us to
// another host than the one that answered: redirects of the address itself are
// followed, but what the site says about its home or its API counts for paths
// only. The error wraps what the Getter said, or is an ErrNothingFound that
// tells what was asked for.
func Discover(ctx context.Context, g Getter, address string) (Site, error) {
	starts, err := typed(address)
	if err != nil {
		return Site{}, err
	}
	d := &discovery{getter: g, tried: map[string]bool{}}
	site, err := d.run(ctx, starts)
	if err != nil {
		return Site{}, fmt.Errorf("find the site at %s: %w", sanitize.Short(sanitize.Line(address), 200), err)
	}
	return site, nil
}

// discovery is one of them, and what it has asked for.
type discovery struct {
	getter Getter
	asked  []string // "address: what came", for the error
	tried  map[string]bool
}

// news says whether an address is looked at for the first time.
func (d *discovery) news(at *url.URL) bool {
	known := d.tried[at.String()]
	d.tried[at.String()] = true
	return !known
}

func (d *discovery) run(ctx context.Context, starts []*url.URL) (Site, error) {
	doc, err := d.open(ctx, starts)
	if err != nil {
		return Site{}, err
	}
	site, err := d.identify(ctx, doc)
	site.Address = doc.at.String()
	return site, err
}

// identify says what site a document is of.
func (d *discovery) identify(ctx context.Context, doc document) (Site, error) {
	if f, err := doc.feed(); err == nil {
		return d.fromFeed(ctx, doc, f), nil
	}
	p := readPage(doc)
	for _, find := range []func(context.Context, page) (Site, bool){d.announced, d.hinted, d.throughFeed, d.silent} {
		if site, found := find(ctx, p); found {
			return site, nil
		}
		if err := ctx.Err(); err != nil {
			return Site{}, err
		}
	}
	return Site{}, fmt.Errorf("%w (asked %s): give the address of the site's feed, or of a page that links to it",
		ErrNothingFound, strings.Join(d.asked, "; "))
}

// announced is a WordPress whose page says where its API is.
func (d *discovery) announced(ctx context.Context, p page) (Site, bool) {
	return d.wordpress(ctx, p, p.api)
}

// hinted is a WordPress that can be told by its page's looks only.
func (d *discovery) hinted(ctx context.Context, p page) (Site, bool) {
	if !p.looksLikeWordPress() {
		return Site{}, false
	}
	return d.wordpress(ctx, p, guessAPI(p.at, p.folders))
}

func (p page) looksLikeWordPress() bool { return p.wordpress || len(p.folders) > 0 }

// throughFeed is a site with a feed that the page names, or that stands where
// feeds use to.
func (d *discovery) throughFeed(ctx context.Context, p page) (Site, bool) {
	for _, group := range [][]*url.URL{p.feeds, guessFeeds(p.at)} {
		for _, at := range group {
			if !d.news(at) {
				continue
			}
			doc, err := d.ask(ctx, at, acceptFeed)
			if lost(err) && at.Host == p.at.Host {
				return Site{}, false
			}
			if err != nil {
				continue
			}
			f, err := doc.feed()
			if err != nil {
				continue
			}
			return d.complete(d.fromFeed(ctx, doc, f), p, at), true
		}
	}
	return Site{}, false
}

// silent is a WordPress that shows nothing of it, and has no feed either.
func (d *discovery) silent(ctx context.Context, p page) (Site, bool) {
	if p.looksLikeWordPress() {
		return Site{}, false // asked already
	}
	return d.wordpress(ctx, p, guessAPI(p.at, nil))
}

// complete adds what the page said to a site that was found through the feed
// that is at.
func (d *discovery) complete(site Site, p page, at *url.URL) Site {
	if p.wordpress {
		site.Kind = KindWordPress
	}
	if site.Title == "" {
		site.Title = p.title
	}
	if site.Language == "" {
		site.Language = p.language
	}
	for _, other := range p.feeds {
		if other != at {
			site.Feeds = append(site.Feeds, other.String())
		}
	}
	return site
}

// lost says whether asking on is of no use: the host is not to be had.
func lost(err error) bool {
	return err != nil && !errors.Is(err, errStatus) && !errors.Is(err, fetch.ErrTooLarge) && !errors.Is(err, fetch.ErrForbidden)
}

// open asks for the typed address, under one scheme after the other.
func (d *discovery) open(ctx context.Context, starts []*url.URL) (document, error) {
	var problem error
	for _, at := range starts {
		doc, err := d.ask(ctx, at, acceptPage)
		if err == nil {
			return doc, nil
		}
		if doc.walled() {
			// Walls against robots often stand before the pages only.
			doc.body = nil
			return doc, nil
		}
		if doc.status == http.StatusNotFound || doc.status == http.StatusGone {
			err = fmt.Errorf("%w: check how the address is written", err)
		}
		if problem != nil {
			err = fmt.Errorf("%w; %w", problem, err)
		}
		problem = err
		if ctx.Err() != nil || errors.Is(err, fetch.ErrForbidden) || errors.Is(err, fetch.ErrBusy) {
			break
		}
	}
	return document{}, problem
}

// walled says that the address answered, but not to us.
func (d document) walled() bool {
	switch d.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable:
		return true
	case http.StatusNotFound:
		return d.at.Path == "/" && d.at.RawQuery == ""
	}
	return false
}
