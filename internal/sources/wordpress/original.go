package wordpress

import (
	"net/url"
	"regexp"
	"strings"

	"digest.example/internal/sanitize"
)

var (
	// originalWords are the words of a link to what the post was taken from.
	originalWords = regexp.MustCompile(`(?i)^\W*((read|see|view|visit|continue reading)\s+)?(the\s+)?(full\s+)?original(ly)?\s+(article|story|post|text|source|publication|report|piece|essay|interview|published|appeared)\b`)
	// originalBefore are words that lead to such a link, whatever it says itself.
	originalBefore = regexp.MustCompile(`(?i)((originally|first) (published|appeared|posted|printed)( (at|in|on|by|here|with|from|the)){0,3}|original (article|story|post|source|publication)( (is|at|in|on|here|can be found)){0,3})\s*[:–—-]?\s*$`)
)

const longestOriginal = 120 // bytes of a link's words; a whole paragraph is no such link

// original is the address of the article that a post was taken from, where it
// links to it as such; "" otherwise.
func original(content *node, base *url.URL) string {
	found, before := "", ""
	content.walk(func(n *node) bool {
		switch {
		case found != "":
			return false
		case n.tag == "":
			if !n.raw {
				before = tail(before + n.text)
			}
		case n.tag == "a":
			words := sanitize.Line(n.words())
			if len(words) <= longestOriginal && (originalWords.MatchString(words) || originalBefore.MatchString(before)) {
				found = elsewhere(n.get("href"), base)
			}
		case endsParagraph[n.tag]:
			before = ""
		}
		return true
	})
	return found
}

// tail is the end of the words so far, so that long texts cost nothing.
func tail(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[len(s)-most:], "")
}

// elsewhere is an address that is not the article's own.
func elsewhere(href string, base *url.URL) string {
	a := sanitize.Address(href, base)
	if base != nil && strings.TrimSuffix(a, "#") == base.String() {
		return ""
	}
	return a
}
