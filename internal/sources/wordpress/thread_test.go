package wordpress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// long is one post with a thread of n comments, every third an answer to the
// comment before it.
func long(n int) *sitetest.Site {
	s := sitetest.New()
	s.AddUser(sitetest.User{ID: 1, Name: "Ada Quay"})
	s.AddPost(sitetest.Post{ID: 1, Slug: "long", Title: "Long", Content: "<p>x</p>", Author: 1, Date: ago(100)})
	for i := range n {
		c := sitetest.Comment{ID: 500 + i, Post: 1, Name: fmt.Sprintf("Reader %d", i), Date: ago(99 - float64(i)/10), Content: fmt.Sprintf("<p>Number %d</p>", i)}
		if i%3 == 2 {
			c.Parent = c.ID - 1
		}
		s.AddComment(c)
	}
	return s
}

// TestLongThread: a thread is read to its end without the API, however the site
// cuts it, and every comment is what the API would have said.
func TestLongThread(t *testing.T) {
	want := pullOf(t, source(t, long(75), sitetest.Switches{}), nil).Articles[0]
	for name, c := range map[string]struct {
		on       sitetest.Switches
		requests int
	}{
		"one page":              {sitetest.Switches{RESTOff: 401}, 5},
		"pages":                 {sitetest.Switches{RESTOff: 401, CommentsPerPage: 20}, 8},
		"pages, plain":          {sitetest.Switches{Plain: true, RESTOff: 401, CommentsPerPage: 20}, 8},
		"small pages":           {sitetest.Switches{RESTOff: 401, CommentsPerPage: 5}, 15},
		"no comment feed":       {sitetest.Switches{RESTOff: 401, NoCommentFeed: true}, 5},
		"worded dates":          {sitetest.Switches{RESTOff: 401, WordedDates: true, CommentsPerPage: 20}, 8},
		"comments closed":       {sitetest.Switches{CommentsOff: true}, 6},
		"comments, no feed":     {sitetest.Switches{CommentsOff: true, FeedOff: true}, 6},
		"comments, no counters": {sitetest.Switches{CommentsOff: true, NoCommentFeed: true, FeedOff: true}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			site := long(75)
			h := pullOf(t, source(t, site, c.on), nil)
			a := h.Articles[0]
			if len(a.Comments) != 75 || !a.Whole || a.CommentCount != 75 {
				t.Fatalf("%d of %d comments, whole %v; %q", len(a.Comments), a.CommentCount, a.Whole, h.Warnings)
			}
			if n := len(site.Requests()); n > c.requests {
				t.Errorf("%d requests", n)
			}
			for i, w := range want.Comments {
				if g := a.Comments[i]; g.ID != w.ID || g.Parent != w.Parent || g.Author.Name != w.Author.Name || !g.Published.Equal(w.Published) || strings.TrimSpace(g.HTML) != w.HTML {
					t.Fatalf("comment %+v, want %+v", g, w)
				}
			}
		})
	}
}

// TestLongThreadCut: where the pages end early, the article says how many it lacks.
func TestLongThreadCut(t *testing.T) {
	g := plainGetter{fail: func(url string) error {
		if strings.Contains(url, "comment-page-2") {
			return errDown
		}
		return nil
	}}
	h := pullOf(t, sourceOf(t, long(75), sitetest.Switches{RESTOff: 401, CommentsPerPage: 10}, g), nil)
	a := h.Articles[0]
	said := fmt.Sprintf("Long: %d of 75 comments could be read", len(a.Comments))
	if a.Whole || len(a.Comments) < 20 || len(a.Comments) > 60 || a.CommentCount != 75 || !strings.Contains(strings.Join(h.Warnings, "\n"), said) {
		t.Errorf("%d of %d comments, whole %v; %q", len(a.Comments), a.CommentCount, a.Whole, h.Warnings)
	}
}

// TestThreadUnknownCount: where nothing counts the comments, an empty feed is
// believed and a full one is not.
func TestThreadUnknownCount(t *testing.T) {
	for _, c := range []struct{ comments, requests int }{{0, 1}, {3, 2}, {30, 2}} {
		site := long(c.comments)
		s := source(t, site, sitetest.Switches{})
		p, err := s.begin(sources.Request{Window: week})
		if err != nil {
			t.Fatal(err)
		}
		a := digest.Article{ID: "1", URL: s.site.Home + "long/"}
		p.thread(t.Context(), &a, unknown, "")
		if len(a.Comments) != c.comments || !a.Whole || a.CommentCount != c.comments {
			t.Errorf("%d of %d comments, whole %v", len(a.Comments), c.comments, a.Whole)
		}
		if n := len(site.Requests()); n != c.requests {
			t.Errorf("%d comments took %d requests", c.comments, n)
		}
	}
}

// staleCounts makes the feed of articles say another number of comments.
func staleCounts(count int) sources.Getter {
	said := regexp.MustCompile(`<slash:comments>\d+</slash:comments>`)
	return bodyGetter(func(_ string, r *fetch.Response) {
		r.Body = said.ReplaceAll(r.Body, fmt.Appendf(nil, "<slash:comments>%d</slash:comments>", count))
	})
}

// TestStaleCount: the feed of articles may come from a cache, with a count of
// hours ago. A thread counts as whole only if all of it was read.
func TestStaleCount(t *testing.T) {
	for _, c := range []struct {
		there, count, read int
		whole              bool
		pages              int // comments on a page; 0: all
	}{
		{30, 0, 0, false, 0},
		{30, 8, 30, true, 0}, // by the article's page
		{9, 9, 9, true, 0},
		{9, 5, 9, true, 0},
		{9, 12, 9, false, 0},
		{75, 45, 75, true, 5},
		{75, 10, 75, true, 5},
		{75, 90, 75, false, 20},
	} {
		s := sourceOf(t, long(c.there), sitetest.Switches{RESTOff: 401, CommentsPerPage: c.pages}, staleCounts(c.count))
		a := pullOf(t, s, nil).Articles[0]
		if a.Whole != c.whole || len(a.Comments) != c.read {
			t.Errorf("%+v: %d comments, whole %v", c, len(a.Comments), a.Whole)
		}
	}
}

// TestStaleCountWithoutPage: a full feed and a count that is no more than it
// holds are not the thread.
func TestStaleCountWithoutPage(t *testing.T) {
	for _, count := range []int{0, 8, 10} {
		stale := staleCounts(count)
		g := getterFunc(func(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
			if strings.HasSuffix(r.URL, "/long/") {
				return nil, errDown
			}
			return stale.Get(ctx, r)
		})
		a := pullOf(t, sourceOf(t, long(30), sitetest.Switches{RESTOff: 401}, g), nil).Articles[0]
		if a.Whole {
			t.Errorf("%d said: whole with %d of 30 comments", count, len(a.Comments))
		}
	}
}

// TestStalePage: between a page from a cache and the feed's newest may be others.
func TestStalePage(t *testing.T) {
	fed := found{full: true, fed: map[string]bool{"30": true}, comments: map[string]digest.Comment{"30": {ID: "30"}}, pings: map[string]bool{}}
	p := &pull{Source: &Source{name: "river"}}
	p.merge(&digest.Article{}, page{comments: []pageComment{{id: "11"}, {id: "12"}}}, &fed)
	p.merge(&digest.Article{}, page{comments: []pageComment{{id: "12"}}}, &fed)
	if fed.joined() {
		t.Error("nothing of the feed is on the page")
	}
	p.merge(&digest.Article{}, page{comments: []pageComment{{id: "30"}}}, &fed)
	if !fed.joined() {
		t.Error("30 is in both")
	}
}

// TestThreadWithGap: neither a page from a cache nor the feed has what was
// written between them, though an old count is reached.
func TestThreadWithGap(t *testing.T) {
	stale := staleCounts(20)
	g := getterFunc(func(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
		resp, err := stale.Get(ctx, r)
		if err == nil && strings.HasSuffix(r.URL, "/long/") {
			resp.Body = []byte(`<body class="postid-1">`)
			for id := 500; id < 512; id++ {
				resp.Body = fmt.Appendf(resp.Body, `<li id="comment-%d"><b class="fn">A</b><div class="comment-content">x</div></li>`, id)
			}
		}
		return resp, err
	})
	a := pullOf(t, sourceOf(t, long(30), sitetest.Switches{RESTOff: 401}, g), nil).Articles[0]
	if a.Whole || len(a.Comments) != 22 {
		t.Errorf("%d of 30 comments, whole %v", len(a.Comments), a.Whole)
	}
}

// TestCommentPagesLedOn: a theme that leads only to the next page is followed,
// and one that always knows of another is not followed for ever.
func TestCommentPagesLedOn(t *testing.T) {
	for last, want := range map[int]error{4: nil, 1 << 20: errEnough} {
		p := &pull{Source: &Source{name: "river"}, pages: map[string]page{}}
		asked := 0
		p.get = getterFunc(func(_ context.Context, r fetch.Request) (*fetch.Response, error) {
			asked++
			n := max(1, int(number(trailingNumber.FindString(strings.TrimSuffix(r.URL, "/")))))
			next := ""
			if n < last {
				next = fmt.Sprintf(`<a href="/a/comment-page-%d/">newer</a>`, n+1)
			}
			return &fetch.Response{URL: r.URL, Status: 200, Header: http.Header{}, Body: fmt.Appendf(nil,
				`<body class="postid-1"><li id="comment-%d"><b class="fn">A</b><div class="comment-content">x</div></li>%s`, n, next)}, nil
		})
		f := found{comments: map[string]digest.Comment{}, pings: map[string]bool{}}
		err := p.commentPages(t.Context(), &digest.Article{ID: "1", URL: "https://paper.test/a/"}, &f)
		if !errors.Is(err, want) || f.seen() != min(last, maxCommentPages+1) || asked > maxCommentPages+1 {
			t.Errorf("%d pages: %v, %d comments after %d requests", last, err, f.seen(), asked)
		}
	}
}

type getterFunc func(ctx context.Context, r fetch.Request) (*fetch.Response, error)

func (f getterFunc) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	return f(ctx, r)
}

// TestSettleCounts: a count of the site's that is too low does not hide comments.
func TestSettleCounts(t *testing.T) {
	some := found{comments: map[string]digest.Comment{"1": {ID: "1"}, "2": {ID: "2"}, "10": {ID: "10"}}, pings: map[string]bool{"3": true}}
	for count, want := range map[int]int{unknown: 3, 2: 3, 4: 3, 7: 6} {
		p := &pull{Source: source(t, riverbank(), sitetest.Switches{})}
		var a digest.Article
		p.settle(&a, some, count, true)
		if a.CommentCount != want || len(a.Comments) != 3 || a.Comments[2].ID != "10" {
			t.Errorf("%d said: %d counted, %+v", count, a.CommentCount, a.Comments)
		}
	}
}

func TestFeedComment(t *testing.T) {
	p := &pull{Source: &Source{name: "river"}}
	a := &digest.Article{ID: "9", URL: "https://paper.test/x/"}
	entry := func(id, url, html, replyTo string) feeds.Entry {
		e := feeds.Entry{ReplyTo: replyTo}
		e.ID, e.URL, e.HTML, e.Published, e.Author.Name = id, url, html, now, "Ben\u202E"
		return e
	}
	for name, c := range map[string]struct {
		e                feeds.Entry
		id, parent, text string
	}{
		"by guid":       {entry("https://paper.test/?p=9#comment-7", "https://paper.test/x/#comment-7", "<p>x</p>", ""), "7", "", "<p>x</p>"},
		"by address":    {entry("urn:1", "https://paper.test/x/comment-page-2/#comment-8", "<p>x</p>", ""), "8", "", "<p>x</p>"},
		"Atom's answer": {entry("https://paper.test/?p=9#comment-7", "", "<p>x</p>", "https://paper.test/?p=9#comment-6"), "7", "6", "<p>x</p>"},
		"Atom, to post": {entry("https://paper.test/?p=9#comment-7", "", "<p>x</p>", "https://paper.test/?p=9"), "7", "", "<p>x</p>"},
		"said in text":  {entry("https://paper.test/?p=9#comment-7", "", `<p>In reply to <a href="https://paper.test/x/#comment-5">Ada</a>.</p><p>x</p>`, ""), "7", "5", "<p>x</p>"},
		"no comment":    {entry("https://paper.test/?p=9", "https://paper.test/x/", "<p>x</p>", ""), "", "", ""},
		"protected":     {entry("https://paper.test/?p=9#comment-7", "", `<form class="post-password-form">`, ""), "", "", ""},
	} {
		got, ok := p.feedComment(c.e, a)
		if ok != (c.id != "") || got.ID != c.id || got.Parent != c.parent || got.HTML != c.text {
			t.Errorf("%s: %+v", name, got)
		}
		if ok && (got.Author.Name != "Ben" || got.Article != "9" || !strings.HasSuffix(got.URL, "#comment-"+c.id)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	undated := entry("https://paper.test/?p=9#comment-7", "", "x", "")
	undated.Published = undated.Updated // none
	if _, ok := p.feedComment(undated, a); ok {
		t.Error("a comment without a time")
	}
}
