package sitetest

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of the API.
type object = map[string]any

// restTime has no zone: which one is meant depends on the field.
const restTime = "2006-01-02T15:04:05"

// rest answers a route of the API; "" is its root.
func (v view) rest(w http.ResponseWriter, r *http.Request, route string) {
	if v.on.Wall200 {
		page(w, http.StatusOK, "<p>Please enable JavaScript.</p>")
		return
	}
	q := r.URL.Query()
	switch {
	case v.on.RESTOff == 401:
		v.fail(w, 401, "rest_cannot_access")
	case route == "":
		v.json(w, 200, fields(v.root(), q))
	case v.on.RESTOff != 0 || route == "wp/v2/comments" && v.on.CommentsOff:
		v.fail(w, 404, "rest_no_route")
	case route == "wp/v2/posts":
		v.postList(w, q)
	case route == "wp/v2/comments":
		v.commentList(w, q)
	default:
		v.fail(w, 404, "rest_no_route")
	}
}

// root is the API's description of itself, which stays when its routes are taken away.
func (v view) root() object {
	_, offset := time.Now().In(v.Zone).Zone()
	spaces := []string{"oembed/1.0", "wp/v2"}
	if v.on.RESTOff == 404 {
		spaces = spaces[:1]
	}
	return object{
		"name": html.EscapeString(v.Title), "url": v.base, "home": v.base, "gmt_offset": offset / 3600, "timezone_string": v.Zone.String(),
		"namespaces": spaces, "routes": object{"/": object{}},
	}
}

// json writes an answer, and what broken plugins and connections make of it.
func (v view) json(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	if v.on.TruncateREST {
		b = b[:len(b)*7/10]
	}
	if v.on.JunkREST {
		b = append([]byte("<br />\n<b>Deprecated</b>: [old] {call} on line 12<br />\n"), b...)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// fail is an error as the API words it.
func (v view) fail(w http.ResponseWriter, status int, code string) {
	v.json(w, status, object{"code": code, "message": "No.", "data": object{"status": status}})
}

// fields keeps the members that _fields names.
func fields(o object, q url.Values) object {
	if !q.Has("_fields") {
		return o
	}
	out := object{}
	for _, name := range strings.Split(q.Get("_fields"), ",") {
		if value, ok := o[name]; ok {
			out[name] = value
		}
	}
	return out
}

// numbers reads a list of ids; nil: there is none.
func numbers(s string) []int {
	var out []int
	for _, one := range strings.Split(s, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(one)); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// moment reads after and before: without an offset in the site's zone. A plus
// sign that was not encoded has become a blank, which is refused.
func (v view) moment(s string) (t time.Time, ok bool) {
	if s == "" {
		return time.Time{}, true
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(restTime, s, v.Zone)
	return t, err == nil
}

// postList lists the protected posts as well: only their texts are kept back.
func (v view) postList(w http.ResponseWriter, q url.Values) {
	after, ok1 := v.moment(q.Get("after"))
	before, ok2 := v.moment(q.Get("before"))
	if !ok1 || !ok2 {
		v.fail(w, 400, "rest_invalid_param")
		return
	}
	include := numbers(q.Get("include"))
	var list []Post
	for _, p := range v.posts {
		switch {
		case v.on.HidePosts:
		case !after.IsZero() && !p.Date.After(after), !before.IsZero() && !p.Date.Before(before):
		case include != nil && !slices.Contains(include, p.ID):
		default:
			list = append(list, p)
		}
	}
	if q.Get("orderby") == "id" {
		slices.SortFunc(list, func(a, b Post) int { return b.ID - a.ID })
	}
	if q.Get("order") == "asc" {
		slices.Reverse(list)
	}
	serveList(v, w, q, list, v.post, "rest_post_invalid_page_number")
}

// commentList lists what visitors may see, by default the newest first.
func (v view) commentList(w http.ResponseWriter, q url.Values) {
	posts, include := numbers(q.Get("post")), numbers(q.Get("include"))
	if slices.ContainsFunc(posts, v.unreadable) {
		v.fail(w, 401, "rest_cannot_read_post") // one is enough to refuse them all
		return
	}
	var list []Comment
	for _, c := range v.comments {
		p, ok := v.byID(c.Post)
		switch {
		case c.Type != "" && c.Type != "comment", !ok, p.Password:
		case posts != nil && !slices.Contains(posts, c.Post), include != nil && !slices.Contains(include, c.ID):
		default:
			list = append(list, c)
		}
	}
	if q.Get("orderby") != "id" {
		slices.SortStableFunc(list, func(a, b Comment) int { return a.Date.Compare(b.Date) })
	}
	if q.Get("order") != "asc" {
		slices.Reverse(list)
	}
	serveList(v, w, q, list, v.comment, "")
}

// unreadable says whether there is such a post and not everybody may read it.
func (v view) unreadable(post int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.Site.posts {
		if p.ID == post {
			return p.Password || p.Status != "" && p.Status != "publish"
		}
	}
	return false
}

func (v view) byID(post int) (Post, bool) {
	for _, p := range v.posts {
		if p.ID == post {
			return p, true
		}
	}
	return Post{}, false
}

// serveList answers one page of a list. Beyond its end stands the error past, or
// where that is "" an empty list.
func serveList[T any](v view, w http.ResponseWriter, q url.Values, list []T, show func(T, url.Values) object, past string) {
	size, n := 10, 1
	if q.Has("per_page") {
		size, _ = strconv.Atoi(q.Get("per_page"))
	}
	if q.Has("page") {
		n, _ = strconv.Atoi(q.Get("page"))
	}
	pages := (len(list) + max(size, 1) - 1) / max(size, 1)
	switch {
	case size < 1 || size > 100 || n < 1:
		v.fail(w, 400, "rest_invalid_param")
		return
	case v.on.FailPage == n:
		page(w, 500, "<p>There has been a critical error on this website.</p>")
		return
	case v.on.Endless:
		n, pages = 1, 1000
	case n > max(pages, 1) && past != "":
		v.fail(w, 400, past)
		return
	}
	from := min((n-1)*size, len(list))
	out := []object{}
	for _, one := range list[from:min(from+size, len(list))] {
		out = append(out, fields(show(one, q), q))
	}
	if !v.on.NoCounts {
		w.Header().Set("X-WP-Total", strconv.Itoa(len(list)))
		w.Header().Set("X-WP-TotalPages", strconv.Itoa(pages))
	}
	v.json(w, 200, out)
}

// post is a post with every field that a reader may ask for.
func (v view) post(p Post, q url.Values) object {
	modified := p.Modified
	if modified.IsZero() {
		modified = p.Date
	}
	content, excerpt, status := p.Content, p.Excerpt, "open"
	// What is protected is listed, counted and named; only its words are kept back.
	if p.Password {
		content, excerpt = "", ""
	}
	if p.Closed {
		status = "closed"
	}
	var meta any = []any{}
	if v.on.MetaObject {
		meta = object{}
	}
	out := object{
		"id": p.ID, "date": p.Date.In(v.Zone).Format(restTime), "date_gmt": p.Date.UTC().Format(restTime),
		"modified_gmt": modified.UTC().Format(restTime), "guid": object{"rendered": v.guid(p)}, "slug": p.Slug,
		"status": "publish", "type": "post", "link": v.link(p), "title": object{"rendered": p.Title},
		"content": object{"rendered": content, "protected": p.Password}, "excerpt": object{"rendered": excerpt, "protected": p.Password},
		"author": p.Author, "comment_status": status, "meta": meta,
	}
	named := strings.Split(q.Get("_fields"), ",")
	if q.Has("_embed") && (!q.Has("_fields") || slices.Contains(named, "_links")) {
		out["_embedded"] = v.embedded(p, q.Get("_embed"))
	}
	out["_links"] = object{"self": []object{{"href": fmt.Sprintf("%s/wp-json/wp/v2/posts/%d", v.base, p.ID)}}}
	return out
}

// embedded is what _embed adds: everything, or the relations it names.
func (v view) embedded(p Post, which string) object {
	out := object{}
	wants := func(rel string) bool {
		return which == "" || which == "1" || which == "true" || slices.Contains(strings.Split(which, ","), rel)
	}
	if wants("author") {
		out["author"] = []object{v.author(p.Author)}
	}
	if wants("replies") {
		if p.Password {
			out["replies"] = []object{{"code": "rest_cannot_read_post", "message": "No.", "data": object{"status": 401}}}
			return out
		}
		most := v.on.EmbeddedReplies
		if most == 0 {
			most = 10
		}
		replies := []object{}
		for _, c := range v.thread(p.ID)[:min(most, len(v.thread(p.ID)))] {
			replies = append(replies, v.comment(c, nil))
		}
		out["replies"] = [][]object{replies}
	}
	return out
}

// author is the account, or the error that stands in its place.
func (v view) author(id int) object {
	u, ok := v.user(id)
	switch {
	case v.on.HideUsers:
		return object{"code": "rest_no_route", "message": "No.", "data": object{"status": 404}}
	case !ok:
		return object{"code": "rest_user_invalid_id", "message": "No.", "data": object{"status": 404}}
	}
	return object{"id": u.ID, "name": html.EscapeString(u.Name), "url": u.URL, "description": html.EscapeString(u.Bio), "slug": "u"}
}

// comment is a comment; its writer's name is entity-encoded, the address is not.
func (v view) comment(c Comment, _ url.Values) object {
	p, _ := v.byID(c.Post)
	kind := c.Type
	if kind == "" {
		kind = "comment"
	}
	return object{
		"id": c.ID, "post": c.Post, "parent": c.Parent, "author": c.User, "author_name": html.EscapeString(c.Name), "author_url": c.URL,
		"date_gmt": c.Date.UTC().Format(restTime), "content": object{"rendered": c.Content},
		"link": fmt.Sprintf("%s#comment-%d", v.link(p), c.ID), "type": kind, "status": "approved",
	}
}
