package sitetest

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// feed answers the feed of articles, or of a post's comments.
func (v view) feed(w http.ResponseWriter, r *http.Request, slug string) {
	if v.on.FeedOff {
		page(w, 500, "<p>There is no feed here.</p>")
		return
	}
	if slug == "" && !r.URL.Query().Has("p") {
		v.articles(w, r)
		return
	}
	p, ok := v.find(r, slug)
	if !ok || v.on.NoCommentFeed {
		page(w, 404, "<p>Nothing here.</p>")
		return
	}
	v.replies(w, p)
}

// perFeed is the setting of how many entries a feed shows.
func (v view) perFeed() int {
	if v.on.PerFeed > 0 {
		return v.on.PerFeed
	}
	return 10
}

// articles is one page of the feed of articles. A page beyond its end is a 404.
func (v view) articles(w http.ResponseWriter, r *http.Request) {
	n := 1
	if asked, err := strconv.Atoi(r.URL.Query().Get("paged")); err == nil && asked > 0 {
		n = asked
	}
	from := (n - 1) * v.perFeed()
	if from >= len(v.posts) && n > 1 {
		page(w, 404, "<p>Nothing here.</p>")
		return
	}
	var b strings.Builder
	for _, p := range v.posts[from:min(from+v.perFeed(), len(v.posts))] {
		b.WriteString(v.item(p))
	}
	v.rss(w, v.Title, v.base, b.String())
}

// item is a post in the feed: cut at its first page, a form in the place of what is
// protected, pingbacks counted as comments.
func (v view) item(p Post) string {
	title, content, excerpt := p.Title, p.Content, p.Excerpt
	if p.Password {
		title, excerpt = "Protected: "+title, "There is no excerpt because this is a protected post."
		if v.on.Translated {
			title, excerpt = "Geschützt: "+p.Title, "Es gibt keinen Auszug."
		}
		content = `<form action="` + v.base + `/wp-login.php?action=postpass" class="post-password-form"><input name="post_password"></form>`
	}
	content, _, _ = strings.Cut(content, "<!--nextpage-->")
	u, _ := v.user(p.Author)
	var b strings.Builder
	fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link><dc:creator>%s</dc:creator><pubDate>%s</pubDate><guid isPermaLink=\"false\">%s</guid><description>%s</description>",
		html.EscapeString(title), html.EscapeString(v.link(p)), cdata(html.EscapeString(u.Name)), p.Date.UTC().Format(time.RFC1123Z), html.EscapeString(v.guid(p)), cdata(v.short(content, excerpt)))
	if !v.on.ExcerptFeeds {
		fmt.Fprintf(&b, "<content:encoded>%s</content:encoded>", cdata(content))
	}
	if count := len(v.thread(p.ID)); count > 0 || !p.Closed {
		fmt.Fprintf(&b, "<comments>%s#comments</comments>", html.EscapeString(v.link(p)))
		if !v.on.NoCommentFeed {
			fmt.Fprintf(&b, "<wfw:commentRss>%s</wfw:commentRss>", html.EscapeString(v.commentFeed(p)))
		}
		fmt.Fprintf(&b, "<slash:comments>%d</slash:comments>", count)
	}
	return b.String() + "</item>"
}

// short is the excerpt: the author's own, or the beginning of the text.
func (v view) short(content, excerpt string) string {
	const most = 120
	if excerpt != "" || len(content) <= most {
		return cmp.Or(excerpt, content)
	}
	return strings.ToValidUTF8(content[:most], "") + " [&#8230;]"
}

func (v view) commentFeed(p Post) string {
	if v.on.Plain {
		return fmt.Sprintf("%s/?feed=rss2&p=%d", v.base, p.ID)
	}
	return v.link(p) + "feed/"
}

// replies is the feed of a post's comments: the newest, whatever page is asked for.
func (v view) replies(w http.ResponseWriter, p Post) {
	all := v.thread(p.ID)
	if p.Password {
		all = nil
	}
	// By time, not by id: an import brings old comments with new ids.
	slices.SortStableFunc(all, func(a, b Comment) int { return b.Date.Compare(a.Date) })
	var b strings.Builder
	for _, c := range all[:min(len(all), v.perFeed())] {
		content := c.Content
		if c.Parent != 0 {
			content = fmt.Sprintf("<p>In reply to <a href=\"%s#comment-%d\">somebody</a>.</p>\n%s", v.link(p), c.Parent, content)
		}
		fmt.Fprintf(&b, "<item><title>By: %s</title><link>%s#comment-%d</link><dc:creator>%s</dc:creator><pubDate>%s</pubDate><guid isPermaLink=\"false\">%s#comment-%d</guid><content:encoded>%s</content:encoded></item>",
			html.EscapeString(html.EscapeString(c.Name)), html.EscapeString(v.link(p)), c.ID, cdata(html.EscapeString(c.Name)),
			c.Date.UTC().Format(time.RFC1123Z), html.EscapeString(v.guid(p)), c.ID, cdata(content))
	}
	v.rss(w, "Comments on: "+p.Title, v.link(p), b.String())
}

// rss writes a document; what is in it is escaped already.
func (v view) rss(w http.ResponseWriter, title, link, items string) {
	w.Header().Set("Content-Type", "application/rss+xml; charset=UTF-8")
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>%s</title><link>%s</link><language>%s</language><generator>https://wordpress.org/?v=6.1</generator>%s</channel></rss>`,
		html.EscapeString(title), html.EscapeString(link), v.Language, items)
}

// cdata is how the real one wraps texts, entities and all.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}
