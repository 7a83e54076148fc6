// Package sanitize turns what strangers wrote into what a mail may carry:
// markup reduced to paragraphs, links, emphasis, code, quotes and lists, plain
// text, and single clean lines. Every rule about untrusted text belongs here;
// how the result looks does not.
//
// Markup is never patched. It is read into a Doc, which can hold nothing but
// the allowed things, and written anew from there.
package sanitize

import (
	"html/template"
	"net/url"

	"github.com/microcosm-cc/bluemonday"
)

// HTML reduces untrusted markup to bare elements without classes or styles.
// Links are absolute http(s) addresses, resolved against base (which may be
// nil); links to anything else keep their words only.
func HTML(untrusted string, base *url.URL) template.HTML {
	return Parse(untrusted, base).HTML(nil)
}

// Text is the readable plain text of untrusted markup: paragraphs stand apart
// by one empty line, list items begin with "- " or their number, quotes with
// "> ". Links keep their words and lose their addresses.
func Text(untrusted string) string {
	return Parse(untrusted, nil).Text()
}

// policy drops what must not even be read: scripts and styles with their
// content, unknown elements, all attributes but a few, and every scheme but http
// and https. What it lets through decides only what Parse gets to see.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "div", "section", "article", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
		"em", "i", "strong", "b", "code", "kbd", "samp", "tt", "sup", "sub", "q", "pre", "blockquote",
		"ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "th", "caption",
		"figure", "figcaption", "header", "footer", "main", "aside", "details", "summary", "address",
	)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").OnElements("ol")
	p.AllowAttrs("alt", "class", "width", "height").OnElements("img")
	p.AllowAttrs("src", "data-src", "data-lazy-src", "data", "title", "class", "width", "height").OnElements(mediaNames...)
	p.AllowURLSchemes("http", "https")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowNoAttrs().OnElements(append([]string{"a", "img", "body"}, mediaNames...)...)
	p.AllowNoAttrs().OnElements(notProse...)
	return p
}
