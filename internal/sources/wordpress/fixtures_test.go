package wordpress

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// now is a Sunday noon; week is what an issue made then asks for.
var (
	now  = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	week = sources.Window{Since: now.Add(-7 * 24 * time.Hour), Until: now}
)

func ago(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }

// plainGetter fetches without any of the fetcher's care.
type plainGetter struct {
	fail func(url string) error // nil: never
}

func (g plainGetter) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	if g.fail != nil {
		if err := g.fail(r.URL); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &fetch.Response{URL: resp.Request.URL.String(), Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

// riverbank is a site with one of every trouble in its posts and comments.
func riverbank() *sitetest.Site {
	s := sitetest.New()
	s.AddUser(sitetest.User{ID: 1, Name: "Ada Quay", URL: "https://ada.test/", Bio: "Ada rows & writes."})
	s.AddUser(sitetest.User{ID: 2, Name: "Old Pilot"})
	for _, p := range []sitetest.Post{
		{ID: 10, Slug: "herons", Title: "Herons &amp; <em>ferries</em>", Content: "<p>LEAD-10 The herons are back.</p>\n<p>TAIL-10</p>", Excerpt: "<p>The herons</p>", Author: 1, Date: ago(20)},
		{ID: 11, Slug: "11", Title: "", Content: "<p>LEAD-11 TAIL-11</p>", Author: 99, Date: ago(1)},
		{ID: 12, Slug: "moved", Title: "Moved here", Content: "<p>LEAD-12</p><!--nextpage--><p>TAIL-12</p>", Author: 2, Date: ago(50), GUID: "https://old-home.test/?p=999"},
		{ID: 13, Slug: "edge", Title: "Just inside", Content: "<p>LEAD-13 TAIL-13</p>", Author: 1, Date: ago(7*24 - 0.5), Closed: true},
		{ID: 14, Slug: "thread", Title: "Open thread", Content: "<p>LEAD-14 TAIL-14</p>", Author: 2, Date: ago(100)},
		{ID: 20, Slug: "outside", Title: "Just outside", Content: "<p>HID-OLD</p>", Author: 1, Date: ago(7*24 + 0.5)},
		{ID: 21, Slug: "members", Title: "Members only", Content: "<p>HID-SECRET</p>", Excerpt: "HID-EXCERPT", Author: 1, Date: ago(30), Password: true},
		{ID: 22, Slug: "draft", Title: "HID-DRAFT", Content: "<p>HID-DRAFT</p>", Author: 1, Date: ago(31), Status: "draft"},
		{ID: 23, Slug: "edited", Title: "Edited yesterday", Content: "<p>HID-EDITED</p>", Author: 1, Date: ago(30 * 24), Modified: ago(24)},
	} {
		s.AddPost(p)
	}
	for i := range 25 {
		s.AddPost(sitetest.Post{ID: 50 + i, Slug: "old-" + string(rune('a'+i)), Title: "Old", Content: "<p>HID-OLD</p>", Author: 1, Date: ago(float64(24 * (9 + i)))})
	}
	discuss(s)
	return s
}

// discuss adds 4 comments to post 10, and a thread of 24 to post 14 with two
// pingbacks and an answer to what nobody may see.
func discuss(s *sitetest.Site) {
	for _, c := range []sitetest.Comment{
		{ID: 100, Post: 10, Name: "Linker", URL: "javascript:alert(1)", Date: ago(19), Content: "<p>First :)</p>"},
		{ID: 101, Post: 10, Parent: 100, User: 1, Name: "Ada Quay", Date: ago(18), Content: "<p>The author answers.</p>"},
		{ID: 102, Post: 10, Name: "Mallory\r\nBcc: v@example.test", URL: "https://mallory.test/", Date: ago(17), Content: "<p>Line one<br>two [sic]</p>"},
		{ID: 103, Post: 10, Name: "Abc \u202Egnp & Co", Date: ago(16), Content: "<p>Hello</p>"},
		{ID: 104, Post: 10, Name: "Spam", Date: ago(15), Content: "HID-SPAM", Hidden: true},
		{ID: 110, Post: 21, Name: "Member", Date: ago(15), Content: "HID-MEMBER"},
		{ID: 200, Post: 14, Name: "Held", Date: ago(99), Content: "HID-HELD", Hidden: true},
		{ID: 201, Post: 14, Name: "Another Blog", Date: ago(98), Type: "pingback", Content: "<p>[&#8230;] wrote about it [&#8230;]</p>"},
		{ID: 202, Post: 14, Name: "Third Blog", Date: ago(97), Type: "trackback", Content: "<p>[&#8230;] and again [&#8230;]</p>"},
	} {
		s.AddComment(c)
	}
	for i := range 23 {
		c := sitetest.Comment{ID: 210 + i, Post: 14, Name: "Reader", Date: ago(96 - float64(i)), Content: "<p>Number " + string(rune('A'+i)) + "</p>"}
		if i > 5 {
			c.Parent = 210 + i/2
		}
		s.AddComment(c)
	}
	s.AddComment(sitetest.Comment{ID: 240, Post: 14, Parent: 200, Name: "Orphan", Date: ago(95.5), Content: "<p>Answers the unseen.</p>"})
}

// source is the site as it would have been discovered.
func source(t *testing.T, s *sitetest.Site, on sitetest.Switches) *Source {
	t.Helper()
	return sourceOf(t, s, on, plainGetter{})
}

func sourceOf(t testing.TB, s *sitetest.Site, on sitetest.Switches, g sources.Getter) *Source {
	t.Helper()
	home := s.Start(t)
	s.Set(on)
	site := sources.Site{Kind: sources.KindWordPress, Home: home, Language: "en-US", API: home + "wp-json/", Feeds: []string{home + "feed/"}}
	if on.Plain {
		site.API, site.Feeds = home+"?rest_route=/", []string{home + "?feed=rss2"}
	}
	return New(g, "river", site, func() time.Time { return now })
}

func pullOf(t *testing.T, s *Source, state []byte) digest.Harvest {
	t.Helper()
	h, err := s.Pull(t.Context(), sources.Request{Window: week, State: state})
	if err != nil {
		t.Fatal(err)
	}
	checkHarvest(t, h)
	return h
}

// checkHarvest holds for every harvest, whatever the site does.
func checkHarvest(t *testing.T, h digest.Harvest) {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range h.Articles {
		if seen[a.ID] || a.ID == "" || a.Source != "river" || a.CommentCount < len(a.Comments) {
			t.Errorf("article %q: twice, or source %q, or %d of %d comments", a.ID, a.Source, len(a.Comments), a.CommentCount)
		}
		seen[a.ID] = true
		for _, c := range a.Comments {
			if c.Article != a.ID || c.Source != a.Source || c.Published.IsZero() || seen["#"+c.ID] {
				t.Errorf("comment %+v under article %s", c, a.ID)
			}
			seen["#"+c.ID] = true
			if strings.ContainsAny(c.Author.Name, "\r\n\u202E") || strings.Contains(c.Author.URL, "script") {
				t.Errorf("author %+v", c.Author)
			}
		}
		all := a.Title + a.HTML + a.Summary + commentText(a)
		if strings.Contains(all, "HID-") || strings.Contains(all, "post-password-form") {
			t.Errorf("article %s shows what is hidden: %s", a.ID, all)
		}
	}
	if len(h.State) > 256<<10 {
		t.Errorf("a state of %d bytes", len(h.State))
	}
}

func commentText(a digest.Article) string {
	var b strings.Builder
	for _, c := range a.Comments {
		b.WriteString(c.HTML)
	}
	return b.String()
}

func byID(h digest.Harvest) map[string]digest.Article {
	out := map[string]digest.Article{}
	for _, a := range h.Articles {
		out[a.ID] = a
	}
	return out
}

var errDown = errors.New("no route to host")
