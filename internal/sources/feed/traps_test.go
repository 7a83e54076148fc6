package feed

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// With the real fetcher: its validators, its refusals.
func TestPullOverFetch(t *testing.T) {
	s := newSite(t)
	client, err := fetch.New(fetch.Options{
		UserAgent: "digest-test (+https://harbour.test/)", AllowHosts: []string{strings.TrimPrefix(s.URL, "http://")},
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.put("/feed/", rss(item("1", ago(5), 1)))
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "<p>First.</p>")))
	site := sources.Site{Feeds: []string{s.URL + "/feed/"}}
	source := New(client, "harbour", site, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	h := pullOf(t, source, nil)
	if s.talk(h.Articles[0]) != "1#comment-11" {
		t.Fatalf("%+v", h)
	}
	s.requests()
	if h = pullOf(t, source, h.State); len(h.Articles) != 0 {
		t.Errorf("%+v", h.Articles)
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/ 304", "/1/feed/ 304"}) {
		t.Errorf("requests %q", got)
	}
	site.Feeds[0] = "http://127.0.0.1:1/feed/"
	if _, err := New(client, "x", site, source.now, source.log).Pull(t.Context(), sources.Request{Window: week}); !errors.Is(err, fetch.ErrForbidden) {
		t.Errorf("a private address: %v", err)
	}
}

// States come from the database; one that somebody spoilt is as none.
func TestPullSpoiltState(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(5), 0)))
	source := s.source(getter{}, "/feed/")
	for _, state := range []string{"", "null", "[]", "{", `{"feeds":null,"threads":[{}]}`, `{"feeds":{"` + s.URL + `/feed/":{"etag":"x"}}}`} {
		if h := pullOf(t, source, []byte(state)); s.ids(h) != "1" || !json.Valid(h.State) {
			t.Errorf("%s: %q", state, s.ids(h))
		}
	}
}

// The state of a failed pull is never seen: the next one begins where the last
// good one ended.
func TestPullFailsAndRecovers(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(5), 1)))
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "<p>First.</p>")))
	source := s.source(getter{}, "/feed/")
	good := pullOf(t, source, nil)
	s.putAs("/feed/", answerOf{status: 503, kind: "text/html", body: "down"})
	if h, err := source.Pull(t.Context(), sources.Request{Window: week, State: good.State}); err == nil || h.State != nil {
		t.Fatalf("%+v, %v", h, err)
	}
	s.put("/feed/", rss(item("2", ago(1), 0), item("1", ago(5), 1)))
	s.putAs("/1/feed/", answerOf{status: 503, kind: "text/html", body: "down"})
	half := pullOf(t, source, good.State)
	if s.ids(half) != "2 1" || !warned(half, "the comments on 1 article cannot be read") || !warned(half, "503 (text/html)") {
		t.Errorf("%q %q", s.ids(half), half.Warnings)
	}
	s.put("/1/feed/", rss(comment("1", 12, ago(0), "<p>Second.</p>")))
	if h := pullOf(t, source, half.State); s.talk(h.Articles[1]) != "1#comment-12" {
		t.Errorf("%+v", h.Articles)
	}
}

// While the feed is unchanged, failures of comments are told as well.
func TestPullUnchangedAndFailing(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(5), 1)))
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "<p>First.</p>")))
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	s.putAs("/1/feed/", answerOf{403, "text/html", "<html>no"})
	h = pullOf(t, source, h.State)
	if len(h.Articles) != 0 || !warned(h, "/1/feed/: the site answers 403 (text/html)") {
		t.Errorf("%+v", h)
	}
	// The old validators are kept: what comes back unchanged is not read again.
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "<p>First.</p>")))
	s.requests()
	pullOf(t, source, h.State)
	if got := s.requests(); !slices.Equal(got, []string{"/feed/ 304", "/1/feed/ 304"}) {
		t.Errorf("requests %q", got)
	}
}

// A JSON Feed: relative addresses are seen from
// where it was found.
func TestPullJSONFeed(t *testing.T) {
	s := newSite(t)
	s.putAs("/blog/feed.json", answerOf{kind: "application/feed+json", body: `{"version":"https://jsonfeed.org/version/1.1","title":"H","language":"nl",
"items":[{"id":3,"url":"p3","content_html":"<img src='i.png'>","date_published":"2026-03-28T10:00:00Z"}]}`})
	h := pullOf(t, s.source(getter{}, "/blog/feed.json"), nil)
	a := h.Articles[0]
	if a.ID != "3" || a.URL != s.URL+"/blog/p3" || a.HTML != `<img src="`+s.URL+`/blog/i.png">` || a.Language != "nl" {
		t.Errorf("%+v", a)
	}
}

// Nothing of a hostile entry reaches names or titles unseen, and no address that
// is none.
func TestPullHostileEntry(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(`<item><title>Re\u202Epaid&#x202E;&#0;&lt;script&gt;x&lt;/script&gt; </title><link>javascript:alert(1)</link>
<guid>1</guid><author>a`+"\u200B"+`b&#10;Bcc: x</author><wfw:commentRss>file:///etc/passwd</wfw:commentRss>
<comments>//user:pass@harbour.test/x</comments><pubDate>garbage</pubDate></item>`))
	a := pullOf(t, s.source(getter{}, "/feed/"), nil).Articles[0]
	if a.Title != `Re\u202Epaid` || a.Author.Name != "ab Bcc: x" || a.URL != "" || a.CommentsURL != "http://harbour.test/x" || !a.Published.IsZero() {
		t.Errorf("%+v", a)
	}
	if got := s.requests(); len(got) != 1 {
		t.Errorf("requests %q", got)
	}
}

func TestRefusalWords(t *testing.T) {
	err := error(&refusal{"https://harbour.test/feed/", 403, "", nil})
	if err.Error() != "feed https://harbour.test/feed/: the site answers 403 (no media type)" || statusOf(err) != 403 || statusOf(errDown) != 0 {
		t.Error(err)
	}
}
