package feed

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// Recheck implements sources.Source, with one request for each article and one
// for its comments. An article is gone where its page says so. A comment is gone
// where the feed shows older ones and not it; what is older than all that the
// feed shows cannot be told.
func (s *Source) Recheck(ctx context.Context, r sources.Request, all []digest.Article) (digest.Harvest, error) {
	h := digest.Harvest{Source: s.name, At: s.now().UTC()}
	known := readState(r.State)
	var failed error
	for _, a := range all {
		if s.gone(ctx, a.URL, &failed) {
			h.Gone = append(h.Gone, digest.Item{Source: s.name, Article: a.ID})
			continue
		}
		address := known.thread(a.ID).Feed
		if len(a.Comments) == 0 || address == "" || hopeless(ctx, failed) {
			continue
		}
		answer, _ := s.read(ctx, address, validators{})
		if answer.err != nil {
			failed = answer.err
			continue
		}
		present, missing := s.compare(a, answer.feed.Entries)
		h.Gone = append(h.Gone, missing...)
		if len(present) > 0 {
			a.Comments, a.Whole = present, false
			h.Articles = append(h.Articles, a)
		}
	}
	if err := ctx.Err(); err != nil {
		return digest.Harvest{}, fmt.Errorf("recheck %s: %w", s.name, err)
	}
	if failed != nil {
		h.Warnings = append(h.Warnings, fmt.Sprintf("not everything could be looked up again: %v", failed))
	}
	return h, nil
}

// gone asks for a page. It keeps the last failure, and asks no more of a site
// that wants to be left alone.
func (s *Source) gone(ctx context.Context, address string, failed *error) bool {
	if address == "" || hopeless(ctx, *failed) {
		return false
	}
	resp, err := s.get.Get(ctx, fetch.Request{URL: address, Accept: "text/html, */*;q=0.5"})
	if err != nil {
		*failed = fmt.Errorf("page %s: %w", address, err)
		return false
	}
	return resp.Status == http.StatusNotFound || resp.Status == http.StatusGone
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
