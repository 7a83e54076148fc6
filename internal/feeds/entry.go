package feeds

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"digest.example/internal/digest"
)

// draft is what the formats have in common of an entry, before its texts are
// cleaned and its addresses made absolute.
type draft struct {
	id             string
	links          []string // to the article, best first
	title          string
	plainTitle     bool   // the format says that the title is not markup
	html, summary  string // markup
	author         digest.Author
	published      time.Time
	updated        time.Time
	original       string
	language       string
	comments       string // the page where they are read
	commentFeed    string
	replyTo        string
	count          string
	base, textBase *url.URL
	summaryBase    *url.URL
}

// entry finishes a draft.
func (d draft) entry() Entry {
	link := first(d.base, d.links...)
	inner := d.base // relative addresses in the text, unless xml:base says otherwise, are seen from the article
	if u, err := url.Parse(link); err == nil && link != "" {
		inner = u
	}
	e := Entry{
		Article: digest.Article{
			URL:       link,
			Title:     plain(d.title, !d.plainTitle, maxTitle),
			Author:    d.author,
			Published: d.published,
			Updated:   d.updated,
			HTML:      absolute(clean(d.html), either(d.textBase, inner)),
			Summary:   absolute(clean(d.summary), either(d.summaryBase, inner)),
			Original:  resolve(d.base, d.original),
			Language:  language(d.language),
		},
		CommentFeed: resolve(d.base, d.commentFeed),
		ReplyTo:     bounded(strings.TrimSpace(clean(d.replyTo))),
	}
	e.CommentsURL = resolve(d.base, d.comments)
	e.CommentCount, e.Counted = count(d.count)
	e.ID = identity(d.id, link, e.Title, e.HTML+e.Summary)
	return e
}

func either(a, b *url.URL) *url.URL {
	if a != nil {
		return a
	}
	return b
}

// clean drops what no text may hold. Entities may have smuggled it in.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.TrimSpace(s)
}

// count reads how many comments there are, if it is a number.
func count(s string) (n int, known bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0, false
	}
	return n, true
}
