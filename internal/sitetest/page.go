package sitetest

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var commentPage = regexp.MustCompile(`^(.+)/comment-page-(\d+)$`)

// html answers the front page, a post's page, or that there is none.
func (v view) html(w http.ResponseWriter, r *http.Request, slug string) {
	n, _ := strconv.Atoi(r.URL.Query().Get("cpage"))
	if m := commentPage.FindStringSubmatch(slug); m != nil {
		slug = m[1]
		n, _ = strconv.Atoi(m[2])
	}
	if p, ok := v.find(r, slug); ok {
		v.single(w, p, n)
		return
	}
	// With plain permalinks the front page answers for every path.
	if r.URL.Query().Has("p") || slug != "" && !v.on.Plain {
		page(w, http.StatusNotFound, "<h1>Nothing here</h1>")
		return
	}
	v.head(w, "", "home blog")
	for _, p := range v.posts[:min(10, len(v.posts))] {
		fmt.Fprintf(w, `<article class="post-%d"><h2><a href="%s">%s</a></h2></article>`, p.ID, v.link(p), p.Title)
	}
	fmt.Fprint(w, "</body></html>")
}

// apiRoot is where the pages say that the API is.
func (v view) apiRoot() string {
	if v.on.Plain {
		return v.base + "/?rest_route=/"
	}
	return v.base + "/wp-json/"
}

// head writes all that comes before a page's body.
func (v view) head(w http.ResponseWriter, links, class string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	if !v.on.HideLinks {
		w.Header().Add("Link", "<"+v.apiRoot()+`>; rel="https://api.w.org/"`)
		feed := v.base + "/feed/"
		if v.on.Plain {
			feed = v.base + "/?feed=rss2"
		}
		links += fmt.Sprintf(`<link rel="https://api.w.org/" href="%s"><link rel="alternate" type="application/rss+xml" title="%s" href="%s">`, v.apiRoot(), html.EscapeString(v.Title), feed)
	}
	fmt.Fprintf(w, `<!DOCTYPE html><html lang="%s"><head><meta charset="UTF-8"><title>%s</title>%s</head><body class="%s">`, v.Language, html.EscapeString(v.Title), links, class)
}

// single is a post's page with page n of its comments; 0: the newest.
func (v view) single(w http.ResponseWriter, p Post, n int) {
	short := fmt.Sprintf("%s/?p=%d", v.base, p.ID)
	v.head(w, fmt.Sprintf(`<link rel="shortlink" href="%s">`, short), fmt.Sprintf("single single-post postid-%d", p.ID))
	if p.Password {
		fmt.Fprintf(w, `<div class="entry-content"><form class="post-password-form" action="%s/wp-login.php?action=postpass"></form></div></body></html>`, v.base)
		return
	}
	// Like many themes, this one leads to no further page of a text.
	content, _, _ := strings.Cut(p.Content, "<!--nextpage-->")
	fmt.Fprintf(w, `<article id="post-%d"><h1>%s</h1><div class="entry-content">%s<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="?share=mail">Mail</a></li></ul></div></div></article>`, p.ID, p.Title, content)
	v.list(w, p, n)
	if p.Closed {
		fmt.Fprint(w, `<p class="no-comments">Comments are closed.</p>`)
	}
	fmt.Fprint(w, "</body></html>")
}

// list writes page n of a post's threads. What answers a comment that is not
// shown is left out, as themes do.
func (v view) list(w http.ResponseWriter, p Post, n int) {
	answers := map[int][]Comment{}
	for _, c := range v.thread(p.ID) {
		answers[c.Parent] = append(answers[c.Parent], c)
	}
	top, pages := answers[0], 1
	if size := v.on.CommentsPerPage; size > 0 {
		pages = max(1, (len(top)+size-1)/size)
		if n < 1 || n > pages {
			n = pages
		}
		top = top[(n-1)*size : min(n*size, len(top))]
	}
	fmt.Fprint(w, `<ol class="comment-list" id="comments">`)
	for _, c := range top {
		v.commentItem(w, p, c, answers, 1)
	}
	fmt.Fprint(w, "</ol>")
	for i := 1; i <= pages && pages > 1; i++ {
		if i != n {
			fmt.Fprintf(w, `<a class="page-numbers" href="%s">%d</a>`, html.EscapeString(v.commentPage(p, i)), i)
		}
	}
}

// commentPage is the address of page n of a post's comments.
func (v view) commentPage(p Post, n int) string {
	if v.on.Plain {
		return fmt.Sprintf("%s&cpage=%d#comments", v.link(p), n)
	}
	return fmt.Sprintf("%scomment-page-%d/#comments", v.link(p), n)
}

// commentItem writes a comment with its answers inside, as themes have done since lists
// of comments became HTML 5.
func (v view) commentItem(w http.ResponseWriter, p Post, c Comment, answers map[int][]Comment, depth int) {
	class := cmp.Or(c.Type, "comment")
	if c.User != 0 && c.User == p.Author {
		class += " bypostauthor"
	}
	name := html.EscapeString(c.Name)
	if c.URL != "" {
		name = fmt.Sprintf(`<a href="%s" class="url" rel="external nofollow ugc">%s</a>`, html.EscapeString(c.URL), name)
	}
	local := c.Date.In(v.Zone)
	when := fmt.Sprintf(`<time datetime="%s">%s</time>`, local.Format(time.RFC3339), local.Format("2 January"))
	if v.on.WordedDates {
		when = local.Format("January 2, 2006 at 3:04 pm")
	}
	fmt.Fprintf(w, `<li id="comment-%d" class="%s depth-%d"><article id="div-comment-%d" class="comment-body"><footer class="comment-meta"><b class="fn">%s</b> <span class="says">says:</span> %s</footer><div class="comment-content">%s</div><div class="reply"><a href="?replytocom=%d#respond">Reply</a></div></article>`,
		c.ID, class, depth, c.ID, name, when, c.Content, c.ID)
	if len(answers[c.ID]) > 0 {
		fmt.Fprint(w, `<ol class="children">`)
		for _, a := range answers[c.ID] {
			v.commentItem(w, p, a, answers, depth+1)
		}
		fmt.Fprint(w, "</ol>")
	}
	fmt.Fprint(w, "</li>")
}
