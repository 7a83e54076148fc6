package wordpress

import (
	"bytes"
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
	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// maxFeedPages is how far back a feed is followed; WordPress puts ten posts on a page.
const maxFeedPages = 30

// articleFeed is what the pages of the feed of articles hold together.
type articleFeed struct {
	entries []feeds.Entry // newest first, as the site lists them
	counts  bool          // the feed says how many comments there are, also where it is none
	cut     bool          // it has excerpts only
}

// fromFeed reads the window's articles and their comments without the API. An
// error means that nothing was read.
func (p *pull) fromFeed(ctx context.Context) error {
	f, err := p.articleFeed(ctx)
	if err != nil {
		return err
	}
	if f.cut {
		p.warn("the feed has excerpts only: texts are taken from the articles' pages")
	}
	for _, e := range f.entries {
		if !p.window.Contains(e.Published) || e.URL == "" || protected(e) {
			continue
		}
		a, ok := p.feedArticle(ctx, e, f.cut)
		if !ok {
			continue
		}
		count := e.CommentCount
		if !f.counts {
			count = unknown
		}
		p.thread(ctx, &a, count, e.CommentFeed)
		p.add(a)
	}
	return nil
}

// articleFeed reads the first feed that is one, as far back as the window
// reaches; once in a pull.
func (p *pull) articleFeed(ctx context.Context) (f articleFeed, failed error) {
	if p.articlesFeed != nil {
		return *p.articlesFeed, nil
	}
	for _, at := range p.feedAddresses() {
		err := p.follow(ctx, at, &f)
		if err == nil {
			p.articlesFeed = &f
			return f, nil
		}
		if failed != nil {
			err = fmt.Errorf("%w; %w", failed, err)
		}
		failed = err
		if hostDown(err) || ctx.Err() != nil {
			break
		}
	}
	return f, failed
}

// feedAddresses are the feeds that were discovered, and where WordPress usually has its own.
func (p *pull) feedAddresses() []string {
	plain := *p.home
	plain.RawQuery, plain.Fragment = "feed=rss2", ""
	all := append(slices.Clone(p.site.Feeds), p.home.JoinPath("feed/").String(), plain.String())
	var out []string
	for _, a := range all {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out[:min(len(out), 4)]
}

// follow reads a feed page by page until one reaches back before the window or
// brings nothing new. A failure of the first page is an error, of others a warning.
func (p *pull) follow(ctx context.Context, at string, f *articleFeed) error {
	seen := map[string]bool{}
	oldest := p.window.Until
	for n := 1; n <= maxFeedPages; n++ {
		page, body, err := p.feed(ctx, pageOf(at, "paged", n))
		if err != nil && n == 1 {
			return err
		}
		fresh := 0
		for _, e := range page.Entries {
			if seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			fresh++
			f.entries = append(f.entries, e)
			if e.Published.Before(oldest) && !e.Published.IsZero() {
				oldest = e.Published
			}
		}
		f.learn(body, n == 1)
		switch {
		case oldest.Before(p.window.Since.Add(-margin)):
			return nil
		case fresh == 0: // a page beyond the end is a 404, or page one again
			if n == 2 && oldest.After(p.window.Since) || err != nil && !beyondTheEnd(err) {
				p.warn("the feed reaches back to %s only: older articles may be missing", oldest.UTC().Format("2006-01-02 15:04"))
			}
			return nil
		}
	}
	p.warn("the feed has more than %d pages: older articles are missing", maxFeedPages)
	return nil
}

// learn notes what kind of feed it is.
func (f *articleFeed) learn(body []byte, first bool) {
	has := func(s string) bool { return bytes.Contains(body, []byte(s)) }
	f.counts = f.counts || has("slash:comments") || has("thr:total")
	f.cut = f.cut || first && !has("<content") && !has("content_html")
}

// beyondTheEnd recognizes what a page number that is too high is answered with.
func beyondTheEnd(err error) bool {
	var e *apiError
	return errors.As(err, &e) && (e.status == 404 || e.status == 410)
}

// pageOf is the address of page n of what is at address.
func pageOf(address, key string, n int) string {
	u, err := url.Parse(address)
	if err != nil || n == 1 {
		return address
	}
	q := u.Query()
	q.Set(key, strconv.Itoa(n))
	u.RawQuery = q.Encode()
	return u.String()
}

// feed fetches and parses one feed document.
func (p *pull) feed(ctx context.Context, at string) (feeds.Feed, []byte, error) {
	resp, err := p.get.Get(ctx, fetch.Request{URL: at, Accept: "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.8"})
	if err != nil {
		return feeds.Feed{}, nil, err
	}
	where, err := url.Parse(resp.URL)
	if err != nil || !resp.OK() {
		return feeds.Feed{}, nil, fmt.Errorf("feed %s: %w", at, &apiError{status: resp.Status, detail: "no feed"})
	}
	f, err := feeds.Parse(resp.Body, where, resp.Header.Get("Content-Type"))
	if err != nil {
		return feeds.Feed{}, nil, fmt.Errorf("feed %s: %w", at, err)
	}
	return f, resp.Body, nil
}

// protected says whether a feed's entry stands for a text that is not for everybody.
func protected(e feeds.Entry) bool {
	return passwordForm(e.HTML) || passwordForm(e.Summary) || feeds.Protected(e)
}

// feedArticle makes an article of a feed's entry. False: it must not be shown.
func (p *pull) feedArticle(ctx context.Context, e feeds.Entry, cut bool) (digest.Article, bool) {
	a := e.Article
	a.Source, a.Comments, a.CommentCount = p.name, nil, 0
	a.Language = p.site.Language
	a.Title, a.Author.Name = sanitize.Line(a.Title), sanitize.Line(a.Author.Name)
	content, excerpt := a.HTML, a.Summary
	// One request for a post that was moved here, and only once: its id is kept.
	id := p.idOf(e.ID)
	if id == "" || cut {
		pg, err := p.threadPage(ctx, a.URL)
		switch {
		case err == nil && pg.protected:
			return a, false
		case err == nil:
			id = cmp.Or(id, pg.postID())
			if cut && pg.content != "" {
				content, excerpt = pg.content, cmp.Or(excerpt, content)
			}
			a.CommentsClosed = pg.closed
			a.Author.Bio = cmp.Or(a.Author.Bio, pg.bio)
		case cut:
			p.warn("some articles are excerpts: their pages cannot be read (%v)", err)
		}
	}
	a.ID = cmp.Or(id, e.ID)
	p.state.learn(e.ID, a.ID)
	if a.CommentsURL == "" || strings.HasSuffix(a.CommentsURL, "#respond") {
		a.CommentsURL = a.URL + "#comments"
	}
	if !a.Updated.After(a.Published) {
		a.Updated = time.Time{}
	}
	given := a.Original
	fill(&a, content, excerpt)
	a.Original = cmp.Or(a.Original, given)
	return a, true
}

// idOf is the post's id as the API would say it, from the guid ?p=N. A guid of
// another host was brought along from there, and so was its number.
func (p *pull) idOf(guid string) string {
	if known := p.state.known(guid); known != "" {
		return known
	}
	u, err := url.Parse(guid)
	if err != nil || sanitize.Host(guid) != sanitize.Host(p.home.String()) {
		return ""
	}
	if n := number(u.Query().Get("p")); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}
