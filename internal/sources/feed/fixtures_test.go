package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// now is a Sunday noon; week is what an issue made then asks for.
var (
	now  = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	week = sources.Window{Since: now.Add(-7 * 24 * time.Hour), Until: now}
)

func ago(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }

// answerOf is what a page of a site answers.
type answerOf struct {
	status int // 0: 200
	kind   string
	body   string
}

// site is a small web server whose pages a test changes as it likes.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]answerOf
	asked []string // path?query, and " 304" where nothing had changed
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{pages: map[string]answerOf{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := r.URL.RequestURI()
	p, found := s.pages[path]
	if !found {
		p = answerOf{404, "text/html", "<html><body>Nothing here</body></html>"}
	}
	tag := fmt.Sprintf("%q", fmt.Sprintf("%x", len(p.body))+p.body[max(0, len(p.body)-20):])
	tag = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, tag)
	if p.status == 0 && r.Header.Get("If-None-Match") == tag {
		s.asked = append(s.asked, path+" 304")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.asked = append(s.asked, path)
	if p.kind == "" {
		p.kind = "application/rss+xml; charset=utf-8"
	}
	w.Header().Set("Content-Type", p.kind)
	w.Header().Set("ETag", tag)
	w.WriteHeader(max(p.status, 200))
	_, _ = io.WriteString(w, p.body)
}

// put changes a page; the address HOST in it becomes the site's own.
func (s *site) put(path, body string) { s.putAs(path, answerOf{body: body}) }

func (s *site) putAs(path string, a answerOf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.body = strings.ReplaceAll(a.body, "HOST", s.URL)
	s.pages[path] = a
}

func (s *site) remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pages, path)
}

// requests are what was asked since the last call.
func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// getter fetches without any of the fetcher's care.
type getter struct {
	fail map[string]error // by a part of the address
}

func (g getter) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	for part, err := range g.fail {
		if strings.Contains(r.URL, part) {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return nil, err
	}
	if r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &fetch.Response{URL: resp.Request.URL.String(), Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

var errDown = errors.New("connection refused")

// source is the site as a source, by the feeds at these paths.
func (s *site) source(g getter, paths ...string) *Source {
	var all []string
	for _, p := range paths {
		all = append(all, s.URL+p)
	}
	return New(g, "harbour", sources.Site{Kind: sources.KindFeed, Feeds: all, Language: "en"},
		func() time.Time { return now }, slog.New(slog.DiscardHandler))
}

// pullOf pulls and fails the test on an error.
func pullOf(t *testing.T, s *Source, state []byte) digest.Harvest {
	t.Helper()
	h, err := s.Pull(t.Context(), sources.Request{Window: week, State: state})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// rss is a feed of items; item and comment are such.
func rss(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Harbour</title><link>HOST/</link>` +
		strings.Join(items, "\n") + `</channel></rss>`
}

// item is a post of WordPress's feed; count < 0: it is not counted.
func item(id string, published time.Time, count int, more ...string) string {
	counted := ""
	if count >= 0 {
		counted = fmt.Sprintf("<slash:comments>%d</slash:comments>", count)
	}
	return fmt.Sprintf(`<item><title>Post %[1]s</title><link>HOST/%[1]s/</link><guid isPermaLink="false">HOST/?p=%[1]s</guid>
<pubDate>%[2]s</pubDate><content:encoded><![CDATA[<p>Text %[1]s</p>]]></content:encoded>
<wfw:commentRss>HOST/%[1]s/feed/</wfw:commentRss>%[3]s%[4]s</item>`, id, published.Format(time.RFC1123Z), counted, strings.Join(more, ""))
}

func comment(post string, n int, published time.Time, text string) string {
	return fmt.Sprintf(`<item><title>By: Neighbour %[2]d</title><link>HOST/%[1]s/#comment-%[2]d</link>
<dc:creator><![CDATA[Neighbour &amp; %[2]d]]></dc:creator><pubDate>%[3]s</pubDate>
<guid isPermaLink="false">HOST/?p=%[1]s#comment-%[2]d</guid><content:encoded><![CDATA[%[4]s]]></content:encoded></item>`,
		post, n, published.Format(time.RFC1123Z), text)
}

// ids are the articles' of a harvest, without the address.
func (s *site) ids(h digest.Harvest) string {
	var all []string
	for _, a := range h.Articles {
		all = append(all, s.short(a.ID))
	}
	return strings.Join(all, " ")
}

func (s *site) short(id string) string {
	return strings.TrimPrefix(strings.TrimPrefix(id, s.URL), "/?p=")
}

// talk is what stands under an article: comments, each with its parent.
func (s *site) talk(a digest.Article) string {
	var all []string
	for _, c := range a.Comments {
		one := s.short(c.ID)
		if c.Parent != "" {
			one += "<" + s.short(c.Parent)
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func warned(h digest.Harvest, words string) bool {
	return slices.ContainsFunc(h.Warnings, func(w string) bool { return strings.Contains(w, words) })
}
