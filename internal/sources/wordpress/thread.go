package wordpress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/sanitize"
)

// unknown is the number of comments where nothing says it.
const unknown = -1

// maxCommentPages is how many pages of one article's comments are read, and
// maxThreadRequests how much one pull asks for single articles' comments.
const (
	maxCommentPages   = 20
	maxThreadRequests = 150
)

// feedPage is how many comments a feed holds at most, as WordPress is set at
// first: one that is full may not be all.
const feedPage = 10

// errEnough ends the reading of threads, not the pull.
var errEnough = errors.New("more requests than one pull may make")

// commentsFromFeeds reads the comments of the articles that the API gave. How
// many each has is in the feed of articles, if there is one.
func (p *pull) commentsFromFeeds(ctx context.Context) {
	byID := map[string]feeds.Entry{}
	f, err := p.articleFeed(ctx)
	if err == nil {
		for _, e := range f.entries {
			byID[cmp.Or(p.idOf(e.ID), e.ID)] = e
		}
	}
	slices.SortStableFunc(p.articles, func(a, b digest.Article) int { return b.Published.Compare(a.Published) }) // the newest while there is time
	for i := range p.articles {
		a := &p.articles[i]
		count := unknown
		e, ok := byID[a.ID]
		if ok && f.counts {
			count = e.CommentCount
		}
		p.thread(ctx, a, count, e.CommentFeed)
	}
}

// found are the comments of one article, by id.
type found struct {
	comments map[string]digest.Comment
	pings    map[string]bool
	// guessed says that some dates are not the site's.
	guessed bool
	fed     map[string]bool // what the feed had: the newest
	full    bool            // the feed had as many as it can have
	both    bool            // one that it had stands on a page, too
}

// joined says whether nothing can be missing between the comments of the feed,
// which are the newest, and those of the pages, which may come from a cache.
func (f found) joined() bool { return f.both || !f.full }

// seen is how many the site's own count would call them: it counts pingbacks too.
func (f found) seen() int { return len(f.comments) + len(f.pings) }

// thread reads the comments of an article from its comment feed, which has the
// newest only, and where these are not count from its page.
func (p *pull) thread(ctx context.Context, a *digest.Article, count int, feed string) {
	if p.skip(a, count) {
		return
	}
	f := found{comments: map[string]digest.Comment{}, pings: map[string]bool{}, fed: map[string]bool{}}
	// The feed first: it is a tenth of the page's size, has times in UTC, and for most
	// articles holds all there is.
	fed := p.commentFeed(ctx, a, feed, &f)
	whole := fed && (f.seen() == 0 && count == unknown || f.seen() == count && !f.full)
	var err error
	if !whole && ctx.Err() == nil {
		err = p.commentPages(ctx, a, &f)
		whole = err == nil && f.seen() >= count && f.joined()
	}
	p.settle(a, f, count, whole)
	if err == nil && (fed || whole) && ctx.Err() == nil {
		p.remember(*a, count)
	}
}

// settle puts what was found into the article.
func (p *pull) settle(a *digest.Article, f found, count int, whole bool) {
	a.Comments = nil
	for id, c := range f.comments {
		if !f.pings[id] {
			a.Comments = append(a.Comments, c)
		}
	}
	slices.SortFunc(a.Comments, func(x, y digest.Comment) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	a.CommentCount, a.Whole = max(len(a.Comments), count-len(f.pings)), whole
	if !whole {
		p.tellShort(*a, len(a.Comments), a.CommentCount)
	}
	if f.guessed {
		p.warn("some comments' times are guesses: the pages do not say them")
	}
}

// tellShort notes that only got of count comments are known.
func (p *pull) tellShort(a digest.Article, got, count int) {
	of := ""
	if count > got {
		of = fmt.Sprintf(" of %d", count)
	}
	p.short = append(p.short, fmt.Sprintf("%s: %d%s comments could be read", cmp.Or(clip(a.Title, 80), a.URL), got, of))
}

// commentFeed reads the feed of an article's comments. Its further pages are
// never asked for: they are the first again and again.
func (p *pull) commentFeed(ctx context.Context, a *digest.Article, at string, f *found) bool {
	if at == "" {
		at = usualCommentFeed(a.URL)
	}
	if p.asked++; p.asked > maxThreadRequests {
		return false
	}
	doc, _, err := p.feed(ctx, at)
	if err != nil {
		return false
	}
	f.full = len(doc.Entries) >= feedPage
	for _, e := range doc.Entries {
		c, ok := p.feedComment(e, a)
		switch {
		case !ok:
			continue
		case pingText(e.HTML):
			f.pings[c.ID] = true
		default:
			f.comments[c.ID] = c
		}
		f.fed[c.ID] = true
	}
	return true
}

// usualCommentFeed is where WordPress has the comment feed of an article.
func usualCommentFeed(article string) string {
	u, err := url.Parse(article)
	if err != nil {
		return ""
	}
	if q := u.Query(); q.Has("p") {
		q.Set("feed", "rss2")
		u.RawQuery = q.Encode()
		return u.String()
	}
	return u.JoinPath("feed/").String()
}

var (
	commentAnchor = regexp.MustCompile(`#comment-(\d{1,18})$`)
	// replyLead is the line that WordPress puts before an answer in a feed,
	// whatever the language.
	replyLead = regexp.MustCompile(`^\s*(?:<p>)?[^<]{0,80}<a [^>]*href="[^"]*#comment-(\d{1,18})"[^>]*>(?:[^<]|<img[^>]*>){0,200}</a>[^<]{0,40}(?:</p>|<br ?/?>|\n)\s*`)
	// pingLine is how the text of a pingback begins and ends.
	pingLine = regexp.MustCompile(`(?s)^\s*(?:<p>)?\s*\[(?:…|&#8230;|&hellip;|\.\.\.)\].*\[(?:…|&#8230;|&hellip;|\.\.\.)\]\s*(?:</p>)?\s*$`)
)

func pingText(markup string) bool { return pingLine.MatchString(markup) }

// feedComment makes a comment of an entry. False: it is nothing that could be named.
func (p *pull) feedComment(e feeds.Entry, a *digest.Article) (digest.Comment, bool) {
	m := commentAnchor.FindStringSubmatch(e.ID)
	if m == nil {
		m = commentAnchor.FindStringSubmatch(e.URL)
	}
	if m == nil || e.Published.IsZero() || passwordForm(e.HTML) {
		return digest.Comment{}, false
	}
	markup := cmp.Or(e.HTML, e.Summary)
	c := digest.Comment{
		Source: p.name, Article: a.ID, ID: m[1], URL: cmp.Or(e.URL, a.URL+"#comment-"+m[1]),
		Author: digest.Author{Name: sanitize.Line(e.Author.Name)}, Published: e.Published,
	}
	if lead := replyLead.FindStringSubmatchIndex(markup); lead != nil {
		c.Parent, markup = markup[lead[2]:lead[3]], markup[lead[1]:]
	}
	if to := commentAnchor.FindStringSubmatch(e.ReplyTo); to != nil {
		c.Parent = to[1]
	}
	c.HTML = readableComment(markup, baseOf(*a))
	return c, true
}

// commentPages adds what an article's page shows, and its further pages of
// comments. An error means that some could not be read.
func (p *pull) commentPages(ctx context.Context, a *digest.Article, f *found) error {
	first, err := p.threadPage(ctx, a.URL)
	if err != nil {
		return err
	}
	a.CommentsClosed = a.CommentsClosed || first.closed
	a.Author.Bio = cmp.Or(a.Author.Bio, first.bio)
	p.merge(a, first, f)
	// The page without a number is the newest or the oldest, as the site is set; so
	// all numbers are asked for, whatever the count: it may be an old one. Some
	// themes lead to the next page only, so each may know of more.
	read := map[int]bool{}
	for last := first.commentPages; len(read) < maxCommentPages; {
		n := last
		for read[n] {
			n--
		}
		if n < 1 {
			return nil
		}
		more, err := p.threadPage(ctx, commentPage(first.commentPageLink, n))
		if err != nil {
			return err
		}
		p.merge(a, more, f)
		read[n], last = true, max(last, more.commentPages)
	}
	return errEnough
}

// threadPage is page within what one pull may ask.
func (p *pull) threadPage(ctx context.Context, at string) (page, error) {
	if p.asked++; p.asked > maxThreadRequests {
		return page{}, errEnough
	}
	return p.page(ctx, at)
}

// merge adds a page's comments. What the feed said about one stays: its dates
// are in UTC, the page's often in no zone at all.
func (p *pull) merge(a *digest.Article, pg page, f *found) {
	// Themes print local times without saying so.
	offset, sure := zone(pg, f.comments)
	if sure {
		p.offset, p.zoned = offset, true
	} else { // as on the site's other pages: those with older comments hold none that the feed dates
		offset, sure = p.offset, p.zoned
	}
	last := a.Published
	for _, c := range pg.comments {
		known, ok := f.comments[c.id]
		f.both = f.both || f.fed[c.id]
		if c.ping {
			f.pings[c.id] = true
			continue
		}
		if ok {
			known.Parent = cmp.Or(known.Parent, c.parent)
			known.ByArticleAuthor = known.ByArticleAuthor || c.byAuthor
			known.Author.URL = cmp.Or(known.Author.URL, sanitize.Address(c.authorURL, nil))
		} else {
			known = p.pageComment(c, a)
			switch {
			case c.local && !c.at.IsZero():
				known.Published = c.at.Add(-offset)
				f.guessed = f.guessed || !sure
			case c.at.IsZero(): // not before what it was written after
				known.Published, f.guessed = last, true
			}
		}
		last = known.Published
		f.comments[c.id] = known
	}
}

// pageComment is what a theme showed, as a comment; its time may still be local.
func (p *pull) pageComment(c pageComment, a *digest.Article) digest.Comment {
	return digest.Comment{
		Source: p.name, Article: a.ID, ID: c.id, Parent: c.parent, URL: a.URL + "#comment-" + c.id,
		Author:    digest.Author{Name: c.author, URL: sanitize.Address(c.authorURL, nil)},
		Published: c.at, HTML: readableComment(c.html, baseOf(*a)), ByArticleAuthor: c.byAuthor,
	}
}

// zone is how far the page's times are ahead of UTC, from a comment whose time
// is known from elsewhere.
func zone(pg page, known map[string]digest.Comment) (offset time.Duration, sure bool) {
	for _, c := range pg.comments {
		if k, ok := known[c.id]; ok && c.local && !c.at.IsZero() && !k.Published.IsZero() {
			if d := c.at.Sub(k.Published).Round(15 * time.Minute); d.Abs() <= 15*time.Hour {
				return d, true
			}
		}
	}
	return 0, false
}

// commentPage is the address of page n of comments, from that of another.
func commentPage(link string, n int) string {
	link, _, _ = strings.Cut(link, "#")
	return commentPageNumber.ReplaceAllStringFunc(link, func(s string) string {
		return strings.TrimRight(s, "0123456789") + itoa(n)
	})
}
