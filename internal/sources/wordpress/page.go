package wordpress

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"

	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// page is what an article's page says, whatever its theme.
type page struct {
	id        ident  // the post's; 0: not said
	protected bool   // it asks for a password
	closed    bool   // it says that there are no comments any more
	content   string // markup; "" where it cannot be told from the rest
	bio       string
	comments  []pageComment
	// commentPages is the highest number of a page of comments that is linked
	// to, and commentPageLink such a link.
	commentPages    int
	commentPageLink string
}

// postID is id as articles have it; empty where the page does not say it.
func (pg page) postID() string {
	if pg.id == 0 {
		return ""
	}
	return pg.id.String()
}

func itoa(n int) string { return strconv.Itoa(n) }

// page fetches and reads an article's page, once in a pull.
func (p *pull) page(ctx context.Context, at string) (page, error) {
	if pg, ok := p.pages[at]; ok {
		return pg, nil
	}
	resp, err := p.get.Get(ctx, fetch.Request{URL: at, Accept: "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"})
	if err != nil {
		return page{}, err
	}
	if !resp.OK() {
		return page{}, fmt.Errorf("page %s: %w", at, &apiError{status: resp.Status, detail: "no page"})
	}
	pg := readPage(decoded(resp), at)
	if pg.id == 0 && len(pg.comments) == 0 && pg.content == "" {
		return page{}, fmt.Errorf("page %s: %w", at, &apiError{status: resp.Status, detail: "no article"})
	}
	// Nothing of it may be used by mistake.
	if pg.protected {
		pg = page{id: pg.id, protected: true}
	}
	p.pages[at] = pg
	return pg, nil
}

// decoded is the body as UTF-8, by what the header or the page says.
func decoded(r *fetch.Response) string {
	e, _, _ := charset.DetermineEncoding(r.Body, r.Header.Get("Content-Type"))
	out, err := e.NewDecoder().Bytes(r.Body)
	if err != nil {
		out = r.Body
	}
	return cleanText(string(out))
}

var (
	bodyClass         = regexp.MustCompile(`^postid-(\d{1,18})$`)
	apiPost           = regexp.MustCompile(`(?:/|%2F)wp(?:/|%2F)v2(?:/|%2F)posts(?:/|%2F)(\d{1,18})$`)
	commentPageNumber = regexp.MustCompile(`(?:/comment-page-|[?&]cpage=)\d{1,5}`)
	trailingNumber    = regexp.MustCompile(`\d+$`)
)

// contentClasses are what themes call the element around the text, the surest first.
var contentClasses = []string{"entry-content", "wp-block-post-content", "post-content", "td-post-content", "post-entry", "article-content", "entry"}

// bioClasses are what they call the element with the words about the author.
var bioClasses = []string{"author-description", "author-bio", "wp-block-post-author__bio", "wp-block-post-author-biography", "about-author-container"}

// readPage reads a page. It never fails; what it does not find is empty.
func readPage(markup, at string) page {
	root := parse(markup)
	pg := page{protected: passwordForm(markup)}
	root.walk(func(n *node) bool {
		switch {
		case n.tag == "body":
			n.hasClass(func(c string) bool {
				if m := bodyClass.FindStringSubmatch(c); m != nil {
					pg.id = ident(number(m[1]))
				}
				return false
			})
		case n.tag == "link":
			pg.headLink(n)
		case n.tag == "input" && n.get("name") == "comment_post_ID" && pg.id == 0:
			pg.id = ident(number(n.get("value")))
		case n.is("no-comments") || n.is("nocomments") || n.is("comments-closed"):
			pg.closed = true
		case n.tag == "a":
			pg.commentLink(n.get("href"), at)
		}
		return true
	})
	pg.content = contentOf(root)
	pg.bio = bioOf(root)
	pg.comments = commentsIn(root)
	return pg
}

// headLink reads the post's id from the short link or the link to the API.
func (pg *page) headLink(n *node) {
	if pg.id != 0 {
		return
	}
	href := n.get("href")
	if u, err := url.Parse(href); err == nil && n.get("rel") == "shortlink" {
		pg.id = ident(number(u.Query().Get("p")))
	}
	if m := apiPost.FindStringSubmatch(href); m != nil && n.get("rel") == "alternate" {
		pg.id = ident(number(m[1]))
	}
}

// commentLink notes links to further pages of this article's comments.
func (pg *page) commentLink(href, at string) {
	m := commentPageNumber.FindString(href)
	if m == "" || strings.Contains(href, "replytocom") {
		return
	}
	base, err := url.Parse(at)
	if err != nil {
		return
	}
	link := sanitize.Address(href, base)
	u, err := url.Parse(link)
	if err != nil || u.Host != base.Host {
		return
	}
	if n := int(number(trailingNumber.FindString(m))); n > pg.commentPages {
		pg.commentPages, pg.commentPageLink = n, link
	}
}

// contentOf is the markup of the text: of the elements with the surest class the
// one with the most words.
func contentOf(root *node) string {
	for _, class := range contentClasses {
		var best *node
		most := 0
		root.walk(func(n *node) bool {
			if commentNumber(n) != "" {
				return false
			}
			if n.is(class) {
				if words := len(strings.TrimSpace(n.words())); words > most {
					best, most = n, words
				}
				return false
			}
			return true
		})
		if best != nil {
			return best.inner()
		}
	}
	return ""
}

// bioOf is what the page says about the author, on one line.
func bioOf(root *node) string {
	for _, class := range bioClasses {
		if n := root.find(func(n *node) bool { return n.is(class) }); n != nil {
			return sanitize.Line(n.words())
		}
	}
	return ""
}
