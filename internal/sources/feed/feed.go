// Package feed pulls a site through its feeds: the articles of one, and the
// comments that feeds of comments show. Feeds show the newest only, so that it
// says in words what it could not see.
package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// Source is a site with feeds. Make one with New; it is safe for concurrent use.
type Source struct {
	get  sources.Getter
	name string
	site sources.Site
	now  func() time.Time
	log  *slog.Logger
}

var _ sources.Source = (*Source)(nil)

// New is the site under the name that the configuration gives it. Of the
// site, Feeds is needed: the first that works is pulled, and pulled again from
// then on. Address tells which of them was meant, if it is one.
func New(g sources.Getter, name string, site sources.Site, now func() time.Time, log *slog.Logger) *Source {
	return &Source{get: g, name: name, site: site, now: now, log: log}
}

// pull is one Pull under way.
type pull struct {
	*Source
	window   sources.Window
	old, new state
	harvest  digest.Harvest
	asked    map[string]answer // feeds of comments that were asked already, by address
	requests int               // for comments
	failed   int               // of those, one after another
}

// Pull implements sources.Source. A site that says that its feed has not changed
// is asked for comments all the same, since they do not change that feed.
func (s *Source) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	p := &pull{Source: s, window: r.Window, old: readState(r.State), asked: map[string]answer{}}
	p.harvest = digest.Harvest{Source: s.name, At: s.now().UTC()}
	p.new = p.old.next(r.Window)
	a, err := p.articles(ctx, p.old.Since.IsZero() || r.Since.Before(p.old.Since))
	if err == nil && a.unchanged && p.newComments(ctx) {
		a, err = p.articles(ctx, true)
	}
	if err != nil {
		return digest.Harvest{}, err
	}
	if !a.unchanged {
		p.settle(ctx, a)
	}
	if err := ctx.Err(); err != nil {
		return digest.Harvest{}, err
	}
	p.harvest.State = p.new.bytes()
	s.log.Debug("pulled feeds", "source", s.name, "articles", len(p.harvest.Articles),
		"comment_requests", p.requests, "unchanged", a.unchanged)
	return p.harvest, nil
}

// warn tells the operator something, once.
func (p *pull) warn(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	for _, said := range p.harvest.Warnings {
		if said == line {
			return
		}
	}
	p.harvest.Warnings = append(p.harvest.Warnings, line)
}

// settle makes the harvest of what the feed shows.
func (p *pull) settle(ctx context.Context, a articles) {
	kept, replies := p.sort(a.entries)
	for _, e := range kept {
		p.harvest.Articles = append(p.harvest.Articles, p.article(e, a.language))
	}
	p.excerpts()
	p.comments(ctx, kept, replies)
}

// answer is what became of asking for a feed.
type answer struct {
	feed      feeds.Feed
	unchanged bool
	err       error
}

// read gets a feed; unless whole, only if it has changed since the last pull.
func (p *pull) read(ctx context.Context, address string, whole bool) answer {
	var known validators
	if !whole {
		known = p.old.Feeds[address]
	}
	a, v := p.Source.read(ctx, address, known)
	switch {
	case a.err != nil:
	case a.unchanged:
		p.new.Feeds[address] = known
	case len(a.feed.Warnings) == 0 && v != validators{}:
		p.new.Feeds[address] = v
	default: // of what was cut off, the whole may come under the same ETag
		delete(p.new.Feeds, address)
	}
	for _, w := range a.feed.Warnings {
		p.warn("%s: %s", address, w)
	}
	return a
}

const accept = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.9, text/xml;q=0.9, */*;q=0.5"

// read gets and reads a feed.
func (s *Source) read(ctx context.Context, address string, known validators) (answer, validators) {
	resp, err := s.get.Get(ctx, fetch.Request{URL: address, Accept: accept, ETag: known.ETag, LastModified: known.Modified})
	switch {
	case err != nil:
		return answer{err: fmt.Errorf("feed %s: %w", address, err)}, validators{}
	case resp.NotModified() && known != validators{}:
		return answer{unchanged: true}, known
	case !resp.OK():
		return answer{err: &refusal{address, resp.Status, resp.MediaType(), nil}}, validators{}
	}
	f, err := feeds.Parse(resp.Body, where(resp.URL, address), resp.Header.Get("Content-Type"))
	if err != nil {
		return answer{err: &refusal{address, resp.Status, resp.MediaType(), err}}, validators{}
	}
	return answer{feed: f}, validators{ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}.bounded()
}

// refusal is an answer that holds no feed.
type refusal struct {
	address   string
	status    int
	mediaType string
	cause     error // why a good status was of no use
}

func (r *refusal) Error() string {
	kind := r.mediaType
	if kind == "" {
		kind = "no media type"
	}
	text := fmt.Sprintf("feed %s: the site answers %d (%s)", r.address, r.status, kind)
	if r.cause != nil {
		text += ": " + r.cause.Error()
	}
	return text
}

func (r *refusal) Unwrap() error { return r.cause }

// Is tells what may pass (sources.ErrPassing) by the status.
func (r *refusal) Is(target error) bool {
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return target == sources.ErrPassing
	}
	return target == sources.ErrPassing && r.status >= 500
}

// statusOf is the status of the answer that err is about; 0 where there was none.
func statusOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}
