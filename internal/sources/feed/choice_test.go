package feed

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/sources"
)

// Another feed of a site may call the same articles by other ids: a failure that
// passes is no reason to read it.
func TestPullKeepsToItsFeed(t *testing.T) {
	html := func(status int) answerOf { return answerOf{status, "text/html", "<html><body>x"} }
	for name, tt := range map[string]struct {
		answer answerOf
		fail   error
		moves  bool
	}{
		"server error": {answer: html(500)},
		"overloaded":   {answer: html(503)},
		"too many":     {answer: html(429)},
		"forbidden":    {answer: html(403)},
		"a wall":       {answer: html(200)},
		"broken":       {answer: answerOf{body: "<rss"}},
		"down":         {fail: errDown},
		"missing":      {answer: html(404), moves: true},
		"gone":         {answer: html(410), moves: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.put("/feed/", rss(item("1", ago(1), 0)))
			s.put("/atom", rss(strings.ReplaceAll(item("1", ago(1), 0), "/?p=", "/other-id-")))
			had := pullOf(t, s.source(getter{}, "/feed/", "/atom"), nil)
			s.putAs("/feed/", tt.answer)
			g := getter{}
			if tt.fail != nil {
				g.fail = map[string]error{"/feed/": tt.fail}
			}
			s.requests()
			h, err := s.source(g, "/feed/", "/atom").Pull(t.Context(), sources.Request{Window: week, State: had.State})
			read := slices.Contains(s.requests(), "/atom")
			if tt.moves {
				if err != nil || !warned(h, "/atom was read in place of another: feed "+s.URL+"/feed/: the site answers") {
					t.Errorf("%v, warnings %q", err, h.Warnings)
				}
			} else if err == nil || !strings.Contains(err.Error(), s.URL+"/feed/") {
				t.Errorf("%+v, %v", h, err)
			}
			if read != tt.moves {
				t.Errorf("the other feed was read: %v", read)
			}
			if tt.fail != nil && !errors.Is(err, tt.fail) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// What was read first stays the feed, also when one that stands before it works
// at last; whoever has not been read yet may be passed over.
func TestPullRemembersItsFeed(t *testing.T) {
	s := newSite(t)
	s.putAs("/feed/", answerOf{500, "text/html", "oops"})
	s.put("/atom", rss(item("1", ago(1), 0)))
	source := s.source(getter{}, "/feed/", "/atom")
	h := pullOf(t, source, nil)
	if s.ids(h) != "1" || !warned(h, "the site answers 500") {
		t.Fatalf("%q, warnings %q", s.ids(h), h.Warnings)
	}
	s.put("/feed/", rss(item("2", ago(1), 0)))
	s.put("/atom", rss(item("3", ago(0), 0), item("1", ago(1), 0)))
	s.requests()
	if again := pullOf(t, source, h.State); s.ids(again) != "3 1" || len(again.Warnings) != 0 || slices.Contains(s.requests(), "/feed/") {
		t.Errorf("%q, warnings %q", s.ids(again), again.Warnings)
	}
	// One that is no more in the list counts for nothing.
	if h := pullOf(t, s.source(getter{}, "/feed/"), h.State); s.ids(h) != "2" {
		t.Errorf("%q", s.ids(h))
	}
}

// Discovery puts a feed that fails for a moment behind the others; neither that
// nor the failure makes the site another.
func TestFoundKeepsToItsFeed(t *testing.T) {
	s := newSite(t)
	s.putAs("/", answerOf{kind: "text/html", body: `<html><head><link rel="alternate" type="application/rss+xml" href="/feed/">
<link rel="alternate" type="application/atom+xml" href="/atom"></head><body>Harbour</body></html>`})
	s.put("/feed/", rss(item("1", ago(1), 0)))
	s.put("/atom", rss(strings.ReplaceAll(item("1", ago(1), 0), "/?p=", "/other-id-")))
	at := now
	build := func(name string, site sources.Site) sources.Source {
		return New(getter{}, name, site, func() time.Time { return at }, slog.New(slog.DiscardHandler))
	}
	found := sources.NewFound(sources.FoundOptions{
		Name: "harbour", Address: s.URL, Kind: sources.KindAuto, Getter: getter{}, Log: slog.New(slog.DiscardHandler),
		Now:   func() time.Time { return at },
		Kinds: map[string]func(string, sources.Site) sources.Source{sources.KindFeed: build},
	})
	h, err := found.Pull(t.Context(), sources.Request{Window: week})
	if err != nil || s.ids(h) != "1" {
		t.Fatalf("%+v, %v", h, err)
	}
	s.putAs("/feed/", answerOf{500, "text/html", "oops"})
	for _, later := range []time.Duration{0, 8 * 24 * time.Hour} { // then it looks again by itself
		at = now.Add(later)
		if h, err := found.Pull(t.Context(), sources.Request{Window: week, State: h.State}); err == nil || !errors.Is(err, sources.ErrPassing) {
			t.Errorf("after %s: %+v, %v", later, h.Articles, err)
		}
	}
}

func TestFeedsOfComments(t *testing.T) {
	const host = "https://harbour.test"
	for _, tt := range []struct{ address, feeds, articles, comments string }{
		{"/", "/feed/ /comments/feed/", "/feed/", "/comments/feed/"},
		{"/", "/feeds/comments/default /feeds/posts/default", "/feeds/posts/default", "/feeds/comments/default"},
		{"/", "/?feed=rss2 /?feed=comments-rss2", "/?feed=rss2", "/?feed=comments-rss2"},
		{"/", "/comments-on-life/feed.xml /feed/", "/comments-on-life/feed.xml /feed/", ""},
		{"/", "/?feed=commentsonlife /feed/", "/?feed=commentsonlife /feed/", ""},
		{"/", "/comments/feed/", "/comments/feed/", ""},
		{"/comments/feed/", "/feed/ /comments/feed/", "/feed/ /comments/feed/", ""},
		{"/", "/Comments/feed/ /comments/atom/", "", "/Comments/feed/ /comments/atom/"},
		{"/", "", "", ""},
	} {
		list := func(paths string) (all []string) {
			for _, p := range strings.Fields(paths) {
				all = append(all, host+p)
			}
			return all
		}
		s := &Source{site: sources.Site{Address: host + tt.address, Feeds: list(tt.feeds)}}
		if got := s.articleFeeds(""); !slices.Equal(got, list(tt.articles)) {
			t.Errorf("%s: articles in %q", tt.feeds, got)
		}
		if got := s.siteFeeds(); !slices.Equal(got, list(tt.comments)) {
			t.Errorf("%s: comments in %q", tt.feeds, got)
		}
		if got := list(tt.feeds); !slices.Equal(s.site.Feeds, got) {
			t.Errorf("the site's list was changed: %q", s.site.Feeds)
		}
	}
}

// A guessed address that the site refuses is no gap to tell every time.
func TestPullGuessRefused(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 410, 429} {
		s := newSite(t)
		s.put("/feed/", rss(item("1", ago(1), 0)))
		s.putAs("/feed/?paged=2", answerOf{status, "text/html", "no"})
		source := s.source(getter{}, "/feed/")
		h := pullOf(t, source, nil)
		s.put("/feed/", rss(item("2", ago(0), 0), item("1", ago(1), 0)))
		s.requests()
		again := pullOf(t, source, h.State)
		if asked := s.requests(); len(h.Warnings)+len(again.Warnings) != 0 || !slices.Equal(asked, []string{"/feed/"}) {
			t.Errorf("%d: warned %q, then asked %q", status, h.Warnings, asked)
		}
	}
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(1), 0)))
	s.putAs("/feed/?paged=2", answerOf{500, "text/html", "oops"})
	if h := pullOf(t, s.source(getter{}, "/feed/"), nil); !warned(h, "older pages of the feed cannot be read") {
		t.Errorf("a failure: %q", h.Warnings)
	}
	// A page that the feed itself names is another matter.
	s.put("/feed/", strings.Replace(rss(item("1", ago(1), 0)), "<item>", `<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/older"/><item>`, 1))
	s.putAs("/older", answerOf{403, "text/html", "no"})
	if h := pullOf(t, s.source(getter{}, "/feed/"), nil); !warned(h, "older pages of the feed cannot be read") {
		t.Errorf("a named page: %q", h.Warnings)
	}
}
