// Package feeds reads feeds: RSS, RDF, Atom and JSON Feed, as sites really serve
// them, into articles and comments. It fetches nothing.
package feeds

import (
	"net/url"

	"digest.example/internal/digest"
)

// Feed is one document.
type Feed struct {
	Title    string // plain text
	Home     string // the site's front page, absolute
	Language string // BCP 47
	Next     string // the next page of older entries (RFC 5005), absolute
	Entries  []Entry
	Warnings []string // what could not be read, in words for the operator
}

// Entry is one item: an article, or a comment in a feed of comments. Its Source
// is empty, its texts are clean, its addresses absolute.
type Entry struct {
	digest.Article
	CommentFeed string // wfw:commentRss, or Atom's link rel="replies" of a feed type (RFC 4685)
	ReplyTo     string // the id that it answers (thr:in-reply-to)
}

// Parse reads a document that was served from at as contentType. It never
// panics, expands no entities of the document's own, and takes time and memory
// in proportion to the document. What is no feed is an error.
func Parse(doc []byte, at *url.URL, contentType string) (Feed, error) {
	panic("to be written")
}
