package feed

import (
	"html"
	"regexp"
	"strings"

	"digest.example/internal/sanitize"
)

// quoted is what WordPress puts before an answer in a feed, in the site's
// language: "In reply to <a href="...#comment-12">Anna</a>."
var quoted = regexp.MustCompile(`^\s*(?:<p>)?[^<>]{0,60}<a [^>]*?href\s*=\s*["']([^"'\s]{1,1000}#comment-\d+)["'][^>]*>[^<]{0,300}</a>\s*[.。]?\s*(?:</p>|<br\s*/?>)?\s*`)

// answering takes such words off a comment and returns the address that they
// lead to.
func answering(text string) (address, rest string, found bool) {
	m := quoted.FindStringSubmatchIndex(text)
	if m == nil {
		return "", text, false
	}
	return html.UnescapeString(text[m[2]:m[3]]), text[m[1]:], true
}

// pingback says whether a comment is the excerpt of another site's page that
// WordPress makes of links to it: "[…] words around the link […]".
func pingback(text string) bool {
	if len(text) > 2000 || !strings.Contains(text, "[") {
		return false
	}
	text = sanitize.LineFromHTML(text)
	return bracketed(text, strings.HasPrefix) && bracketed(text, strings.HasSuffix)
}

func bracketed(text string, at func(s, fix string) bool) bool {
	return at(text, "[…]") || at(text, "[...]")
}
