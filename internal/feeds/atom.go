package feeds

import (
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
)

// atomDraft reads an Atom entry.
func atomDraft(common *gofeed.Item, e *atom.Entry, n note) draft {
	d := draft{
		base: n.base, textBase: n.textBase, summaryBase: n.summaryBase,
		id:          e.ID,
		title:       e.Title,
		plainTitle:  isText(n.titleType),
		published:   when(common.PublishedParsed, common.Published),
		updated:     when(e.UpdatedParsed, e.Updated),
		summary:     atomText(e.Summary, n.summaryType),
		comments:    rel(e.Links, "replies", isPage),
		commentFeed: rel(e.Links, "replies", isFeed),
		original:    rel(e.Links, "via", isPage),
		language:    n.language,
		count:       firstOf(anyValue(e.Extensions, "total"), n.replies),
		replyTo:     anyAttr(e.Extensions, "in-reply-to", "ref"),
		links:       []string{anyValue(e.Extensions, "origLink"), rel(e.Links, "alternate", isPage), common.Link},
	}
	if e.Content != nil {
		d.html = atomText(e.Content.Value, e.Content.Type)
	}
	if strings.Contains(e.ID, "://") {
		d.links = append(d.links, e.ID)
	}
	d.author = atomAuthor(n.base, e.Authors)
	if d.author.Name == "" && e.Source != nil {
		d.author = atomAuthor(n.base, e.Source.Authors)
	}
	return d
}

// atomText is a text of a type as markup. Texts that state none are markup too
// often to be taken at their word, which would be plain text.
func atomText(s, kind string) string {
	if isText(kind) {
		return asHTML(s)
	}
	return s
}

func isText(kind string) bool {
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "text" || kind == "text/plain"
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
