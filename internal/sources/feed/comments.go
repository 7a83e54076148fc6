package feed

import (
	"context"
	"slices"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/sanitize"
)

// The bounds of asking for comments: how many requests in a pull, and after how
// many failures in a row the site is left alone.
const (
	maxRequests = 60
	maxFailures = 3
)

// newComments asks for the comments of the articles that are remembered, and for
// those of the whole site, and says whether there is anything new.
func (p *pull) newComments(ctx context.Context) bool {
	found := false
	var missed gaps
	addresses := p.siteFeeds()
	for _, t := range p.new.Threads {
		addresses = append(addresses, t.Feed)
	}
	for _, address := range addresses {
		a, asked := p.ask(ctx, address)
		switch {
		case !asked:
			missed.unasked++
		case a.err != nil:
			missed.fail(a.err)
		case len(a.feed.Entries) > 0:
			found = true
		}
	}
	if !found { // else they are told when the comments are sorted
		missed.tell(p)
	}
	return found
}

// ask gets a feed of comments, each once in a pull. It returns false where there
// have been requests enough.
func (p *pull) ask(ctx context.Context, address string) (answer, bool) {
	if a, known := p.asked[address]; known {
		return a, true
	}
	if p.requests >= maxRequests || p.failed >= maxFailures || ctx.Err() != nil {
		return answer{}, false
	}
	p.requests++
	a := p.read(ctx, address, false)
	p.asked[address] = a
	switch {
	case a.err == nil:
		p.failed = 0
	case hopeless(ctx, a.err):
		p.failed = maxFailures
	default:
		p.failed++
	}
	return a, true
}

// comments hangs comments on the harvest's articles, whose entries are given in
// the same order: those among the articles, those of the whole site, and those
// of each article's own feed, newest article first.
func (p *pull) comments(ctx context.Context, entries, replies []feeds.Entry) {
	for _, address := range p.siteFeeds() {
		a, asked := p.ask(ctx, address)
		if asked && a.err != nil {
			p.warn("comments cannot be read: %v", a.err)
		}
		replies = append(replies, a.feed.Entries...)
	}
	p.distribute(replies)
	var missed gaps
	var threads []thread
	for i, e := range entries {
		article := &p.harvest.Articles[i]
		old := !e.Published.IsZero() && e.Published.Before(p.window.Since)
		if old || e.CommentFeed == "" || slices.Contains(p.siteFeeds(), e.CommentFeed) {
			article.CommentCount = max(article.CommentCount, len(article.Comments))
			continue
		}
		t := thread{Article: e.ID, Feed: e.CommentFeed, Published: e.Published, Seen: p.old.thread(e.ID).Seen}
		_, asked := p.asked[e.CommentFeed] // the count may be older
		if !e.Counted || e.CommentCount > 0 || asked {
			p.thread(ctx, article, e, &t, &missed)
		}
		threads = append(threads, t)
		article.CommentCount = max(article.CommentCount, len(article.Comments))
	}
	p.new.watch(threads)
	missed.tell(p)
}

// thread reads the feed of an article's comments.
func (p *pull) thread(ctx context.Context, article *digest.Article, e feeds.Entry, t *thread, missed *gaps) {
	a, asked := p.ask(ctx, e.CommentFeed)
	switch {
	case !asked:
		missed.unasked++
	case a.err != nil:
		missed.fail(a.err)
	case !a.unchanged:
		article.Comments = merge(article.Comments, p.discussion(article, a.feed.Entries))
		overlap := !t.Seen.IsZero() && !oldestOf(a.feed.Entries).After(t.Seen)
		if shown := len(a.feed.Entries); e.Counted && shown < e.CommentCount && !overlap {
			missed.short(article.Title, e.CommentCount-shown)
		}
		t.Seen = newestOf(a.feed.Entries, t.Seen)
		// A feed cuts at its own length, and the count may be as old as a cache:
		// only a short feed that the count agrees with shows all there is.
		article.Whole = e.Counted && len(a.feed.Entries) == e.CommentCount && e.CommentCount < usualPage &&
			len(a.feed.Warnings) == 0
	}
}

// distribute hangs comments on the articles that they answer, directly or by way
// of other comments, or whose page they stand on.
func (p *pull) distribute(replies []feeds.Entry) {
	of := map[string]int{}
	for i, a := range p.harvest.Articles {
		of[a.ID] = i
		if a.URL != "" {
			of[page(a.URL)] = i
		}
	}
	grouped := map[int][]feeds.Entry{}
	home := map[string]int{}
	// A comment may stand before the one that it answers, as the newest come first.
	for again := true; again; {
		again = false
		for _, e := range replies {
			if _, done := home[e.ID]; done {
				continue
			}
			i, found := of[e.ReplyTo]
			if !found {
				i, found = home[e.ReplyTo]
			}
			if !found && e.URL != "" && strings.Contains(e.URL, "#") {
				i, found = of[page(e.URL)]
			}
			if found {
				home[e.ID], again = i, true
				grouped[i] = append(grouped[i], e)
			}
		}
	}
	for i, entries := range grouped {
		a := &p.harvest.Articles[i]
		a.Comments = p.discussion(a, entries)
	}
}

// page is an address without its fragment.
func page(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return strings.TrimSuffix(address, "/")
}

// merge adds what is not there yet.
func merge(all, more []digest.Comment) []digest.Comment {
	have := map[string]bool{}
	for _, c := range all {
		have[c.ID] = true
	}
	for _, c := range more {
		if !have[c.ID] {
			all = append(all, c)
		}
	}
	return all
}

// discussion makes comments of the entries of a feed: those that anybody may
// read and that were written here, which pingbacks are not.
func (s *Source) discussion(article *digest.Article, entries []feeds.Entry) []digest.Comment {
	var all []digest.Comment
	for _, e := range entries {
		c := s.comment(article, e)
		if feeds.Protected(e) || pingback(c.HTML) {
			continue
		}
		if parent, rest, found := answering(c.HTML); found && strings.HasPrefix(page(parent), page(article.URL)) {
			c.HTML = rest
			if c.Parent == "" {
				c.Parent = beside(c.ID, parent)
			}
		}
		all = append(all, c)
	}
	return all
}

// beside is the id of the comment at an address, made like the id of another of
// the same thread; "" where ids do not have the form of WordPress's.
func beside(id, address string) string {
	prefix, _, ok := strings.Cut(id, "#comment-")
	_, number, found := strings.Cut(address, "#comment-")
	if !ok || !found {
		return ""
	}
	return prefix + "#comment-" + number
}

// comment is an entry as a comment on the article.
func (s *Source) comment(article *digest.Article, e feeds.Entry) digest.Comment {
	c := digest.Comment{
		Source: s.name, Article: article.ID, ID: e.ID, URL: e.URL,
		Author: author(e.Author), Published: e.Published, HTML: e.HTML,
	}
	if c.HTML == "" {
		c.HTML = e.Summary
	}
	if c.Author.Name == "" {
		if name, found := strings.CutPrefix(sanitize.Line(e.Title), "By: "); found { // WordPress's title of comments
			c.Author.Name = name
		}
	}
	if e.ReplyTo != article.ID && e.ReplyTo != e.ID && page(e.ReplyTo) != page(article.URL) {
		c.Parent = e.ReplyTo
	}
	return c
}
