package feeds

import (
	"maps"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"digest.example/internal/digest"
)

// rssDraft reads an RSS or RDF item: what gofeed made of it in common terms,
// and the item itself for the rest.
func rssDraft(common *gofeed.Item, item *rss.Item, n note) draft {
	x := item.Extensions
	d := draft{
		base: n.base, textBase: n.textBase, summaryBase: n.summaryBase,
		title:       common.Title,
		published:   when(common.PublishedParsed, common.Published),
		updated:     when(common.UpdatedParsed, common.Updated),
		comments:    item.Comments,
		commentFeed: firstOf(value(x, "wfw", "commentRss"), value(x, "wfw", "commentRSS")),
		count:       firstOf(value(x, "slash", "comments"), anyValue(x, "total")),
		replyTo:     anyAttr(x, "in-reply-to", "ref"),
		language:    firstOf(value(x, "dc", "language"), n.language),
	}
	d.html, d.summary = body(firstOf(n.content, common.Content), firstOf(n.description, common.Description))
	d.textBase = either(d.textBase, d.summaryBase) // the text may be a description
	d.links = append(d.links, value(x, "feedburner", "origLink"), common.Link)
	d.links = append(append(d.links, common.Links...), atomLink(x, "alternate"))
	if g := item.GUID; g != nil {
		d.id = g.Value
		if !strings.EqualFold(g.IsPermalink, "false") && strings.Contains(g.Value, "://") {
			d.links = append(d.links, g.Value)
		}
	}
	d.id = firstOf(d.id, anyValue(x, "id"), value(x, "dc", "identifier"), n.about)
	if d.published.IsZero() {
		d.published = when(nil, firstOf(value(x, "dcterms", "issued"), value(x, "dcterms", "created")))
	}
	d.links = append(d.links, n.about)
	if item.Source != nil && !feedLike(item.Source.URL) {
		d.original = item.Source.URL
	}
	d.original = firstOf(atomLink(x, "via"), d.original)
	d.author = rssAuthor(item)
	return d
}

// body tells text from excerpt where a format has one element that may be
// either: many sites have their whole text in the description.
func body(content, description string) (html, summary string) {
	switch {
	case strings.TrimSpace(content) != "":
		return content, description
	case excerpt(description):
		return "", description
	}
	return description, ""
}

// excerpt says whether a description ends as cut texts do.
func excerpt(s string) bool {
	s = strings.TrimSpace(s)
	if s = s[max(0, len(s)-300):]; strings.Contains(s, "[&#8230;]") || strings.Contains(s, "[&hellip;]") || strings.Contains(s, "[…]") {
		return true
	}
	s = strings.TrimSpace(withoutTags(s))
	return strings.HasSuffix(s, "…") || strings.HasSuffix(s, "...")
}

// rssAuthor takes the first of the elements that name anybody.
func rssAuthor(item *rss.Item) (author digest.Author) {
	all := [][]string{{item.Author}}
	if dc := item.DublinCoreExt; dc != nil {
		all = append(all, dc.Creator, dc.Author)
	}
	all = append(all, []string{atomName(item.Extensions)})
	if it := item.ITunesExt; it != nil {
		all = append(all, []string{it.Author})
	}
	for _, names := range all {
		if author = joined(names); author.Name != "" {
			return author
		}
	}
	return author
}

// feedLike says whether an address is rather a feed's than a page's: the
// source element names the feed that an item was taken from.
func feedLike(address string) bool {
	address, _, _ = strings.Cut(strings.ToLower(address), "?")
	for _, end := range []string{".xml", ".rss", ".atom", ".rdf", ".json", "/feed", "/feed/", "/rss", "/rss/", "/atom", "/atom/"} {
		if strings.HasSuffix(address, end) {
			return true
		}
	}
	return false
}

// value is the text of the first element called name in the namespace that
// gofeed calls prefix.
func value(x ext.Extensions, prefix, name string) string {
	if all := x[prefix][name]; len(all) > 0 {
		return all[0].Value
	}
	return ""
}

// anyValue is value for RFC 4685 and Atom in RSS, whose prefix is whatever the
// document chose.
func anyValue(x ext.Extensions, name string) string {
	for _, prefix := range prefixes(x) {
		if v := value(x, prefix, name); v != "" {
			return v
		}
	}
	return ""
}

// anyAttr is an attribute of the first element called name.
func anyAttr(x ext.Extensions, name, attr string) string {
	for _, prefix := range prefixes(x) {
		for _, e := range x[prefix][name] {
			if v := e.Attrs[attr]; v != "" {
				return v
			}
		}
	}
	return ""
}

// atomLink is the address of an Atom link inside RSS.
func atomLink(x ext.Extensions, rel string) string {
	for _, prefix := range [...]string{"atom", "atom03", "atom10"} {
		for _, link := range x[prefix]["link"] {
			if r := link.Attrs["rel"]; r == rel || r == "" && rel == "alternate" {
				return link.Attrs["href"]
			}
		}
	}
	return ""
}

// atomName is the name of an Atom author inside RSS.
func atomName(x ext.Extensions) string {
	for _, author := range x["atom"]["author"] {
		for _, name := range author.Children["name"] {
			return name.Value
		}
	}
	return ""
}

func firstOf(all ...string) string {
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// prefixes are those of the extensions, in an order that does not change.
func prefixes(x ext.Extensions) []string {
	return slices.Sorted(maps.Keys(x))
}
