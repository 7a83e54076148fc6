package wordpress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// batch is of how many posts the comments are asked for at once; more would make
// addresses that some servers refuse.
const batch = 50

// commentFields leave out what only avatars and editors need.
const commentFields = "id,post,parent,author,author_name,author_url,date_gmt,content,link,type,status"

// comment is one comment as the API shows it.
type comment struct {
	ID         ident    `json:"id"`
	Post       ident    `json:"post"`
	Parent     ident    `json:"parent"` // it may be one that is not shown
	Author     ident    `json:"author"` // 0: a visitor
	AuthorName string   `json:"author_name"`
	AuthorURL  string   `json:"author_url"`
	Date       string   `json:"date_gmt"`
	Content    rendered `json:"content"`
	Link       string   `json:"link"`
	Type       string   `json:"type"`
	Status     string   `json:"status"`
}

// threads are articles by post id, to hang comments on.
type threads struct {
	articles []digest.Article
	index    map[ident]int   // post to article
	authors  map[ident]ident // post to its author
}

// threads finds the articles that came of posts; hidden and early ones became none.
func (p *pull) threads(posts []post) threads {
	t := threads{articles: p.articles, index: map[ident]int{}, authors: map[ident]ident{}}
	at := map[string]int{}
	for i, a := range p.articles {
		at[a.ID] = i
	}
	for _, one := range posts {
		if i, ok := at[p.state.name(string(one.GUID.Rendered), one.ID)]; ok {
			t.index[one.ID], t.authors[one.ID] = i, one.Author
		}
	}
	return t
}

// commentsFromAPI adds the comments to the articles, and where the API has none
// to offer turns to the feeds.
func (p *pull) commentsFromAPI(ctx context.Context, posts []post) {
	t := p.threads(posts)
	var ids []string
	for id := range t.index {
		ids = append(ids, id.String())
	}
	// A stable order makes the same question, which caches know.
	slices.SortFunc(ids, func(a, b string) int { return int(number(a) - number(b)) })
	parts := slices.Collect(slices.Chunk(ids, batch))
	for _, part := range slices.Backward(parts) { // the newest while there is time
		err := p.batch(ctx, t, part)
		var refused *apiError
		switch {
		case err == nil:
		case errors.As(err, &refused) && refused.lasting() && ctx.Err() == nil:
			p.warn("the comments of the REST API cannot be used (%v): read from feeds and pages", err)
			p.withdraw()
			p.commentsFromFeeds(ctx)
			return
		default:
			p.warn("not all comments could be read: %s", clip(err.Error(), 300))
		}
	}
	p.withdraw()
}

// withdraw drops the articles that turned out not to be public any more.
func (p *pull) withdraw() {
	p.articles = slices.DeleteFunc(p.articles, func(a digest.Article) bool { return slices.Contains(p.withdrawn, a.ID) })
}

// batch reads the comments of some posts. One that ceased to be public since
// they were listed makes WordPress refuse the whole question, so it is searched
// by halves; its article is dropped. By halves, too, are read comments of more
// pages than one question may have; of one post alone the newest are.
func (p *pull) batch(ctx context.Context, t threads, posts []string) error {
	if p.listed >= maxListed {
		return errEnough
	}
	err := p.batchOnce(ctx, t, posts, "asc") // in which a new comment shifts no page
	var refused *apiError
	hides := errors.As(err, &refused) && refused.code == "rest_cannot_read_post"
	half := len(posts) / 2
	switch {
	case !hides && !errors.Is(err, errManyPages):
		return err
	case half > 0:
		newer := p.batch(ctx, t, posts[half:])
		return errors.Join(newer, p.batch(ctx, t, posts[:half]))
	case hides:
		p.withdrawn = append(p.withdrawn, t.articles[t.index[ident(number(posts[0]))]].ID)
		return nil
	default:
		return p.batchOnce(ctx, t, posts, "desc")
	}
}

// batchOnce asks for the comments in the order of their ids: asc, or desc for the
// newest of too many.
func (p *pull) batchOnce(ctx context.Context, t threads, posts []string, order string) error {
	seen, asked, foreign := map[ident]bool{}, map[ident]bool{}, false
	for _, id := range posts {
		post := ident(number(id))
		asked[post], t.articles[t.index[post]].Comments = true, nil // there may be some of an earlier try
	}
	err := all(ctx, p, question[comment]{
		most:  order == "desc",
		route: "wp/v2/comments",
		query: url.Values{"post": {strings.Join(posts, ",")}, "order": {order}, "orderby": {"id"}, "_fields": {commentFields}},
		each: func(c comment) int64 {
			foreign = foreign || c.Post != 0 && !asked[c.Post]
			if c.ID == 0 || !asked[c.Post] {
				return 0
			}
			if !seen[c.ID] && c.shown() {
				seen[c.ID] = true
				a := &t.articles[t.index[c.Post]]
				a.Comments = append(a.Comments, p.comment(c, *a, t.authors[c.Post]))
			}
			return int64(c.ID)
		},
	})
	if foreign { // a cache answered another question
		err = fmt.Errorf("comments of other posts: %w", &apiError{status: http.StatusOK, detail: "something else"})
	}
	for _, id := range posts {
		a := &t.articles[t.index[ident(number(id))]]
		a.CommentCount, a.Whole = len(a.Comments), err == nil
		slices.SortFunc(a.Comments, func(x, y digest.Comment) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	}
	return err
}

// shown says whether c can be shown: it is public, and it is known of when.
func (c comment) shown() bool { return c.public() && !gmt(c.Date).IsZero() }

// public says whether c is what a reader would call a comment, and for everybody.
func (c comment) public() bool {
	return (c.Type == "" || c.Type == "comment") && (c.Status == "" || c.Status == "approved") && !bool(c.Content.Protected)
}

// comment is c as it hangs under a. The names are entity-encoded, and hold what a form
// let through years ago: line ends, marks that turn the direction of writing.
func (p *pull) comment(c comment, a digest.Article, author ident) digest.Comment {
	out := digest.Comment{
		Source: p.name, Article: a.ID, ID: c.ID.String(),
		URL: sanitize.Address(c.Link, p.home),
		Author: digest.Author{
			Name: sanitize.LineFromHTML(c.AuthorName),
			URL:  sanitize.Address(c.AuthorURL, nil),
		},
		Published:       gmt(c.Date),
		HTML:            readableComment(c.Content.Rendered, baseOf(a)),
		ByArticleAuthor: c.Author != 0 && c.Author == author,
	}
	if c.Parent != 0 {
		out.Parent = c.Parent.String()
	}
	if out.URL == "" {
		out.URL = a.URL + "#comment-" + out.ID
	}
	return out
}

// baseOf is what relative addresses in an article are relative to; nil if its own is broken.
func baseOf(a digest.Article) *url.URL {
	base, err := url.Parse(a.URL)
	if err != nil {
		return nil
	}
	return base
}
