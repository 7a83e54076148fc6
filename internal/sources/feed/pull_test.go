package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// Everything that is listed is known from then on; the threads of articles that
// are older than the window are left alone.
func TestPullGivesWhatIsListed(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(
		item("1", now.Add(30*24*time.Hour), 0), // held back later
		item("2", ago(1), 0),
		item("3", ago(7*24), 0),
		item("4", ago(7*24+1), 3),
		strings.Replace(item("5", ago(0), 0), "pubDate", "noDate", 2),
		strings.Replace(item("6", ago(2), 0), "Text 6", `<form><input name="post_password" type="password"></form>`, 1),
	))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	if got := s.ids(h); got != "1 2 3 4 5" {
		t.Errorf("articles %q", got)
	}
	a := h.Articles[1]
	if a.Source != "harbour" || a.Title != "Post 2" || a.HTML != "<p>Text 2</p>" || a.Language != "en" || a.URL != s.URL+"/2/" {
		t.Errorf("%+v", a)
	}
	if len(h.Warnings) != 0 {
		t.Errorf("warnings %q", h.Warnings)
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/"}) {
		t.Errorf("requests %q", got)
	}
}

func TestPullReadsComments(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(5), 3), item("2", ago(6), 0), item("3", ago(7), -1)))
	s.put("/1/feed/", rss(
		comment("1", 12, ago(1), `<p>In reply to <a href="HOST/1/#comment-11">Anna</a>.</p> <p>So do I.</p>`),
		comment("1", 13, ago(2), `[&#8230;] words around the link [&#8230;]`),
		comment("1", 11, ago(3), `<p>I like <a href="/herons">herons</a>.</p>`),
	))
	s.put("/3/feed/", rss(comment("3", 31, ago(1), "<p>Hello.</p>")))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	if got := s.talk(h.Articles[0]); got != "1#comment-11 1#comment-12<1#comment-11" {
		t.Errorf("comments %q", got)
	}
	c := h.Articles[0].Comments[0]
	if c.HTML != "<p>So do I.</p>" || c.Author.Name != "Neighbour & 12" || c.Article != h.Articles[0].ID || !c.Published.Equal(ago(1)) {
		t.Errorf("%+v", c)
	}
	if got := h.Articles[0].Comments[1].HTML; got != `<p>I like <a href="`+s.URL+`/herons">herons</a>.</p>` {
		t.Errorf("HTML %q", got)
	}
	// Three entries were counted and seen; nobody counted those of the third.
	if !h.Articles[0].Whole || h.Articles[1].Whole || h.Articles[2].Whole || h.Articles[0].CommentCount != 3 || h.Articles[2].CommentCount != 1 {
		t.Errorf("%+v", h.Articles)
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/", "/feed/?paged=2", "/1/feed/", "/3/feed/"}) {
		t.Errorf("requests %q", got)
	}
}

// A new comment changes no feed of articles: the article's own must be asked.
func TestPullUnchangedFeed(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(5), 1), item("2", ago(6), 0)))
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "<p>First.</p>")))
	s.put("/2/feed/", rss())
	source := s.source(getter{}, "/feed/")
	first := pullOf(t, source, nil)
	s.requests()

	idle := pullOf(t, source, first.State)
	if len(idle.Articles) != 0 || len(idle.Warnings) != 0 {
		t.Errorf("nothing has changed: %+v", idle)
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/ 304", "/1/feed/ 304", "/2/feed/"}) {
		t.Errorf("requests %q", got)
	}

	s.put("/2/feed/", rss(comment("2", 21, ago(1), "<p>Late.</p>")))
	after := pullOf(t, source, idle.State)
	if s.ids(after) != "1 2" || s.talk(after.Articles[1]) != "2#comment-21" || after.Articles[1].HTML == "" {
		t.Errorf("%+v", after.Articles)
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/ 304", "/1/feed/ 304", "/2/feed/", "/feed/"}) {
		t.Errorf("requests %q", got)
	}
	// A longer window needs the articles that the last one left out.
	wide := sources.Window{Since: week.Since.Add(-24 * time.Hour), Until: now}
	if _, err := source.Pull(t.Context(), sources.Request{Window: wide, State: after.State}); err != nil {
		t.Fatal(err)
	}
	if got := s.requests(); got[0] != "/feed/" {
		t.Errorf("requests %q", got)
	}
}

func TestPullFollowsPages(t *testing.T) {
	ten := func(from int) string {
		var items []string
		for i := range 10 {
			items = append(items, item(fmt.Sprint(from+i), ago(from+i), 0))
		}
		return rss(items...)
	}
	tests := []struct {
		name  string
		pages map[string]string
		want  int
		asked string
		warns string
	}{
		{"WordPress", map[string]string{"/feed/": ten(0), "/feed/?paged=2": ten(10), "/feed/?paged=3": ten(160)}, 30, "/feed/ /feed/?paged=2 /feed/?paged=3", ""},
		{"no pages", map[string]string{"/feed/": ten(0)}, 10, "/feed/ /feed/?paged=2", "reaches back to 2026-03-29 03:00 UTC only"},
		{"the same for ever", map[string]string{"/feed/": ten(0), "/feed/?paged=2": ten(0)}, 10, "/feed/ /feed/?paged=2", "reaches back"},
		{"window covered", map[string]string{"/feed/": ten(165), "/feed/?paged=2": ten(175)}, 10, "/feed/", ""},
		{"short feed", map[string]string{"/feed/": rss(item("1", ago(1), 0))}, 1, "/feed/ /feed/?paged=2", ""},
		{"short pages", map[string]string{"/feed/": rss(item("1", ago(1), 0)), "/feed/?paged=2": rss(item("2", ago(2), 0))}, 2, "/feed/ /feed/?paged=2 /feed/?paged=3", ""},
		{"RFC 5005", map[string]string{
			"/feed/":  strings.Replace(rss(item("1", ago(1), 0)), "<item>", `<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/older"/><item>`, 1),
			"/older":  strings.Replace(rss(item("2", ago(2), 0)), "<item>", `<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/oldest"/><item>`, 1),
			"/oldest": strings.Replace(rss(item("3", ago(3), 0)), "<item>", `<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/feed/"/><item>`, 1),
		}, 3, "/feed/ /older /oldest /feed/", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			for path, body := range tt.pages {
				s.put(path, body)
			}
			h := pullOf(t, s.source(getter{}, "/feed/"), nil)
			if len(h.Articles) != tt.want {
				t.Errorf("%d articles, want %d", len(h.Articles), tt.want)
			}
			if got := strings.Join(s.requests(), " "); got != tt.asked {
				t.Errorf("asked %q", got)
			}
			if (tt.warns != "") != (len(h.Warnings) > 0) || !warned(h, tt.warns) && tt.warns != "" {
				t.Errorf("warnings %q", h.Warnings)
			}
		})
	}
}

// Pages that were not there are not asked for again within the day, and between
// two pulls nothing is lost as long as they overlap.
func TestPullRemembersPages(t *testing.T) {
	s := newSite(t)
	feedOf := func(from int) string {
		var items []string
		for i := range 10 {
			items = append(items, item(fmt.Sprint(from-i), ago(from+i), 0))
		}
		return rss(items...)
	}
	s.put("/feed/", feedOf(20))
	source := s.source(getter{}, "/feed/")
	first := pullOf(t, source, nil)
	s.put("/feed/", feedOf(15))
	s.requests()
	second := pullOf(t, source, first.State)
	if got := s.requests(); !slices.Equal(got, []string{"/feed/"}) || len(second.Warnings) != 0 {
		t.Errorf("asked %q, warned %q", got, second.Warnings)
	}
	s.put("/feed/", feedOf(1))
	if third := pullOf(t, source, second.State); !warned(third, "older articles may be missing") {
		t.Errorf("a gap without a warning: %q", third.Warnings)
	}
}

func TestPullEmptyFeed(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss())
	source := s.source(getter{}, "/feed/")
	fresh := pullOf(t, source, nil)
	if len(fresh.Warnings) != 0 {
		t.Errorf("a new site: %q", fresh.Warnings)
	}
	s.put("/feed/", rss(item("1", ago(1), 0)))
	had := pullOf(t, source, fresh.State)
	s.put("/feed/", rss())
	for range 2 {
		had = pullOf(t, source, had.State)
		if !warned(had, "is empty, though it was not before") {
			t.Errorf("warnings %q", had.Warnings)
		}
	}
}

func TestPullRefusals(t *testing.T) {
	tests := []struct {
		name   string
		answer answerOf
		want   []string
	}{
		{"missing", answerOf{404, "text/html", "gone"}, []string{"/feed/", "404", "text/html"}},
		{"wall", answerOf{200, "text/html", "<!doctype html><html><body>Log in</body></html>"}, []string{"/feed/", "200", "text/html", "HTML page"}},
		{"forbidden", answerOf{403, "text/plain", "no"}, []string{"403", "text/plain"}},
		{"broken", answerOf{500, "application/rss+xml", rss()}, []string{"500"}},
		{"not modified, unasked", answerOf{304, "application/rss+xml", ""}, []string{"304"}},
		{"empty", answerOf{200, "application/rss+xml", ""}, []string{"empty"}},
		{"cut off", answerOf{200, "application/rss+xml", "<rss><channel><item><title>a"}, []string{"cut off"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.putAs("/feed/", tt.answer)
			_, err := s.source(getter{}, "/feed/").Pull(t.Context(), sources.Request{Window: week})
			if err == nil {
				t.Fatal("no error")
			}
			for _, words := range tt.want {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q is not in %q", words, err)
				}
			}
			s.put("/atom", rss(item("1", ago(1), 0)))
			if h := pullOf(t, s.source(getter{}, "/feed/", "/atom"), nil); s.ids(h) != "1" {
				t.Errorf("the second feed was not tried: %+v", h)
			}
		})
	}
	s := newSite(t)
	s.put("/atom", rss())
	_, err := s.source(getter{map[string]error{"/feed/": fetch.ErrBusy}}, "/feed/", "/atom").Pull(t.Context(), sources.Request{Window: week})
	if !errors.Is(err, fetch.ErrBusy) || len(s.requests()) != 0 {
		t.Errorf("a host that wants to be left alone was asked again: %v", err)
	}
	if _, err := s.source(getter{}).Pull(t.Context(), sources.Request{Window: week}); err == nil {
		t.Error("a site without feeds was pulled")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.source(getter{}, "/atom").Pull(ctx, sources.Request{Window: week}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// What was cut off must be asked for again, though the ETag stays.
func TestPullTruncatedFeed(t *testing.T) {
	s := newSite(t)
	whole := rss(item("1", ago(1), 0), item("2", ago(2), 0))
	s.put("/feed/", whole[:len(whole)-200])
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	if s.ids(h) != "1" || !warned(h, "cut off after 1 entries") {
		t.Errorf("%q %q", s.ids(h), h.Warnings)
	}
	s.requests()
	pullOf(t, source, h.State)
	if got := s.requests(); !slices.Equal(got, []string{"/feed/"}) {
		t.Errorf("asked %q", got)
	}
}

func TestPullExcerpts(t *testing.T) {
	s := newSite(t)
	cut := strings.NewReplacer("content:encoded", "description", "Text 1", "Text [&hellip;]").Replace(item("1", ago(1), 0))
	s.put("/feed/", rss(cut))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	if h.Articles[0].HTML != "" || h.Articles[0].Summary == "" || !warned(h, "excerpts only") {
		t.Errorf("%+v %q", h.Articles, h.Warnings)
	}
	s.put("/feed/", rss(cut, item("2", ago(1), 0)))
	if h := pullOf(t, s.source(getter{}, "/feed/"), nil); len(h.Warnings) != 0 {
		t.Errorf("warnings %q", h.Warnings)
	}
}
