package sitetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

// small is two public posts, one for members, one draft, and 12 comments.
func small() *Site {
	s := New()
	s.AddUser(User{ID: 1, Name: "Ada & Co"})
	s.AddPost(Post{ID: 1, Slug: "one", Title: "One", Content: "<p>First</p><!--nextpage--><p>second</p>", Author: 1, Date: now.Add(-time.Hour)})
	s.AddPost(Post{ID: 2, Slug: "two", Title: "Two", Content: "<p>Two</p>", Author: 9, Date: now.Add(-48 * time.Hour), Closed: true})
	s.AddPost(Post{ID: 3, Slug: "three", Title: "Three", Content: "SECRET", Author: 1, Date: now.Add(-2 * time.Hour), Password: true})
	s.AddPost(Post{ID: 4, Slug: "four", Content: "DRAFT", Date: now, Status: "draft"})
	for i := range 12 {
		s.AddComment(Comment{ID: 100 + i, Post: 1, Name: "Ben", Date: now.Add(time.Duration(i-50) * time.Minute), Content: "<p>c</p>"})
	}
	s.AddComment(Comment{ID: 120, Post: 1, Parent: 100, User: 1, Name: "Ada", Date: now, Content: "<p>answer</p>"})
	s.AddComment(Comment{ID: 121, Post: 1, Name: "Other", Date: now, Type: "pingback", Content: "<p>ping</p>"})
	s.AddComment(Comment{ID: 122, Post: 1, Name: "Spam", Date: now, Content: "SPAM", Hidden: true})
	s.AddComment(Comment{ID: 123, Post: 3, Name: "Member", Date: now, Content: "MEMBER"})
	return s
}

// reply is what the site at base answered.
type reply struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, address string) reply {
	t.Helper()
	resp, err := http.Get(address) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// list reads a list of the API.
func list(t *testing.T, r reply) []map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

// TestAnswers: what was observed at the real one.
func TestAnswers(t *testing.T) {
	site := small()
	base := site.Start(t)
	for path, want := range map[string]struct {
		status   int
		has, not string
	}{
		"wp-json/wp/v2/posts?per_page=101":                    {400, "rest_invalid_param", ""},
		"wp-json/wp/v2/posts?page=9":                          {400, "invalid_page_number", ""},
		"wp-json/wp/v2/comments?page=9":                       {200, "[]", "code"},
		"wp-json/wp/v2/posts?after=2026-03-01T00:00:00+00:00": {400, "rest_invalid_param", ""},
		"wp-json/wp/v2/posts?after=2026-03-28T00:00:00Z":      {200, `"id":1`, `"id":2`},
		"wp-json/wp/v2/posts?after=2026-03-29T04:00:00":       {200, `"id":1`, `"id":2`},
		"wp-json/wp/v2/posts?after=2026-03-29T06:30:00":       {200, `[]`, `"id":1`},
		"wp-json/wp/v2/posts?before=2026-03-28T00:00:00Z":     {200, `"id":2`, `"id":1`},
		"wp-json/wp/v2/posts":                                 {200, `"protected":true`, "SECRET"},
		"wp-json/wp/v2/posts?include=2,4,99":                  {200, `"id":2`, `"id":4`},
		"wp-json/wp/v2/posts?_fields=id,title":                {200, `"title"`, "content"},
		"wp-json/wp/v2/posts?_embed=author&_fields=id":        {200, `"id"`, "_embedded"},
		"wp-json/wp/v2/posts?_embed=author":                   {200, "rest_user_invalid_id", `"replies"`},
		"wp-json/wp/v2/posts?_embed":                          {200, "rest_cannot_read_post", ""},
		"wp-json/wp/v2/posts?include=1&_embed=author":         {200, `"name":"Ada \u0026amp; Co"`, ""},
		"wp-json/wp/v2/comments?per_page=100":                 {200, `"parent":100`, "pingback"},
		"wp-json/wp/v2/comments?per_page=100&post=1,3":        {401, "rest_cannot_read_post", "MEMBER"},
		"wp-json/wp/v2/comments?per_page=100&post=4":          {401, "rest_cannot_read_post", ""},
		"wp-json/wp/v2/comments?per_page=100&post=99":         {200, "[]", ""},
		"wp-json/wp/v2/comments?include=100,122":              {200, `"id":100`, "SPAM"},
		"wp-json/wp/v2/users":                                 {404, "rest_no_route", ""},
		"wp-json/":                                            {200, `"namespaces"`, ""},
		"?rest_route=/wp/v2/posts":                            {200, `"id":1`, ""},
		"":                                                    {200, `rel="https://api.w.org/"`, "SECRET"},
		"one/":                                                {200, "postid-1", "second"},
		"?p=1":                                                {200, "postid-1", ""},
		"three/":                                              {200, "post-password-form", "SECRET"},
		"four/":                                               {404, "", "DRAFT"},
		"two/":                                                {200, "no-comments", ""},
		"feed/":                                               {200, "<slash:comments>14</slash:comments>", "SECRET"},
		"feed/?paged=2":                                       {404, "", "<rss"},
		"one/feed/":                                           {200, "#comment-120", "SPAM"},
		"three/feed/":                                         {200, "<rss", "MEMBER"},
	} {
		r := get(t, base+path)
		if r.status != want.status || !strings.Contains(r.body, want.has) || want.not != "" && strings.Contains(r.body, want.not) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if asked := site.Requests(); len(asked) != 33 || len(site.Requests()) != 0 {
		t.Errorf("%d requests were noted", len(asked))
	}
}

func TestSwitches(t *testing.T) {
	for name, c := range map[string]struct {
		on       Switches
		path     string
		status   int
		has, not string
	}{
		"closed":              {Switches{RESTOff: 401}, "wp-json/", 401, "rest_cannot_access", ""},
		"routes gone":         {Switches{RESTOff: 404}, "wp-json/wp/v2/posts", 404, "rest_no_route", ""},
		"its root is left":    {Switches{RESTOff: 404}, "wp-json/", 200, "oembed", "wp/v2"},
		"plain":               {Switches{Plain: true}, "wp-json/", 200, "<html", "namespaces"},
		"plain, by query":     {Switches{Plain: true}, "?rest_route=/wp/v2/posts", 200, "/?p=1", "/one/"},
		"wall":                {Switches{Wall: "rest"}, "wp-json/wp/v2/posts", 403, "<html", ""},
		"no wall before":      {Switches{Wall: "rest"}, "feed/", 200, "<rss", ""},
		"wall before all":     {Switches{Wall: "all"}, "", 403, "", ""},
		"wall says 200":       {Switches{Wall200: true}, "wp-json/", 200, "<html", "namespaces"},
		"noise":               {Switches{JunkREST: true}, "wp-json/wp/v2/posts", 200, "Deprecated", ""},
		"hidden posts":        {Switches{HidePosts: true}, "wp-json/wp/v2/posts", 200, "[]", "id"},
		"hidden users":        {Switches{HideUsers: true}, "wp-json/wp/v2/posts?_embed=author", 200, "rest_no_route", "Ada"},
		"comments":            {Switches{CommentsOff: true}, "wp-json/wp/v2/comments", 404, "rest_no_route", ""},
		"feed off":            {Switches{FeedOff: true}, "feed/", 500, "", "<rss"},
		"no comment feed":     {Switches{NoCommentFeed: true}, "one/feed/", 404, "", "<rss"},
		"nor a link to it":    {Switches{NoCommentFeed: true}, "feed/", 200, "slash:comments", "commentRss"},
		"excerpts":            {Switches{ExcerptFeeds: true}, "feed/", 200, "<description>", "content:encoded>"},
		"translated":          {Switches{ExcerptFeeds: true, Translated: true}, "feed/", 200, "Geschützt: Three", "Protected"},
		"links hidden":        {Switches{HideLinks: true}, "", 200, "<html", "api.w.org"},
		"a page fails":        {Switches{FailPage: 2}, "wp-json/wp/v2/posts?page=2&per_page=1", 500, "critical", ""},
		"other pages do not":  {Switches{FailPage: 2}, "wp-json/wp/v2/posts?page=1&per_page=1", 200, `"id":1`, ""},
		"endless":             {Switches{Endless: true}, "wp-json/wp/v2/posts?page=70", 200, `"id":1`, ""},
		"newer":               {Switches{MetaObject: true}, "wp-json/wp/v2/posts", 200, `"meta":{}`, `"meta":[]`},
		"older":               {Switches{}, "wp-json/wp/v2/posts", 200, `"meta":[]`, `"meta":{}`},
		"short feed":          {Switches{PerFeed: 2}, "feed/?paged=2", 200, "<title>Two</title>", "<title>One</title>"},
		"pages of comments":   {Switches{CommentsPerPage: 5}, "one/comment-page-1/", 200, "comment-page-3/", `id="comment-110"`},
		"the newest page":     {Switches{CommentsPerPage: 5}, "one/", 200, `id="comment-110"`, `id="comment-100"`},
		"plain comment pages": {Switches{CommentsPerPage: 5, Plain: true}, "?p=1&cpage=1", 200, "cpage=3", `id="comment-110"`},
		"worded dates":        {Switches{WordedDates: true}, "one/", 200, "March 29, 2026 at 7:00 am", "<time"},
		"down":                {Switches{Down: 503}, "", 503, "", ""},
	} {
		site := small()
		base := site.Start(t)
		site.Set(c.on)
		r := get(t, base+c.path)
		if r.status != c.status || !strings.Contains(r.body, c.has) || c.not != "" && strings.Contains(r.body, c.not) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

// TestPaging: the pages of a list hold each item once, in the order asked for.
func TestPaging(t *testing.T) {
	site := Generate(25, 0, now)
	base := site.Start(t)
	for order, first := range map[string]float64{"asc": 1, "desc": 25} {
		seen := map[float64]bool{}
		for n, size := range map[string]int{"1": 10, "2": 10, "3": 5} {
			r := get(t, base+"wp-json/wp/v2/posts?"+url.Values{"per_page": {"10"}, "page": {n}, "order": {order}, "orderby": {"id"}}.Encode())
			items := list(t, r)
			if len(items) != size || r.header.Get("X-WP-Total") != "25" || r.header.Get("X-WP-TotalPages") != "3" {
				t.Errorf("page %s has %d items; %v", n, len(items), r.header)
			}
			if n == "1" && items[0]["id"] != first {
				t.Errorf("%s begins with %v", order, items[0]["id"])
			}
			for _, one := range items {
				seen[one["id"].(float64)] = true
			}
		}
		if len(seen) != 25 {
			t.Errorf("%d items in all", len(seen))
		}
	}
}

// TestEmbeddedReplies: they are cut, at ten or a hundred.
func TestEmbeddedReplies(t *testing.T) {
	for most, want := range map[int]int{0: 10, 100: 14} {
		site := small()
		base := site.Start(t)
		site.Set(Switches{EmbeddedReplies: most})
		one := list(t, get(t, base+"wp-json/wp/v2/posts?include=1&_embed"))[0]
		replies := one["_embedded"].(map[string]any)["replies"].([]any)[0].([]any)
		if len(replies) != want {
			t.Errorf("%d replies, want %d", len(replies), want)
		}
	}
}

// TestCommentFeedRepeats: its further pages are the first again.
func TestCommentFeedRepeats(t *testing.T) {
	base := small().Start(t)
	one, two := get(t, base+"one/feed/"), get(t, base+"one/feed/?paged=2")
	if one.body != two.body || strings.Count(one.body, "<item>") != 10 || !strings.Contains(one.body, "In reply to") {
		t.Errorf("%s\n%s", one.body, two.body)
	}
}

func TestPrefix(t *testing.T) {
	site := small()
	site.Prefix = "/blog"
	base := site.Start(t)
	if r := get(t, base+"wp-json/wp/v2/posts"); r.status != 200 || !strings.Contains(r.body, "/blog/one/") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := get(t, strings.TrimSuffix(base, "/blog/")+"/wp-json/"); r.status != 404 {
		t.Errorf("outside: %d", r.status)
	}
}

// TestGenerate: the same arguments give the same site, with all that was asked for in the week.
func TestGenerate(t *testing.T) {
	a, b := Generate(7, 100, now), Generate(7, 100, now)
	if len(a.posts) != 7 || len(a.comments) != 100 || a.posts[3] != b.posts[3] || a.comments[99] != b.comments[99] {
		t.Errorf("%d posts, %d comments", len(a.posts), len(a.comments))
	}
	known := map[int]int{}
	for _, c := range a.comments {
		if c.Parent != 0 && known[c.Parent] != c.Post {
			t.Errorf("comment %d of post %d answers %d of post %d", c.ID, c.Post, c.Parent, known[c.Parent])
		}
		known[c.ID] = c.Post
	}
	for _, p := range a.posts {
		if age := now.Sub(p.Date); age < 0 || age > 7*24*time.Hour {
			t.Errorf("post %d is %v old", p.ID, age)
		}
	}
}
