package sitetest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	if v.on.Latency > 0 {
		select {
		case <-time.After(v.on.Latency):
		case <-r.Context().Done():
			return
		}
	}
	path, ok := strings.CutPrefix(r.URL.Path, s.Prefix)
	switch {
	case v.on.Down != 0:
		page(w, v.on.Down, "<h1>Out of order</h1>")
	case !ok:
		page(w, http.StatusNotFound, "<h1>Another site</h1>")
	default:
		v.route(w, r, "/"+strings.Trim(path, "/"))
	}
}

// route finds what is asked for, by pretty or plain addresses.
func (v view) route(w http.ResponseWriter, r *http.Request, path string) {
	q := r.URL.Query()
	rest, isREST := strings.CutPrefix(path, "/wp-json")
	isREST = isREST && !v.on.Plain
	if q.Has("rest_route") {
		rest, isREST = "/"+strings.Trim(q.Get("rest_route"), "/"), true
	}
	slug, isFeed := strings.CutSuffix(path, "/feed")
	isFeed = isFeed || q.Get("feed") != ""
	switch {
	case v.on.Wall == "all", v.on.Wall == "rest" && isREST, v.on.Wall == "feed" && isFeed:
		page(w, http.StatusForbidden, "<p>Are you a person?</p>")
	case isREST:
		v.rest(w, r, strings.Trim(rest, "/"))
	case isFeed:
		v.feed(w, r, strings.Trim(slug, "/"))
	default:
		v.html(w, r, strings.Trim(path, "/"))
	}
}

// page writes a page that is not one of the site's own.
func page(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>Harbour Street</title></head><body>%s</body></html>", body)
}

// link is a post's address.
func (v view) link(p Post) string {
	if v.on.Plain {
		return fmt.Sprintf("%s/?p=%d", v.base, p.ID)
	}
	return v.base + "/" + p.Slug + "/"
}

// guid stays what it was when the post was written, wherever the site has moved since.
func (v view) guid(p Post) string {
	if p.GUID != "" {
		return p.GUID
	}
	return fmt.Sprintf("%s/?p=%d", v.base, p.ID)
}

// find is the post that an address stands for.
func (v view) find(r *http.Request, slug string) (Post, bool) {
	for _, p := range v.posts {
		if slug != "" && slug == p.Slug || r.URL.Query().Get("p") == fmt.Sprint(p.ID) {
			return p, true
		}
	}
	return Post{}, false
}

// thread is what stands under a post, pingbacks included.
func (v view) thread(post int) []Comment {
	var out []Comment
	for _, c := range v.comments {
		if c.Post == post {
			out = append(out, c)
		}
	}
	return out
}

func (v view) user(id int) (User, bool) {
	for _, u := range v.users {
		if u.ID == id {
			return u, true
		}
	}
	return User{}, false
}
