package wordpress

import (
	"net/url"
	"slices"
	"strings"

	"digest.example/internal/sanitize"
)

// This file and those of media, furniture and shortcodes make what WordPress
// and its plugins print readable without a browser. What any site could have
// written is left to package sanitize, which sees the result.

// readableArticle is content or an excerpt with its addresses absolute. It is as
// untrusted as before.
func readableArticle(markup string, base *url.URL) string {
	return article(markup, base).inner()
}

// article is the tree behind readableArticle.
func article(markup string, base *url.URL) *node {
	root := parse(cleanText(markup))
	r := newReader(root, base)
	r.total = len(root.words())
	expandShortcodes(root)
	r.children(root)
	return root
}

// readableComment is the same for comments, in which square brackets are always
// prose and nothing is furniture.
func readableComment(markup string, base *url.URL) string {
	markup = cleanText(markup)
	if readable(markup) {
		return markup
	}
	root := parse(markup)
	newReader(root, base).children(root)
	return root.inner()
}

// bareTags are elements that are readable as they are and lead nowhere.
var bareTags = []string{"p>", "/p>", "br />", "br>", "em>", "/em>", "strong>", "/strong>", "blockquote>", "/blockquote>", "code>", "/code>"}

// readable says whether markup is words in the plainest of elements, as most
// comments are: reading it as a tree would change nothing.
func readable(markup string) bool {
	if strings.Contains(markup, "://") {
		return false
	}
	for {
		_, rest, more := strings.Cut(markup, "<")
		if !more {
			return true
		}
		if !slices.ContainsFunc(bareTags, func(tag string) bool { return strings.HasPrefix(rest, tag) }) {
			return false
		}
		markup = rest
	}
}

// cleanText is s without what no text may hold.
func cleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// reader rewrites one tree.
type reader struct {
	base *url.URL
	// shown are the addresses of pictures and frames that need no script, or
	// whose script we did the work of: their <noscript> twins are one too many.
	shown map[string]bool
	total int // bytes of words; 0: nothing counts as furniture
	// unscripted says that the tree is what a <noscript> holds.
	unscripted bool
}

// newReader looks through the whole tree first: a twin may stand before its picture.
func newReader(root *node, base *url.URL) *reader {
	r := &reader{base: base, shown: map[string]bool{}}
	root.walk(func(n *node) bool {
		if n.tag == "img" || n.tag == "iframe" {
			r.shown[lazyAddress(n)] = true
		}
		return true
	})
	return r
}

// children rewrites what is in n.
func (r *reader) children(n *node) {
	kids := make([]*node, 0, len(n.kids))
	for _, k := range n.kids {
		kids = append(kids, r.rewrite(k)...)
	}
	n.kids = kids
	r.linkLoneAddress(n)
}

// rewrite is what stands in the place of n.
func (r *reader) rewrite(n *node) []*node {
	switch {
	case n.tag == "":
		return r.pieces(n)
	case n.tag == "script" || n.tag == "style" || r.furniture(n):
		return nil
	case n.tag == "noscript":
		return r.noscript(n)
	case n.tag == "img":
		return r.image(n)
	case n.tag == "iframe":
		return r.frame(n)
	case n.tag == "audio" || n.tag == "video":
		return r.recording(n)
	case gallery(n):
		return captions(n)
	}
	r.absolute(n, "href")
	r.children(n)
	return []*node{n}
}

// pieces are a text, or what its shortcodes have made of it.
func (r *reader) pieces(n *node) []*node {
	if n.text != "" {
		return []*node{n}
	}
	r.children(n)
	return n.kids
}

// absolute resolves an address, and takes away one that cannot be followed.
func (r *reader) absolute(n *node, key string) {
	raw := n.get(key)
	if raw == "" {
		return
	}
	if a := sanitize.Address(raw, r.base); a != "" {
		n.set(key, a)
		return
	}
	n.drop(key)
}

// linkLoneAddress makes a link of a paragraph that is nothing but an address:
// what WordPress could not turn into a frame.
func (r *reader) linkLoneAddress(n *node) {
	if n.tag != "p" && n.tag != "div" && n.tag != "figure" {
		return
	}
	if slices.ContainsFunc(n.kids, func(k *node) bool { return k.tag != "" }) {
		return
	}
	if a := loneAddress(n.words()); a != "" {
		n.kids = []*node{link(a, a)}
	}
}

// loneAddress is the address that s consists of; "": it does not.
func loneAddress(s string) string {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") || strings.ContainsAny(s, " \t\n\r") {
		return ""
	}
	return sanitize.Address(s, nil)
}
