package feeds

import (
	"net/url"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
)

// atomDraft reads an Atom entry. The feed's authors are those of entries that
// name none (RFC 4287 section 4.2.1).
func atomDraft(common *gofeed.Item, e *atom.Entry, feed *atom.Feed, base *url.URL) draft {
	d := draft{
		base:        base,
		id:          e.ID,
		title:       e.Title,
		published:   when(common.PublishedParsed, common.Published),
		updated:     when(e.UpdatedParsed, e.Updated),
		summary:     e.Summary,
		comments:    rel(e.Links, "replies", isPage),
		commentFeed: rel(e.Links, "replies", isFeed),
		original:    rel(e.Links, "via", isPage),
		count:       anyValue(e.Extensions, "total"),
		replyTo:     anyAttr(e.Extensions, "in-reply-to", "ref"),
		links:       []string{anyValue(e.Extensions, "origLink"), rel(e.Links, "alternate", isPage), common.Link},
	}
	if c := e.Content; c != nil {
		d.html = c.Value
		if kind := strings.ToLower(c.Type); kind == "text" || kind == "text/plain" {
			d.html = asHTML(c.Value)
		}
	}
	if strings.Contains(e.ID, "://") {
		d.links = append(d.links, e.ID)
	}
	authors := [][]*atom.Person{e.Authors, nil, feed.Authors}
	if e.Source != nil {
		authors[1] = e.Source.Authors
	}
	for _, persons := range authors {
		if d.author, d.authorPage = atomAuthor(persons); d.author.Name != "" {
			break
		}
	}
	return d
}

// rel is the address of the first link of a kind.
func rel(links []*atom.Link, rel string, kind func(mediaType string) bool) string {
	for _, l := range links {
		if strings.EqualFold(strings.TrimSpace(l.Rel), rel) && kind(strings.ToLower(l.Type)) {
			return l.Href
		}
	}
	return ""
}

func isPage(mediaType string) bool {
	return mediaType == "" || strings.Contains(mediaType, "html")
}

func isFeed(mediaType string) bool {
	return strings.Contains(mediaType, "atom+xml") || strings.Contains(mediaType, "rss+xml") || strings.Contains(mediaType, "feed+json")
}

func isAny(string) bool { return true }
