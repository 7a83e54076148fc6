package wordpress

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

// sound says what is wrong with a text that leaves the package.
func sound(t *testing.T, what, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		t.Errorf("%s is no clean text: %q", what, s)
	}
}

// cannedGetter answers API and pages with the same bytes, and has no feeds.
type cannedGetter struct {
	posts, comments []byte
	asked           *int
}

func (g cannedGetter) Get(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	if *g.asked++; *g.asked > 4*maxPages {
		return nil, io.ErrUnexpectedEOF
	}
	resp := &fetch.Response{URL: r.URL, Status: http.StatusOK, Header: http.Header{"X-Wp-Total": {"1"}}}
	switch {
	case strings.Contains(r.URL, "posts"):
		resp.Body = g.posts
	case strings.Contains(r.URL, "comments"):
		resp.Body = g.comments
	default:
		resp.Status = http.StatusNotFound
	}
	return resp, nil
}

// FuzzAPI: whatever the API answers, the pull ends after few requests, no text is
// broken, and nothing protected is in it.
func FuzzAPI(f *testing.F) {
	const head = `"date_gmt":"2026-03-28T10:00:00","link":"https://paper.test/a/","status":"publish"`
	f.Add(`[{"id":1,`+head+`,"title":{"rendered":"T"},"content":{"rendered":"<p>x</p>","protected":false},"_embedded":{"author":[{"id":1,"name":"A"}]}}]`,
		`[{"id":5,"post":1,"parent":0,"author_name":"B","date_gmt":"2026-03-28T11:00:00","content":{"rendered":"<p>c</p>"},"type":"comment"}]`)
	f.Add(`[{"id":1,`+head+`,"content":{"rendered":"SECRET","protected":true}}]`, `[]`)
	f.Add(`[{"id":"1",`+head+`,"title":false,"content":"<p>x</p>","meta":[],"_embedded":[]}]`, `[{"id":5,"post":1,"content":null}]`)
	f.Add(`[{"id":1,`+head+`,"content":{"rendered":"SECRET <form class=\"post-password-form\">"},"excerpt":[]}]`, `{"code":"rest_no_route"}`)
	f.Add(`[{"id":9223372036854775807,`+head+`,"title":{"rendered":"\u0000\ud800"}}]`, `<html>`)
	f.Add(`noise [1] {"a"} [{"id":1,`+head+`}]`, `[[]]`)
	f.Fuzz(func(t *testing.T, posts, comments string) {
		asked := 0
		s := New(cannedGetter{[]byte(posts), []byte(comments), &asked}, "river", sources.Site{Home: "https://paper.test/", API: "https://paper.test/wp-json/"},
			func() time.Time { return now })
		h, err := s.Pull(t.Context(), sources.Request{Window: week})
		if err != nil {
			return
		}
		for _, a := range h.Articles {
			for _, text := range []string{a.ID, a.URL, a.Title, a.HTML, a.Summary, a.Original, a.Author.Name, a.Author.URL, a.Author.Bio} {
				sound(t, "article "+a.ID, text)
			}
			if passwordForm(a.HTML+a.Summary) || !week.Contains(a.Published) || a.CommentCount < len(a.Comments) {
				t.Errorf("article %+v", a)
			}
			for _, c := range a.Comments {
				sound(t, "comment "+c.ID, c.HTML+c.Author.Name+c.Author.URL+c.Parent+c.URL)
				if number(c.ID) == 0 || c.Article != a.ID {
					t.Errorf("comment %+v", c)
				}
			}
		}
		if !json.Valid(h.State) {
			t.Errorf("state %q", h.State)
		}
	})
}

// FuzzProtected: no shape of a protected post shows its text.
func FuzzProtected(f *testing.F) {
	f.Add(`true`, `"x"`)
	f.Add(`1`, `{"rendered":"x","protected":true}`)
	f.Add(`"yes"`, `null`)
	f.Add(`[]`, `[]`)
	f.Fuzz(func(t *testing.T, flagValue, other string) {
		if !json.Valid([]byte(flagValue)) || !json.Valid([]byte(other)) {
			return
		}
		var set flag
		if json.Unmarshal([]byte(flagValue), &set) != nil || !bool(set) {
			return
		}
		var one post
		raw := `{"id":1,"date_gmt":"2026-03-28T10:00:00","link":"https://paper.test/a/","title":` + other + `,"excerpt":` + other + `,"content":{"rendered":"x","protected":` + flagValue + `}}`
		if err := json.Unmarshal([]byte(raw), &one); err != nil {
			return // the whole post is dropped
		}
		if flagValue != "null" && !one.hidden() {
			t.Errorf("shown: %s", raw)
		}
	})
}

// FuzzReadable: the markup stays clean text in proportion to what came, and
// what is in code stays what it is.
func FuzzReadable(f *testing.F) {
	for _, s := range []string{
		`<p>[gallery ids="1"] [sic] <b>x`, `[caption id="a"]<img src=x>[/caption]`, `<iframe src="//player.vimeo.com/video/76979871">`,
		`<noscript><img src=a></noscript><img data-src=a>`, `[youtube dQw4w9WgXcQ][/youtube]`, `<pre>[a b="c"]</pre>`,
		`<div class="gallery"><figcaption>x`, `<a href="//[">x</a>`, `<p>https://a.test/</p>`, "<p title='\x00'>\xff", `[a][b][/a][/b]`, `<plaintext>[gallery]`,
		`<svg><script/>x</svg><math><mi/>`, `<textarea>[gallery]</textarea>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{readableArticle(s, at), readableComment(s, at), readableArticle(s, nil)} {
			sound(t, "markup", got)
			// An address is written out for each of at most one per four bytes.
			if len(got) > 60*len(s)+200 {
				t.Errorf("%d bytes from %d", len(got), len(s))
			}
		}
		if plain := strings.NewReplacer("<", "(", "&", "+", "\x00", "", "\r", "").Replace(strings.ToValidUTF8(s, "\uFFFD")); plain != "" {
			got := readableArticle("<pre>"+plain+"</pre>", at)
			if text := parse(got).words(); text != plain {
				t.Errorf("code %q became %q", plain, text)
			}
		}
	})
}

// FuzzPage: whatever a page holds, each comment has an id of its own and clean texts,
// and the feed's words about it are not lost.
func FuzzPage(f *testing.F) {
	for _, markup := range themes {
		f.Add(markup)
	}
	f.Add(`<li id="comment-1" class="depth-9"><li id="comment-1"><div id="comment-99999999999999999999">`)
	f.Add(`<body class="postid-5"><time datetime="2026"><li id=comment-3 class=comment><b class=fn>A</b><div class=comment-content><li id=comment-4>`)
	f.Fuzz(func(t *testing.T, markup string) {
		pg := readPage(cleanText(markup), at.String())
		seen := map[string]bool{}
		for _, c := range pg.comments {
			if number(c.id) == 0 && strings.Trim(c.id, "0") != "" || seen[c.id] || c.parent == c.id {
				t.Errorf("comment %+v", c)
			}
			seen[c.id] = true
			sound(t, "comment "+c.id, c.html+c.author+c.authorURL)
			if !c.at.IsZero() && !plausible(c.at) {
				t.Errorf("comment %s at %v", c.id, c.at)
			}
		}
		sound(t, "page", pg.content+pg.bio)
		fd := found{comments: map[string]digest.Comment{"5": {ID: "5", HTML: "fed", Published: now}}, pings: map[string]bool{}}
		(&pull{Source: &Source{name: "river"}}).merge(&digest.Article{URL: at.String(), Published: now}, pg, &fd)
		if fd.comments["5"].HTML != "fed" {
			t.Error("the feed's words were replaced")
		}
	})
}
