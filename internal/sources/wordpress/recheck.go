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
	"digest.example/internal/sources"
)

// Recheck implements sources.Source. Over the API it takes one request for up to
// a hundred articles and one for as many comments.
func (s *Source) Recheck(ctx context.Context, r sources.Request, articles []digest.Article) (digest.Harvest, error) {
	p, err := s.begin(r)
	if err != nil {
		return digest.Harvest{}, err
	}
	err = errNoAPI
	if s.site.API != "" && !p.state.closed(p.now()) {
		err = p.recheckAPI(ctx, articles)
	}
	if err != nil && ctx.Err() == nil && !hostDown(err) {
		p.articles, p.gone = nil, nil
		err = p.recheckPages(ctx, articles, err)
	}
	if err != nil {
		return digest.Harvest{}, fmt.Errorf("recheck %s: %w", s.name, err)
	}
	return p.harvest(), nil
}

// recheckAPI asks for the items by their ids. Only what is missing in an answer
// that was read to its end is gone.
func (p *pull) recheckAPI(ctx context.Context, articles []digest.Article) error {
	var ids []string
	asked := map[string]digest.Article{}
	for _, a := range articles {
		if number(a.ID) > 0 { // others were named by a pull that could not know their ids
			ids = append(ids, a.ID)
			asked[a.ID] = a
		}
	}
	authors := map[string]ident{}
	for part := range slices.Chunk(ids, perPage) {
		posts, err := p.posts(ctx, url.Values{"include": {strings.Join(part, ",")}, "orderby": {"id"}, "order": {"asc"}})
		if err != nil {
			return err
		}
		present := map[string]bool{}
		for _, one := range posts {
			a, ok := p.article(one)
			a.ID = one.ID.String()                         // as it was asked for
			present[a.ID] = present[a.ID] || !one.hidden() // though its date may be broken
			if ok {
				authors[a.ID], a.CommentCount = one.Author, asked[a.ID].CommentCount
				p.articles = append(p.articles, a)
			}
		}
		p.missing(part, present, "")
	}
	return p.recheckComments(ctx, asked, authors)
}

// recheckComments looks up the comments of the articles that are still there.
func (p *pull) recheckComments(ctx context.Context, asked map[string]digest.Article, authors map[string]ident) error {
	index := map[string]int{}
	owner := map[string]string{}
	var ids []string
	for i, a := range p.articles {
		index[a.ID] = i
		for _, c := range asked[a.ID].Comments {
			if number(c.ID) > 0 {
				ids = append(ids, c.ID)
				owner[c.ID] = a.ID
			}
		}
	}
	for part := range slices.Chunk(ids, perPage) {
		present := map[string]bool{}
		err := all(ctx, p, question[comment]{
			route: "wp/v2/comments",
			query: url.Values{"include": {strings.Join(part, ",")}, "order": {"asc"}, "orderby": {"id"}, "_fields": {commentFields}},
			each: func(c comment) int64 {
				if c.ID == 0 || c.Post == 0 {
					return 0
				}
				id := c.ID.String()
				if c.shown() && owner[id] != "" && !present[id] {
					a := &p.articles[index[owner[id]]]
					a.Comments = append(a.Comments, p.comment(c, *a, authors[a.ID]))
				}
				present[id] = present[id] || c.public()
				return int64(c.ID)
			},
		})
		if err != nil {
			return err
		}
		for _, id := range part {
			p.missing([]string{id}, present, owner[id])
		}
	}
	return nil
}

// missing notes as gone the ids that are not present: articles, or comments of article.
func (p *pull) missing(ids []string, present map[string]bool, article string) {
	for _, id := range ids {
		if present[id] {
			continue
		}
		item := digest.Item{Source: p.name, Article: cmp.Or(article, id)}
		if article != "" {
			item.Comment = id
		}
		p.gone = append(p.gone, item)
	}
}

// recheckPages looks at the articles' pages. It fails if none could be read.
func (p *pull) recheckPages(ctx context.Context, articles []digest.Article, why error) error {
	read, failed := 0, 0
	for _, a := range articles {
		pg, err := p.page(ctx, a.URL)
		switch {
		case err == nil:
			read++
			p.recheckPage(a, pg)
		case statusOf(err) == http.StatusNotFound || statusOf(err) == http.StatusGone:
			read++
			p.missing([]string{a.ID}, nil, "")
		default:
			failed++
		}
		if err != nil && (ctx.Err() != nil || hostDown(err) || read == 0 && failed >= 3) {
			return fmt.Errorf("%w; %w", why, err)
		}
	}
	if read == 0 && len(articles) > 0 {
		return why
	}
	return nil
}

// recheckPage compares an article with its page. Texts on a page are not
// compared: what a theme adds would look like an edit.
func (p *pull) recheckPage(a digest.Article, pg page) {
	if pg.protected || pg.id != 0 && number(a.ID) > 0 && pg.postID() != a.ID {
		p.missing([]string{a.ID}, nil, "")
		return
	}
	if len(pg.comments) == 0 || pg.commentPages > 0 {
		return // a page without comments may load them later; of several pages this is one
	}
	present := map[string]bool{}
	for _, c := range pg.comments {
		present[c.id] = true
	}
	for _, c := range a.Comments {
		// Themes leave out answers to what is hidden, though they are public.
		if (c.Parent == "" || present[c.Parent]) && pg.surrounds(c) {
			p.missing([]string{c.ID}, present, a.ID)
		}
	}
}

// surrounds says whether the page shows both older and newer comments than c. One
// from a cache ends before the newest, and one that loads the rest later may
// begin after the oldest; it does so by threads, whose answers are of any age.
func (pg page) surrounds(c digest.Comment) bool {
	older, newer := false, false
	for _, other := range pg.comments {
		if c.Parent == "" && other.parent != "" {
			continue
		}
		older = older || number(other.id) < number(c.ID)
		newer = newer || number(other.id) > number(c.ID)
	}
	return older && newer
}

// statusOf is the status of the answer that err is about; 0: there was none.
func statusOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}
