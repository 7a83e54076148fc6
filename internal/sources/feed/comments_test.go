package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The newest ten comments are all that such a feed shows, on every page of it.
func TestCommentsNewestOnly(t *testing.T) {
	s := newSite(t)
	var shown []string
	for i := range 10 {
		shown = append(shown, comment("1", 40-i, ago(i), "<p>Text.</p>"))
	}
	s.put("/feed/", rss(item("1", ago(50), 24), item("2", ago(50), 10)))
	s.put("/1/feed/", rss(shown...))
	s.put("/2/feed/", rss(shown...))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	a := h.Articles[0]
	if len(a.Comments) != 10 || a.CommentCount != 24 || a.Whole {
		t.Errorf("%d of %d, whole %v", len(a.Comments), a.CommentCount, a.Whole)
	}
	if !warned(h, `show only the newest: 14 comments could not be seen under 1 article, such as "Post 1"`) {
		t.Errorf("warnings %q", h.Warnings)
	}
	if h.Articles[1].Whole {
		t.Error("ten of ten may be the newest ten of more")
	}
	if got := s.requests(); !slices.Equal(got, []string{"/feed/", "/feed/?paged=2", "/1/feed/", "/2/feed/"}) {
		t.Errorf("requests %q", got)
	}
	// A pull that joins the last one misses nothing; one that does not, does.
	for i, want := range []bool{false, true} {
		s.put("/feed/", rss(item("1", ago(50), 25+20*i)))
		s.put("/1/feed/", rss(comment("1", 41+10*i, now.Add(time.Duration(i+1)*time.Minute), "<p>New.</p>"), shown[0]))
		if i == 1 {
			s.put("/1/feed/", rss(comment("1", 51, now.Add(time.Hour), "<p>New.</p>")))
		}
		if h = pullOf(t, s.source(getter{}, "/feed/"), h.State); warned(h, "could not be seen") != want {
			t.Errorf("pull %d: warnings %q", i, h.Warnings)
		}
	}
}

func TestCommentsHostile(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(50), 3)))
	s.put("/1/feed/", rss(
		strings.Replace(comment("1", 11, ago(1), "<p>Hi</p><script>x</script>"), "Neighbour &amp; 11", "Eve\r\nBcc: all@harbour.test\u202E", 1),
		comment("1", 12, ago(2), `<form><input type=password name='post_password'></form>`),
		comment("1", 13, ago(3), "<p>In reply to <a href=\"https://elsewhere.test/#comment-1\">You</a>.</p> Buy!"),
	))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	if got := s.talk(h.Articles[0]); got != "1#comment-11 1#comment-13" {
		t.Errorf("comments %q", got)
	}
	if c := h.Articles[0].Comments[0]; c.Author.Name != "Eve Bcc: all@harbour.test" {
		t.Errorf("name %q", c.Author.Name)
	}
	if c := h.Articles[0].Comments[1]; !strings.Contains(c.HTML, "elsewhere.test") {
		t.Errorf("words about another site were cut: %q", c.HTML)
	}
}

func TestCommentsAreBounded(t *testing.T) {
	s := newSite(t)
	var posts []string
	for i := range 70 {
		id := fmt.Sprint(100 + i)
		posts = append(posts, item(id, ago(i), 1))
		s.put("/"+id+"/feed/", rss(comment(id, 1, ago(0), "<p>Text.</p>")))
	}
	s.put("/feed/", rss(posts...))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	asked := s.requests()
	if n := len(asked) - 2; n != maxRequests { // two were for the articles
		t.Errorf("%d requests", n)
	}
	if !slices.Contains(asked, "/100/feed/") || slices.Contains(asked, "/169/feed/") {
		t.Error("the newest articles come first")
	}
	if !warned(h, "the comments on 10 articles were not asked for") {
		t.Errorf("warnings %q", h.Warnings)
	}
}

func TestCommentsFailures(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(1), 1), item("2", ago(2), 1), item("3", ago(3), 1), item("4", ago(4), 1), item("5", ago(5), 1)))
	s.put("/2/feed/", rss(comment("2", 1, ago(0), "<p>Text.</p>")))
	h := pullOf(t, s.source(getter{map[string]error{"/1/feed": errDown}}, "/feed/"), nil)
	if s.talk(h.Articles[1]) != "2#comment-1" {
		t.Errorf("%+v", h.Articles[1])
	}
	if !warned(h, "the comments on 4 articles cannot be read: feed "+s.URL+"/1/feed/: connection refused") {
		t.Errorf("warnings %q", h.Warnings)
	}
	s.put("/feed/", rss(item("1", ago(1), 1), item("3", ago(3), 1), item("4", ago(4), 1), item("2", ago(5), 1)))
	h = pullOf(t, s.source(getter{}, "/feed/"), nil)
	if !warned(h, "the comments on 1 article were not asked for") {
		t.Errorf("after three failures the site is left alone: %q", h.Warnings)
	}
}

// A feed may hold the comments on all articles (RFC 4685), also among them.
func TestCommentsOfTheSite(t *testing.T) {
	reply := func(id, to, link string) string {
		return fmt.Sprintf(`<entry><id>%s</id><title>Re</title><link href="%s"/><updated>2026-03-29T10:00:00Z</updated>
<author><name>Ada</name></author><content type="html">&lt;p>Words %[1]s&lt;/p></content><thr:in-reply-to ref="%[3]s"/></entry>`, id, link, to)
	}
	atom := func(entries ...string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>H</title>` +
			strings.Join(entries, "") + `</feed>`
	}
	post := `<entry><id>tag:p1</id><title>Post</title><link href="HOST/p1"/><published>2026-03-28T10:00:00Z</published>
<content type="html">&lt;p>Herons&lt;/p></content><thr:total>4</thr:total></entry>`
	s := newSite(t)
	s.put("/feeds/posts", atom(post, reply("c1", "tag:p1", "HOST/p1#c1")))
	s.put("/feeds/comments/default", atom(reply("c3", "c2", "HOST/x"), reply("c2", "tag:p1", "HOST/y"), reply("c4", "lost", "HOST/p1#c4"), reply("c5", "lost", "HOST/p9#c5")))
	source := s.source(getter{}, "/feeds/comments/default", "/feeds/posts")
	h := pullOf(t, source, nil)
	if len(h.Articles) != 1 || s.talk(h.Articles[0]) != "c1 c2 c3<c2 c4<lost" || h.Articles[0].CommentCount != 4 {
		t.Fatalf("%+v", h.Articles)
	}
	if h.Articles[0].Whole {
		t.Error("a feed of all comments shows no thread as a whole")
	}
	s.put("/feeds/comments/default", atom(reply("c6", "tag:p1", "HOST/p1#c6")))
	if h = pullOf(t, source, h.State); s.talk(h.Articles[0]) != "c1 c6" {
		t.Errorf("%+v", h.Articles)
	}
}

func TestAnswering(t *testing.T) {
	tests := []struct{ text, address, rest string }{
		{`In reply to <a href="https://h.test/p/#comment-7">Anna</a>.` + "\n\n<p>Yes</p>", "https://h.test/p/#comment-7", "<p>Yes</p>"},
		{`<p>Als Antwort auf <a href="https://h.test/p/?a=1&amp;b=2#comment-7">Anna</a>.</p><p>Ja</p>`, "https://h.test/p/?a=1&b=2#comment-7", "<p>Ja</p>"},
		{`<p>See <a href="https://h.test/p/">this</a></p>`, "", `<p>See <a href="https://h.test/p/">this</a></p>`},
		{`<p>Yes. In reply to <b>all</b> <a href="https://h.test/#comment-7">Anna</a></p>`, "", `<p>Yes. In reply to <b>all</b> <a href="https://h.test/#comment-7">Anna</a></p>`},
	}
	for _, tt := range tests {
		if address, rest, found := answering(tt.text); address != tt.address || rest != tt.rest || found != (tt.address != "") {
			t.Errorf("%q: %q %q %v", tt.text, address, rest, found)
		}
	}
}

func TestPingback(t *testing.T) {
	for text, want := range map[string]bool{
		"[&#8230;] in the harbour [&#8230;]":       true,
		"<p>[...] in the harbour [&hellip;]</p>":   true,
		"<p>in the harbour [&hellip;]</p>":         false,
		"<p>[…] is how it begins, and I agree</p>": false,
		"": false,
	} {
		if pingback(text) != want {
			t.Errorf("%q", text)
		}
	}
}

func TestState(t *testing.T) {
	if s := readState([]byte("{not json")); s.Had || len(s.Feeds) != 0 {
		t.Errorf("%+v", s)
	}
	var old, more []thread
	for i := range maxThreads {
		old = append(old, thread{Article: fmt.Sprint("old", i), Feed: "f", Published: ago(200 - i)})
	}
	for i := range 5 {
		more = append(more, thread{Article: fmt.Sprint("new", i), Feed: "g", Published: ago(0)})
	}
	s := state{Threads: old, Feeds: map[string]validators{"f": {ETag: "x"}, "unused": {ETag: "y"}}}
	n := s.next(week)
	if len(n.Threads) >= len(old) || n.Threads[0].Published.Before(week.Since) {
		t.Errorf("threads outside the window are remembered: %d", len(n.Threads))
	}
	if len(n.Feeds) != 1 || n.Feeds["f"].ETag != "x" {
		t.Errorf("validators %v", n.Feeds)
	}
	n.Threads = old
	n.watch(more)
	if len(n.Threads) != maxThreads || n.Threads[0].Article != "new0" || n.thread("new4").Feed != "g" || n.thread("old0") != (thread{}) {
		t.Errorf("%d threads, first %v", len(n.Threads), n.Threads[0])
	}
	if v := (validators{ETag: strings.Repeat("e", 501), Modified: strings.Repeat("m", 501)}).bounded(); v != (validators{}) {
		t.Errorf("%v", v)
	}
	if back := readState(n.bytes()); len(back.Threads) != maxThreads || !back.Threads[0].Published.Equal(ago(0)) {
		t.Error("a state does not survive")
	}
}
