package feed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// doubtful is how many articles cannot all be gone at once.
const doubtful = 3

// recheck is one Recheck under way.
type recheck struct {
	*Source
	known   state
	harvest digest.Harvest
	failed  error // the last failure
}

// Recheck implements sources.Source, with one request for each article, one for
// its comments, and one for the feed of articles if a page is missing. An article
// is gone where its page asks for a password, or is missing and the feed does not
// list the article: what the feed lists is there, so that no later pull that
// finds the feed unchanged can hide an article that was called gone by mistake.
// It is an error if all articles seem gone. A comment is gone where the feed
// shows older ones and not it; what is older than all that the feed shows cannot
// be told.
func (s *Source) Recheck(ctx context.Context, r sources.Request, all []digest.Article) (digest.Harvest, error) {
	c := &recheck{Source: s, known: readState(r.State), harvest: digest.Harvest{Source: s.name, At: s.now().UTC()}}
	gone := c.gone(ctx, all)
	if len(all) >= doubtful && len(gone) == len(all) {
		return digest.Harvest{}, fmt.Errorf("recheck %s: all %d articles seem to be gone at once, which cannot be believed", s.name, len(all))
	}
	for _, a := range all {
		if gone[a.ID] {
			c.harvest.Gone = append(c.harvest.Gone, digest.Item{Source: s.name, Article: a.ID})
			continue
		}
		c.comments(ctx, a)
	}
	if err := ctx.Err(); err != nil {
		return digest.Harvest{}, fmt.Errorf("recheck %s: %w", s.name, err)
	}
	if c.failed != nil {
		c.harvest.Warnings = append(c.harvest.Warnings, fmt.Sprintf("not everything could be looked up again: %v", c.failed))
	}
	return c.harvest, nil
}

// gone are the ids of the articles that are not there any more.
func (c *recheck) gone(ctx context.Context, all []digest.Article) map[string]bool {
	gone := map[string]bool{}
	var missing []digest.Article
	found := false
	for _, a := range all {
		switch c.page(ctx, a.URL) {
		case shut:
			gone[a.ID] = true
		case absent:
			missing = append(missing, a)
		case there:
			found = true
		}
	}
	if len(missing) == 0 {
		return gone
	}
	listed, err := c.listed(ctx)
	if err != nil {
		c.failed = err
		return gone
	}
	// Where no page is there, not even one of what is listed, no page ever is:
	// scripts draw them on some sites, under a status of 404.
	if !found && slices.ContainsFunc(missing, listed) {
		c.failed = errors.New("the pages of articles are missing that the feed lists")
		return gone
	}
	for _, a := range missing {
		if !listed(a) {
			gone[a.ID] = true
		}
	}
	return gone
}

// listed reads the feed of articles, whether or not it has changed, and returns
// what says whether it lists an article for everybody, by id or address. A feed
// without entries can tell nothing: that is an error.
func (c *recheck) listed(ctx context.Context) (func(digest.Article) bool, error) {
	if hopeless(ctx, c.failed) {
		return nil, c.failed
	}
	from := c.articleFeeds(c.known.Chosen)
	if len(from) == 0 {
		return nil, errors.New("the site has no feed of articles")
	}
	answer, _ := c.read(ctx, from[0], validators{})
	if answer.err != nil {
		return nil, answer.err
	}
	if len(answer.feed.Entries) == 0 {
		return nil, fmt.Errorf("feed %s is empty", from[0])
	}
	ids, pages := map[string]bool{}, map[string]bool{}
	for _, e := range answer.feed.Entries {
		if !feeds.Protected(e) {
			ids[e.ID], pages[page(e.URL)] = true, true
		}
	}
	return func(a digest.Article) bool { return ids[a.ID] || pages[page(a.URL)] }, nil
}

// presence is what an article's page tells of the article.
type presence int

const (
	unknown presence = iota
	there
	absent
	shut // to all without a password
)

// page asks for a page. It keeps the last failure, and asks no more of a site
// that wants to be left alone.
func (c *recheck) page(ctx context.Context, address string) presence {
	if address == "" || hopeless(ctx, c.failed) {
		return unknown
	}
	resp, err := c.get.Get(ctx, fetch.Request{URL: address, Accept: "text/html, */*;q=0.5"})
	switch {
	case err != nil:
		c.failed = fmt.Errorf("page %s: %w", address, err)
		return unknown
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone:
		return absent
	case !resp.OK():
		return unknown
	case feeds.PasswordForm(string(resp.Body)):
		return shut
	}
	return there
}

// comments looks up the article's comments.
func (c *recheck) comments(ctx context.Context, a digest.Article) {
	address := c.known.thread(a.ID).Feed
	if len(a.Comments) == 0 || address == "" || hopeless(ctx, c.failed) {
		return
	}
	answer, _ := c.read(ctx, address, validators{})
	if answer.err != nil {
		c.failed = answer.err
		return
	}
	present, missing := c.compare(a, answer.feed.Entries)
	if len(answer.feed.Warnings) == 0 { // else they may be in what could not be read
		c.harvest.Gone = append(c.harvest.Gone, missing...)
	}
	if len(present) > 0 {
		a.Comments, a.Whole = present, false
		c.harvest.Articles = append(c.harvest.Articles, a)
	}
}

// compare looks for the article's comments in their feed.
func (s *Source) compare(a digest.Article, entries []feeds.Entry) (present []digest.Comment, missing []digest.Item) {
	shown := map[string]digest.Comment{}
	for _, c := range s.discussion(&a, entries) {
		shown[c.ID] = c
	}
	oldest := span(entries)
	for _, c := range a.Comments {
		now, there := shown[c.ID]
		switch {
		case there:
			now.Votes, now.ByArticleAuthor = c.Votes, c.ByArticleAuthor
			present = append(present, now)
		case !oldest.IsZero() && c.Published.After(oldest):
			missing = append(missing, digest.Item{Source: s.name, Article: a.ID, Comment: c.ID})
		}
	}
	return present, missing
}

// span is the date of the oldest entry; zero where that cannot be told.
func span(entries []feeds.Entry) time.Time {
	for _, e := range entries {
		if e.Published.IsZero() {
			return time.Time{}
		}
	}
	return oldestOf(entries)
}
