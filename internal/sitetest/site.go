// Package sitetest is a small WordPress for tests: a scripted corpus, served the
// way WordPress serves it, with switches for what real sites do to whoever reads
// them. It has no page to write on and no theme to look at.
package sitetest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Post is one post. Comments name it by its ID.
type Post struct {
	ID       int
	Slug     string
	Title    string // markup, as WordPress renders it
	Content  string // markup
	Excerpt  string // markup; empty: none
	Author   int    // of Users; one that is not there was deleted
	Date     time.Time
	Modified time.Time // zero: Date
	Password bool      // only those who know it may read the text
	Status   string    // empty: publish
	Closed   bool      // to comments
	GUID     string    // empty: ?p=ID at this site
}

// Comment is one comment, or a pingback by its Type.
type Comment struct {
	ID, Post, Parent int
	User             int    // 0: a visitor
	Name, URL        string // as stored
	Date             time.Time
	Content          string // markup
	Type             string // empty: comment
	Hidden           bool   // not approved, spam or trash
}

// User is an account that may write posts.
type User struct {
	ID             int
	Name, URL, Bio string
}

// Switches are the traps. The zero value is a site that behaves.
type Switches struct {
	RESTOff       int    // 401: closed to visitors; 404: its routes are gone, its root is not
	Plain         bool   // plain permalinks: /wp-json/ is the front page, ?rest_route= works
	Wall          string // "rest", "feed" or "all": 403 with HTML
	Wall200       bool   // the API answers 200 with HTML
	JunkREST      bool   // warnings stand before the JSON
	TruncateREST  bool   // the JSON stops in the middle
	HidePosts     bool   // the API answers as if there were none
	HideUsers     bool
	CommentsOff   bool // the API has no comments
	FeedOff       bool
	NoCommentFeed bool
	ExcerptFeeds  bool
	HideLinks     bool // nothing on the pages leads to API or feeds
	// FailPage makes this page of a REST list answer 500; 0: none.
	FailPage int
	// Endless makes the API give page 1 for every page and promise a thousand.
	Endless bool
	// NoCounts leaves the X-WP headers out.
	NoCounts bool
	// MetaObject shows an empty meta as {} (newer) instead of [] (older).
	MetaObject bool
	// EmbeddedReplies is how many comments _embed carries; 0: 10, as older sites do.
	EmbeddedReplies int
	PerFeed         int // entries of a feed; 0: 10
	CommentsPerPage int // threads on a page; 0: all
	WordedDates     bool
	Translated      bool // what WordPress says itself is not in English
	Down            int  // every answer has this status; 0: none
	Latency         time.Duration
}

// Site is the handler. Change it with Set and Change while it serves.
type Site struct {
	Title    string
	Language string // as html lang
	Zone     *time.Location
	Prefix   string // of all paths, such as /blog; empty: the root

	mu       sync.Mutex
	posts    []Post
	comments []Comment
	users    []User
	on       Switches
	asked    []string
}

// New is an empty site in a zone five hours behind UTC.
func New() *Site {
	return &Site{Title: "Harbour Street", Language: "en-US", Zone: time.FixedZone("", -5*3600)}
}

// Start serves the site until the test ends and returns the address of its front page.
func (s *Site) Start(t testing.TB) string {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL + s.Prefix + "/"
}

// AddPost, AddComment and AddUser publish something.
func (s *Site) AddPost(p Post) {
	s.Change(func(posts *[]Post, _ *[]Comment) { *posts = append(*posts, p) })
}

// AddComment is described at AddPost.
func (s *Site) AddComment(c Comment) {
	s.Change(func(_ *[]Post, comments *[]Comment) { *comments = append(*comments, c) })
}

// AddUser is described at AddPost.
func (s *Site) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, u)
}

// Change lets f edit what the site holds.
func (s *Site) Change(f func(posts *[]Post, comments *[]Comment)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.posts, &s.comments)
}

// Set turns switches, all of them: what is not named is off.
func (s *Site) Set(on Switches) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

// Requests are the paths and queries that were asked for since the last call.
func (s *Site) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// view is the site at one moment, for one request.
type view struct {
	*Site
	base     string // the front page's address, without a slash at the end
	on       Switches
	posts    []Post // public, newest first
	comments []Comment
	users    []User
}

// view notes the request and copies the site, so that a test may change it meanwhile.
func (s *Site) view(r *http.Request) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.RequestURI())
	v := view{Site: s, base: "http://" + r.Host + s.Prefix, on: s.on, users: slices.Clone(s.users)}
	for _, p := range s.posts {
		if p.Status == "" || p.Status == "publish" {
			v.posts = append(v.posts, p)
		}
	}
	slices.SortStableFunc(v.posts, func(a, b Post) int { return b.Date.Compare(a.Date) })
	for _, c := range s.comments {
		if !c.Hidden {
			v.comments = append(v.comments, c)
		}
	}
	slices.SortStableFunc(v.comments, func(a, b Comment) int { return a.ID - b.ID })
	return v
}
