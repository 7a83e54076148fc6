package wordpress

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"digest.example/internal/sanitize"
)

// pageComment is one comment as a theme shows it.
type pageComment struct {
	id, parent        string
	author, authorURL string
	at                time.Time // zero: not said, or in words that are not understood
	local             bool      // at is in the site's zone, which the page does not say
	html              string
	ping, byAuthor    bool
}

// commentID are the ids that WordPress gives a comment's elements, and some themes theirs.
var commentID = regexp.MustCompile(`^(?:li-|div-|dl-)?comment-(\d{1,18})$`)

// commentNumber is the id of the comment that the element holds; "": none.
func commentNumber(n *node) string {
	if id := n.get("id"); id != "" {
		if m := commentID.FindStringSubmatch(id); m != nil {
			return m[1]
		}
	}
	return ""
}

// commentsIn reads the comments of a page, in its order. A comment within
// another answers it; where a theme lays them side by side, their classes say
// how deep each stands.
func commentsIn(root *node) []pageComment {
	var out []pageComment
	seen := map[string]bool{}
	levels := map[int]string{}
	var visit func(n *node, within string)
	visit = func(n *node, within string) {
		if id := commentNumber(n); id != "" && id != within && !seen[id] {
			if c := readComment(n, id); !c.empty() {
				seen[id] = true
				c.parent = answered(n, within, levels)
				if d := depthOf(n); d > 0 {
					levels[d] = id
				}
				out = append(out, c)
				within = id
			}
		}
		for _, k := range n.kids {
			visit(k, within)
		}
	}
	visit(root, "")
	return out
}

// answered is the comment that n answers: the one that it stands in, or the
// last that stood one level higher.
func answered(n *node, within string, levels map[int]string) string {
	if depth := depthOf(n); within == "" && depth > 1 {
		return levels[depth-1]
	}
	return within
}

// empty says whether there was an id and nothing else, such as an anchor.
func (c pageComment) empty() bool {
	return !c.ping && c.author == "" && strings.TrimSpace(c.html) == ""
}

// depthOf is how deep WordPress says a comment stands, from 1; 0: it does not say.
func depthOf(n *node) int {
	depth := 0
	n.hasClass(func(c string) bool {
		if d, ok := strings.CutPrefix(c, "depth-"); ok {
			depth = int(min(number(d), maxNesting))
		}
		return false
	})
	return depth
}

// readComment reads the comment that n holds, but not what it answers.
func readComment(n *node, id string) pageComment {
	own := ownPart(n, id)
	c := pageComment{
		id:       id,
		ping:     n.is("pingback") || n.is("trackback"),
		byAuthor: n.is("bypostauthor"),
	}
	c.author, c.authorURL = writer(own)
	body := commentBody(own)
	if body != nil {
		c.html = body.inner()
	}
	c.at, c.local = written(own, body)
	return c
}

// ownPart is a copy of a comment's element without the answers in it.
func ownPart(n *node, id string) *node {
	c := &node{tag: n.tag, attr: n.attr, text: n.text, raw: n.raw}
	for _, k := range n.kids {
		if other := commentNumber(k); other != "" && other != id || k.is("children") {
			continue
		}
		c.kids = append(c.kids, ownPart(k, id))
	}
	return c
}

// The classes that themes use, the surest first.
var (
	nameClasses = []string{"fn", "wp-block-comment-author-name", "comment-author-name", "comment-author-link", "author-name"}
	headClasses = []string{"comment-author", "comment-meta", "comment_author", "comment-header", "comment-info"}
	textClasses = []string{"comment-content", "wp-block-comment-content", "comment-text", "comment_text", "comment-entry", "commentbody", "comment-body"}
	dateClasses = []string{"comment-metadata", "commentmetadata", "comment-date", "comment-time", "comment-meta", "comment-author", "date"}
	restClasses = []string{
		"fn", "comment-author", "comment-meta", "comment-metadata", "commentmetadata", "reply", "says", "comment-awaiting-moderation",
		"comment-reply-link", "avatar", "edit-link", "comment-edit-link",
	}
)

// classed is the first element in n with the first of these classes that there is.
func classed(n *node, classes []string) *node {
	for _, class := range classes {
		if f := n.find(func(k *node) bool { return k.is(class) }); f != nil {
			return f
		}
	}
	return nil
}

// writer is the name and address of who wrote a comment.
func writer(own *node) (name, address string) {
	n := classed(own, nameClasses)
	if n == nil {
		n = own.find(func(k *node) bool { return k.tag == "cite" })
	}
	if head := classed(own, headClasses); n == nil && head != nil {
		n = head.find(func(k *node) bool { return k.tag == "strong" || k.tag == "b" || k.tag == "a" && k.is("url") })
	}
	if n == nil {
		return "", ""
	}
	if a := n.find(func(k *node) bool { return k.tag == "a" }); a != nil && !commentAnchor.MatchString(a.get("href")) {
		address = a.get("href")
	}
	return sanitize.Line(n.words()), address
}

// commentBody is the element with the text, without what else stands in it.
func commentBody(own *node) *node {
	n := classed(own, textClasses)
	if n == nil {
		return nil
	}
	var strip func(*node)
	strip = func(n *node) {
		n.kids = slices.DeleteFunc(n.kids, func(k *node) bool {
			return k.hasClass(func(c string) bool { return slices.Contains(restClasses, c) })
		})
		for _, k := range n.kids {
			strip(k)
		}
	}
	// In older themes the element with the text holds name, time and buttons too.
	body := ownPart(n, commentNumber(n))
	strip(body)
	return body
}
