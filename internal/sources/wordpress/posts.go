package wordpress

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// margin is how much wider than the window the site is asked: WordPress compares
// local times, and some sites change their zone.
const margin = 24 * time.Hour

// postFields keep the answer small. Without _links WordPress embeds nothing.
const postFields = "id,date_gmt,modified_gmt,guid,link,status,title,excerpt,content,author,comment_status,_links,_embedded"

// post is one post as the API shows it.
type post struct {
	ID            ident    `json:"id"`
	Date          string   `json:"date_gmt"`
	Modified      string   `json:"modified_gmt"`
	GUID          rendered `json:"guid"`
	Link          string   `json:"link"`
	Status        string   `json:"status"`
	Title         rendered `json:"title"`
	Excerpt       rendered `json:"excerpt"`
	Content       rendered `json:"content"`
	Author        ident    `json:"author"`
	CommentStatus string   `json:"comment_status"`
	Embedded      embedded `json:"_embedded"` // an empty one is [] instead of {}
}

// fromAPI reads the window's posts and their comments. An error means that
// nothing was read.
func (p *pull) fromAPI(ctx context.Context) error {
	posts, err := p.posts(ctx, url.Values{
		"after":   {p.window.Since.Add(-margin).UTC().Format(time.RFC3339)},
		"before":  {p.window.Until.Add(margin).UTC().Format(time.RFC3339)},
		"orderby": {"id"}, "order": {"asc"}, // so that a new post shifts no page
	})
	if err != nil && len(posts) == 0 {
		return err
	}
	if err != nil {
		p.warn("not all posts could be read: %v", err)
	}
	for _, post := range posts {
		if a, ok := p.article(post); ok && p.window.Contains(a.Published) {
			p.add(a)
		}
	}
	// It answered, so whatever was remembered of it is over.
	p.state.open()
	p.namesFromFeed(ctx, posts)
	p.commentsFromAPI(ctx, posts)
	return nil
}

// posts asks for posts, whatever their number; in the order of the answer.
// Through walls that know the usual path only, the other root is tried.
func (p *pull) posts(ctx context.Context, query url.Values) ([]post, error) {
	posts, err := p.postsAtRoot(ctx, query)
	if len(posts) > 0 || err == nil || !p.state.tryOther(p.site.API, p.home, err) {
		return posts, err
	}
	posts, other := p.postsAtRoot(ctx, query)
	if other != nil && len(posts) == 0 {
		p.state.API = ""
		return nil, err
	}
	return posts, other
}

// postsAtRoot asks at the root in use. A post that stands on two pages is taken once.
func (p *pull) postsAtRoot(ctx context.Context, query url.Values) ([]post, error) {
	var posts []post
	seen := map[ident]bool{}
	query.Set("_fields", postFields)
	query.Set("_embed", "author")
	err := all(ctx, p, question[post]{route: "wp/v2/posts", query: query, most: true, each: func(one post) int64 {
		if one.ID == 0 || one.Link == "" {
			return 0
		}
		if !seen[one.ID] {
			seen[one.ID] = true
			posts = append(posts, one)
		}
		return int64(one.ID)
	}})
	return posts, err
}

// hidden says whether a post is not for everybody. The form is looked for as
// well: plugins render protected posts without setting the field.
func (one post) hidden() bool {
	return bool(one.Content.Protected || one.Excerpt.Protected) || (one.Status != "" && one.Status != "publish") ||
		passwordForm(one.Content.Rendered) || passwordForm(one.Excerpt.Rendered)
}

// passwordForm recognizes what WordPress shows instead of a protected text.
func passwordForm(markup string) bool {
	markup = strings.ToLower(markup)
	return strings.Contains(markup, "post-password-form") || strings.Contains(markup, "action=postpass")
}

// article is the post without its comments. False: it must not be shown, or is
// none that could be.
func (p *pull) article(one post) (digest.Article, bool) {
	published := gmt(one.Date)
	link := sanitize.Address(one.Link, p.home)
	if one.hidden() || published.IsZero() || link == "" {
		return digest.Article{}, false
	}
	a := digest.Article{
		Source: p.name, ID: p.state.name(one.GUID.Rendered, one.ID), URL: link,
		Title:     sanitize.LineFromHTML(one.Title.Rendered),
		Author:    one.author(),
		Published: published,
		Language:  p.site.Language,
		// #comments is where every theme has them that has any.
		CommentsURL:    link + "#comments",
		CommentsClosed: one.CommentStatus == "closed",
	}
	if modified := gmt(one.Modified); modified.After(published) {
		a.Updated = modified
	}
	fill(&a, one.Content.Rendered, one.Excerpt.Rendered)
	return a, true
}

// fill sets an article's texts from its content and excerpt, either of which may be empty.
func fill(a *digest.Article, content, excerpt string) {
	base := baseOf(*a)
	body := article(content, base)
	a.HTML, a.Original = body.inner(), original(body, base)
	a.Summary = readableArticle(excerpt, base)
	if sanitize.Text(a.HTML) == "" {
		a.HTML = a.Summary
	}
}

// embedded is what was asked to come along.
type embedded struct {
	Author []user `json:"author"`
}

// user is an author as the API embeds one, or the error in its place.
type user struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	URL         string `json:"url"`
	Description string `json:"description"`
}

func (one post) user() user {
	if len(one.Embedded.Author) == 0 {
		return user{Code: "none"}
	}
	return one.Embedded.Author[0]
}

// author is who the site says wrote the post: nobody, where the account was
// deleted or the site hides its users.
func (one post) author() digest.Author {
	u := one.user()
	return digest.Author{
		Name: sanitize.LineFromHTML(u.Name),
		URL:  sanitize.Address(u.URL, nil),
		Bio:  sanitize.LineFromHTML(u.Description),
	}
}

// namesFromFeed adds the authors' names from the feed, on a site whose API hides
// its users. That an account is gone the API says in another way.
func (p *pull) namesFromFeed(ctx context.Context, posts []post) {
	hidden := slices.ContainsFunc(posts, func(one post) bool {
		code := one.user().Code
		return one.Author != 0 && code != "" && code != "rest_user_invalid_id"
	})
	if !hidden || len(p.articles) == 0 || ctx.Err() != nil {
		return
	}
	f, err := p.articleFeed(ctx)
	if err != nil {
		p.warn("the REST API hides the authors, and the feed does not name them (%v)", err)
		return
	}
	names := map[string]string{}
	for _, e := range f.entries {
		names[e.URL] = sanitize.Line(e.Author.Name)
	}
	for i := range p.articles {
		if a := &p.articles[i]; a.Author.Name == "" {
			a.Author.Name = names[a.URL]
		}
	}
}
