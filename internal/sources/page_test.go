package sources

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"digest.example/internal/sanitize"
)

// pageOf reads a page of https://heron.test/news/today.
func pageOf(header, body string) page {
	h := http.Header{"Content-Type": {"text/html"}}
	if header != "" {
		h.Set("Link", header)
	}
	return readPage(document{at: &url.URL{Scheme: "https", Host: "heron.test", Path: "/news/today"}, header: h, body: []byte(body)})
}

func addresses(all []*url.URL) string {
	var b []string
	for _, u := range all {
		b = append(b, u.String())
	}
	return strings.Join(b, " ")
}

func TestPageFeeds(t *testing.T) {
	for body, want := range map[string]string{
		`<link rel=alternate type=application/rss+xml href=rss>`:                                            "https://heron.test/news/rss",
		`<base href="/b/"><link rel=alternate type=application/rss+xml href=rss>`:                           "https://heron.test/b/rss",
		`<link rel="feed alternate" type="application/atom+xml; charset=utf-8" href="//feeds.test/a#x">`:    "https://feeds.test/a",
		`<link rel=alternate type=text/html href=/de/><link rel=feed type=text/xml href=/x>`:                "",
		`<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1>`:                            "",
		`<link rel=alternate type=application/json href="/?rest_route=/wp/v2/posts/1">`:                     "",
		`<link rel=alternate type=application/json href=/feed.json>`:                                        "https://heron.test/feed.json",
		`<link rel=alternate type=application/json+oembed href=/oembed>`:                                    "",
		`<link rel=alternate type=application/rss+xml title="Kommentar-Feed" href=/k>`:                      "",
		`<link rel=alternate type=application/rss+xml href="/feeds/1/comments/default">`:                    "",
		`<link rel=alternate type=application/rss+xml href="javascript:alert(1)">`:                          "",
		`<link rel=alternate type=application/rss+xml href="http://[">`:                                     "",
		`<link rel=alternate type=application/rss+xml href="">`:                                             "",
		`<link rel=alternate type=application/rss+xml>`:                                                     "",
		`<link rel=alternate type=application/rss+xml href=/a><link rel=alternate type=text/xml href="/a">`: "https://heron.test/a",
		`<body><link rel=alternate type=application/rss+xml href=/a>`:                                       "",
		`<!-- <link rel=alternate type=application/rss+xml href=/a> -->`:                                    "",
		`<link rel=alternate type=application/rss+xml href=/a href=/b>`:                                     "https://heron.test/a",
		`<link rel=alternate type=application/rss+xml href="/` + strings.Repeat("a", 2000) + `">`:           "",
	} {
		if got := addresses(pageOf("", body).feeds); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

func TestPageWords(t *testing.T) {
	for body, want := range map[string]page{
		`<html lang=pt_BR><title> A &amp;  B` + "\u202e" + `</title><title>C</title>`: {title: "A & B", language: "pt-BR"},
		`<html lang="x y"><title></title>`:                                            {},
		"<meta charset=iso-8859-1><title>Fj\xe4rd</title>":                            {title: "Fjärd"},
		`<meta property=og:site_name content="The Heron"><title>An article</title>`:   {title: "The Heron"},
		`<meta name=generator content="WordPress 6.4">`:                               {wordpress: true},
		`<meta name=generator content="Hugo">`:                                        {},
		`<img src=https://heron.test/a/wp-content/x.jpg>`:                             {folders: []string{"/a/"}},
		`<body><img src=https://cdn.test/a/wp-content/x.jpg>`:                         {},
		`<a href=/wp-json/ src=/b/wp-includes/a><a href=/c/wp-content/d>`:             {folders: []string{"/b/", "/"}},
	} {
		got := pageOf("", body)
		if got.title != want.title || got.language != want.language || got.wordpress != want.wordpress || !cmp.Equal(got.folders, want.folders) {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestLinks(t *testing.T) {
	for header, want := range map[string][]link{
		`<https://a.test/>; rel="https://api.w.org/"`:   {{target: "https://a.test/", rel: "https://api.w.org/"}},
		`</a,b>;rel=alternate; type="text/xml", <c>`:    {{target: "/a,b", rel: "alternate", kind: "text/xml"}, {target: "c"}},
		`<a>; rel="Alternate Feed"; title="x \"y\"; z"`: {{target: "a", rel: "alternate feed", title: `x "y"; z`}},
		`<a>; rel=one; rel=two; crossorigin; REL`:       {{target: "a", rel: "one"}},
		`<a> ; rel = "one" , , <b>`:                     {{target: "a", rel: "one"}, {target: "b"}},
		`<a`:                                            nil,
		``:                                              nil,
		`<a>; rel="open`:                                {{target: "a", rel: "open"}},
	} {
		if diff := cmp.Diff(want, readLinks([]string{header}), cmp.AllowUnexported(link{})); diff != "" {
			t.Errorf("%s: %s", header, diff)
		}
	}
	if n := len(readLinks([]string{strings.Repeat("<a>,", 1000), "<b>"})); n != maxLinks {
		t.Errorf("%d links", n)
	}
}

// FuzzPage: whatever a site sends, what is taken from it can be asked for and
// shown: absolute addresses without passwords, APIs at the host that answered,
// clean text.
func FuzzPage(f *testing.F) {
	f.Add(apiLink, html5(feedLink).body)
	f.Add(`<a>; rel="alternate"; type=text/xml; title="\"`, `<base href="//x"><link rel=alternate type=text/xml href="https://u:p@x/">`)
	f.Add("", `<meta property=og:site_name content="&#x202e;"><html lang=de><img src=/wp-content/>`)
	f.Fuzz(func(t *testing.T, header, body string) {
		p := pageOf(header, body)
		if len(p.api) > maxDeclared || len(p.feeds) > maxDeclared || len(p.folders) > 2 {
			t.Errorf("%d APIs, %d feeds, %d folders", len(p.api), len(p.feeds), len(p.folders))
		}
		for _, u := range append(p.api, p.feeds...) {
			again, err := url.Parse(u.String())
			if err != nil || again.Host == "" || again.Scheme != "https" && again.Scheme != "http" || again.User != nil {
				t.Errorf("%q: %v", u, err)
			}
		}
		for _, u := range append(p.api, guessAPI(p.at, p.folders)...) {
			if again, err := url.Parse(u.String()); err != nil || again.Host != "heron.test" {
				t.Errorf("API %q: %v", u, err)
			}
		}
		if !utf8.ValidString(p.title) || strings.ContainsFunc(p.title, unicode.IsControl) || p.title != sanitize.Line(p.title) {
			t.Errorf("title %q", p.title)
		}
		if tag, err := language.Parse(p.language); p.language != "" && (err != nil || tag.String() != p.language) {
			t.Errorf("language %q", p.language)
		}
	})
}

// FuzzLinks: what a header field says is read back as it was written, and
// nothing in it is read more often than it stands there.
func FuzzLinks(f *testing.F) {
	f.Add("https://a.test/", "alternate", "text/xml", `a "title"`, `; x="y", <z>`)
	f.Fuzz(func(t *testing.T, target, rel, kind, title, more string) {
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		if strings.Contains(target, ">") || strings.ContainsFunc(rel, unicode.IsUpper) || rel != strings.ToLower(rel) {
			return
		}
		header := `<` + target + `>; rel="` + quote.Replace(rel) + `"; type="` + quote.Replace(kind) + `"; title="` + quote.Replace(title) + `"`
		all := readLinks([]string{header, more})
		if len(all) == 0 || all[0] != (link{target, rel, kind, title}) {
			t.Errorf("%q is read as %+v", header, all)
		}
		if len(all) > 1+strings.Count(more, ">") {
			t.Errorf("%d links in %q", len(all)-1, more)
		}
	})
}

// FuzzTyped: what is accepted can be asked for, and is accepted again as it is.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"heron.test/a?b#c", "feed:https://bücher.test:1/", "[::1]:80", "a@b", "https://a/../%2e?%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		all, err := typed(address)
		if err != nil {
			return
		}
		for _, u := range all {
			again, err := typed(u.String())
			if len(u.String()) > sanitize.MaxAddress {
				continue // escaped, it got too long
			}
			if err != nil || len(again) != 1 || again[0].String() != u.String() {
				t.Errorf("%q is read as %q, and that as %v, %v", address, u, again, err)
			}
			if u.User != nil || u.Fragment != "" || strings.ContainsFunc(u.String(), unicode.IsControl) {
				t.Errorf("%q", u)
			}
		}
	})
}
