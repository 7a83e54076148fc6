package feed

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// maxPages is how many pages of a feed are read; usualPage is how many entries
// most sites put on one, so that a feed of fewer without further pages has
// probably shown them all.
const (
	maxPages  = 10
	usualPage = 10
)

// articles is what the pages of the feed of articles hold together.
type articles struct {
	unchanged bool
	language  string
	entries   []feeds.Entry // each id once
}

// articles reads the feed that was read before; the first that works if there is
// none, or if it is there no more. Unless whole, only if it has changed.
func (p *pull) articles(ctx context.Context, whole bool) (articles, error) {
	var failures []error
	before := p.new.Chosen
	for _, address := range p.articleFeeds(before) {
		first := p.read(ctx, address, whole)
		if first.err == nil {
			if len(failures) > 0 {
				p.warn("%s was read in place of another: %v", address, failures[0])
			}
			p.new.Chosen = address
			return p.follow(ctx, address, first), nil
		}
		failures = append(failures, first.err)
		if hopeless(ctx, first.err) || address == before && !lost(first.err) {
			break
		}
	}
	if len(failures) == 0 {
		return articles{}, errors.New("the site has no feed of articles")
	}
	return articles{}, errors.Join(failures...)
}

// hopeless says whether there is no use in asking the site for anything else.
func hopeless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, fetch.ErrBusy) || errors.Is(err, fetch.ErrForbidden)
}

// follow reads further pages as long as the window reaches further back and they
// bring anything new.
func (p *pull) follow(ctx context.Context, address string, first answer) articles {
	if first.unchanged {
		return articles{unchanged: true}
	}
	a := articles{language: first.feed.Language, entries: first.feed.Entries}
	if len(a.entries) == 0 {
		if p.old.Had {
			p.warn("%s is empty, though it was not before: what was there stays", address)
			delete(p.new.Feeds, address)
		}
		return a
	}
	seen := map[string]bool{}
	fresh(a.entries, seen)
	for n, page := 2, first.feed; p.wants(a.entries) && n <= maxPages; n++ {
		next := page.Next
		if next == "" {
			next = p.paged(address, n)
		}
		if next == "" {
			break
		}
		answer := p.read(ctx, next, true)
		delete(p.new.Feeds, next) // pages move with every new article
		if answer.err != nil && !noPage(answer.err, page.Next == "") {
			p.warn("older pages of the feed cannot be read: %v", answer.err)
			break
		}
		more := fresh(answer.feed.Entries, seen)
		if len(more) == 0 {
			if page.Next == "" && n == 2 {
				p.new.Single = p.harvest.At
			}
			break
		}
		a.entries, page = append(a.entries, more...), answer.feed
	}
	p.reach(address, a.entries)
	p.new.Had = true
	return a
}

// noPage says whether a page's failure means that there is none. Sites refuse
// addresses that they do not know, which guessed ones are, in many ways.
func noPage(err error, guessed bool) bool {
	status := statusOf(err)
	return lost(err) || guessed && status >= 400 && status < 500
}

// fresh are the entries that were not seen before.
func fresh(entries []feeds.Entry, seen map[string]bool) []feeds.Entry {
	var more []feeds.Entry
	for _, e := range entries {
		if !seen[e.ID] {
			seen[e.ID] = true
			more = append(more, e)
		}
	}
	return more
}

// wants says whether the window may hold more than these entries.
func (p *pull) wants(entries []feeds.Entry) bool {
	oldest := oldestOf(entries)
	return !oldest.IsZero() && !oldest.Before(p.window.Since)
}

func oldestOf(entries []feeds.Entry) (oldest time.Time) {
	for _, e := range entries {
		if t := e.Published; !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	return oldest
}

// paged is WordPress's address of page n; "" where there is no sense in trying:
// the feed had no pages the last time.
func (p *pull) paged(address string, n int) string {
	u, err := url.Parse(address)
	if err != nil || p.harvest.At.Sub(p.old.Single).Abs() < keepSingle {
		return ""
	}
	q := u.Query()
	q.Set("paged", strconv.Itoa(n))
	u.RawQuery = q.Encode()
	return u.String()
}

// reach warns where articles may have come and gone between two pulls.
func (p *pull) reach(address string, entries []feeds.Entry) {
	oldest := oldestOf(entries)
	gap := !p.old.Newest.IsZero() && oldest.After(p.old.Newest)
	first := p.old.Newest.IsZero() && len(entries) >= usualPage && p.wants(entries)
	if gap || first {
		p.warn("%s reaches back to %s only: older articles may be missing", address, oldest.UTC().Format("2006-01-02 15:04 MST"))
	}
	past := slices.DeleteFunc(slices.Clone(entries), func(e feeds.Entry) bool { return e.Published.After(p.harvest.At) })
	p.new.Newest = newestOf(past, p.new.Newest)
}

// newestOf is the latest date of entries, if it is later than so far.
func newestOf(entries []feeds.Entry, newest time.Time) time.Time {
	for _, e := range entries {
		if e.Published.After(newest) {
			newest = e.Published.UTC()
		}
	}
	return newest
}

// sort tells articles from comments that stand among them. Older ones than the
// window are kept: an article may appear under a date that has passed, and what
// has been listed all along must be known to tell the two apart. What asks for a
// password now may have been open when it was pulled: it is gone.
func (p *pull) sort(entries []feeds.Entry) (kept, replies []feeds.Entry) {
	ids := map[string]bool{}
	for _, e := range entries {
		ids[e.ID] = true
	}
	for _, e := range entries {
		switch {
		case e.ReplyTo != "" && ids[e.ReplyTo]:
			replies = append(replies, e)
		case feeds.Protected(e):
			p.harvest.Gone = append(p.harvest.Gone, digest.Item{Source: p.name, Article: e.ID})
		default:
			kept = append(kept, e)
		}
	}
	return kept, replies
}

// article is an entry as an article of the source, without comments.
func (p *pull) article(e feeds.Entry, language string) digest.Article {
	a := e.Article
	a.Source = p.name
	a.Title = sanitize.Line(a.Title)
	a.Author = author(a.Author)
	for _, known := range []string{language, p.site.Language} {
		if a.Language == "" {
			a.Language = known
		}
	}
	return a
}

func author(a digest.Author) digest.Author {
	return digest.Author{Name: sanitize.Line(a.Name), URL: sanitize.Address(a.URL, nil), Bio: sanitize.Line(a.Bio)}
}

// excerpts warns where no article has its text.
func (p *pull) excerpts() {
	cut := 0
	for _, a := range p.harvest.Articles {
		if a.HTML != "" {
			return
		}
		if a.Summary != "" {
			cut++
		}
	}
	if cut > 0 {
		p.warn("the feed has excerpts only")
	}
}
