// Package feeds reads feeds: RSS, RDF, Atom and JSON Feed, as sites really serve
// them, into articles and comments. It fetches nothing.
package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"digest.example/internal/digest"
)

// ErrNoFeed is in the chain of the error for a document that is something else.
var ErrNoFeed = errors.New("not a feed")

// Feed is one document.
type Feed struct {
	Title    string // plain text
	Home     string // the site's front page, absolute
	Self     string // the feed's own address, as it says; absolute
	Language string // BCP 47
	Next     string // the next page of older entries (RFC 5005), absolute
	Entries  []Entry
	Warnings []string // what could not be read, in words for the operator
}

// Entry is one item: an article, or a comment in a feed of comments. Its Source
// is empty, its texts are clean, its addresses absolute. CommentCount is what
// the feed says (slash:comments, thr:total), which on some sites includes
// pingbacks; CommentsURL is the page where comments are read.
type Entry struct {
	digest.Article
	Counted     bool   // the feed says how many comments there are, so that 0 means none
	CommentFeed string // wfw:commentRss, or Atom's link rel="replies" of a feed type (RFC 4685)
	ReplyTo     string // the id that it answers (thr:in-reply-to)
}

// Parse reads a document that was served from at as contentType. It never
// panics, expands no entities of the document's own, and takes time and memory
// in proportion to the document. What is no feed is an error.
func Parse(doc []byte, at *url.URL, contentType string) (Feed, error) {
	text := bytes.Trim(decode(doc, contentType), " \t\r\n\uFEFF")
	switch {
	case len(text) == 0:
		return Feed{}, fmt.Errorf("%w: the document is empty", ErrNoFeed)
	case text[0] == '{':
		return parseJSON(text, at)
	case bytes.IndexByte(text, '<') >= 0:
		return parseXML(text, at)
	}
	return Feed{}, fmt.Errorf("%w: neither XML nor a JSON object", ErrNoFeed)
}

// tag is the form of language tags, without their registry.
var tag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// language is s as a language tag (BCP 47); empty where it is none.
func language(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if len(s) > 35 || !tag.MatchString(s) {
		return ""
	}
	return s
}
