// Package wordpress pulls a WordPress site: over its REST API, and where that is
// closed from its feeds and pages. It knows what WordPress, its plugins and
// themes serve; what is the same for all sites belongs elsewhere.
package wordpress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/sources"
)

// Source is one WordPress site. Make one with New. Pulls of one Source may run
// at the same time.
type Source struct {
	get  sources.Getter
	name string
	site sources.Site
	now  func() time.Time
}

var _ sources.Source = (*Source)(nil)

// New is the site that sources.Discover found, under the name that the
// configuration gives it. Only site.Home must be there: without an API the feeds
// are read, and without known feeds those that WordPress usually has.
func New(g sources.Getter, name string, site sources.Site, now func() time.Time) *Source {
	return &Source{get: g, name: name, site: site, now: now}
}

// pull is what one Pull or Recheck has found so far.
type pull struct {
	*Source
	home     *url.URL
	window   sources.Window
	state    *state
	articles []digest.Article
	gone     []digest.Item
	warnings []string
	// pages are the articles' pages that were read already, by address.
	pages map[string]page
	// articlesFeed is the feed of articles, if it was read.
	articlesFeed *articleFeed
	// asked counts the requests for single articles' comments; short are the
	// articles that lack some.
	asked     int
	listed    int // pages of the API's lists
	short     []string
	withdrawn []string // articles that are no longer public
	// offset is how far the times on the site's pages are ahead of UTC; zoned
	// says that this is known.
	offset time.Duration
	zoned  bool
}

// begin prepares a pull. Everything that it learns stays in it, so that pulls of
// one Source do not disturb each other.
func (s *Source) begin(r sources.Request) (*pull, error) {
	home, err := url.Parse(s.site.Home)
	if err != nil || home.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a site", s.site.Home)
	}
	if !strings.HasSuffix(home.Path, "/") {
		home.Path += "/"
	}
	return &pull{Source: s, home: home, window: r.Window, state: readState(r.State), pages: map[string]page{}}, nil
}

// Pull implements sources.Source.
func (s *Source) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	p, err := s.begin(r)
	if err != nil {
		return digest.Harvest{}, err
	}
	if err := p.everything(ctx); err != nil {
		return digest.Harvest{}, err
	}
	return p.harvest(), nil
}

// everything reads the API, or what is left of the site without it.
func (p *pull) everything(ctx context.Context) error {
	why := errNoAPI
	if p.site.API != "" && !p.state.closed(p.now()) {
		err := p.fromAPI(ctx)
		p.warnShort()
		if err == nil && len(p.articles) == 0 && p.feedHasMore(ctx) {
			err = errHides
		}
		if err == nil || ctx.Err() != nil || hostDown(err) {
			return err
		}
		why = err
		p.state.remember(err, p.now())
	} else if p.site.API != "" {
		why = errors.New(p.state.Why)
	}
	// The feed is worse in three ways that cannot be mended from here: it ends a text
	// at its first page break, knows no answers to hidden comments, and its own
	// count of comments includes pingbacks.
	p.warn("the REST API cannot be used (%v): read from the feed; comments may be missing, and articles of several pages end after the first", why)
	if err := p.fromFeed(ctx); err != nil {
		return fmt.Errorf("%w; %w", why, err)
	}
	p.warnShort()
	return nil
}

// errHides: some plugins let the API answer as if there were nothing.
var errHides = errors.New("it shows no articles though the feed does")

// feedHasMore says whether the feed shows articles of the window.
func (p *pull) feedHasMore(ctx context.Context) bool {
	f, err := p.articleFeed(ctx)
	return err == nil && slices.ContainsFunc(f.entries, func(e feeds.Entry) bool {
		return p.window.Contains(e.Published) && !protected(e)
	})
}

// warn adds to what the operator is told. One kind of trouble may come with
// every article, so it is said once.
func (p *pull) warn(format string, args ...any) {
	w := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	if !slices.Contains(p.warnings, w) {
		p.warnings = append(p.warnings, w)
	}
}

// add takes an article up. Two that have one id are one: a feed may list a post
// under two guids.
func (p *pull) add(a digest.Article) {
	if !slices.ContainsFunc(p.articles, func(b digest.Article) bool { return a.ID == b.ID }) {
		p.articles = append(p.articles, a)
	}
}

// warnShort tells, in one line however many they are, which threads are not whole.
func (p *pull) warnShort() {
	const most = 5
	switch n := len(p.short); {
	case n > most:
		p.warn("%s; and so with %d more articles", strings.Join(p.short[:most], "; "), n-most)
	case n > 0:
		p.warn("%s", strings.Join(p.short, "; "))
	}
}

// harvest is what was found, in the order in which sites show it.
func (p *pull) harvest() digest.Harvest {
	slices.SortStableFunc(p.articles, func(a, b digest.Article) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(number(b.ID), number(a.ID)))
	})
	return digest.Harvest{
		Source: p.name, At: p.now().UTC(), Articles: p.articles, Gone: p.gone,
		Warnings: p.warnings, State: p.state.bytes(),
	}
}

// number is an id as a number; 0 if it is none.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
