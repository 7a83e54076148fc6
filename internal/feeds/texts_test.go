package feeds

import (
	"net/url"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	tests := []struct {
		raw    string
		markup bool
		want   string
	}{
		{"Herons", true, "Herons"},
		{"Tides &amp; herons", true, "Tides & herons"},
		{"Tides &amp;amp; herons &amp;#8211; again", true, "Tides & herons – again"},
		{"Very <em>old</em> herons<br>here", true, "Very old herons here"},
		{"<script>alert(1)</script>Herons<style>p{}</style>", true, "Herons"},
		{"Vec<T> and a < b", true, "Vec<T> and a < b"},
		{"Anna <anna@harbour.test>", true, "Anna <anna@harbour.test>"},
		{"<o:p>Herons</o:p>", true, "Herons"},
		{"The <em> element &amp; others", false, "The <em> element & others"},
		{" two\r\n\tlines\x00\x1b ", true, "two lines"},
		{"broken \xff", true, "broken �"},
		{"", true, ""},
	}
	for _, tt := range tests {
		if got := plain(tt.raw, tt.markup, maxTitle); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
	if got := plain(strings.Repeat("é", 3000), true, maxTitle); len(got) > maxTitle || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("%d bytes", len(got))
	}
}

func TestPerson(t *testing.T) {
	for raw, want := range map[string]string{
		"Ada":                           "Ada",
		"ada@harbour.test (Ada Quay)":   "Ada Quay",
		"Ada Quay (ada@harbour.test)":   "Ada Quay",
		`"Ada Quay" <ada@harbour.test>`: "Ada Quay",
		"ada@harbour.test":              "",
		"@ada":                          "@ada",
		"Ada (pilot)":                   "Ada (pilot)",
		"Ada &amp;amp; Bo":              "Ada & Bo",
		"<b>Ada</b>":                    "Ada",
		"Ada (":                         "Ada (",
	} {
		if got := person(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "harbour.test", Path: "/feed/"}
	for raw, want := range map[string]string{
		"https://a.test/x y":        "https://a.test/x%20y",
		" \n/p?a=1&b=2#c ":          "https://harbour.test/p?a=1&b=2#c",
		"//b.test/x":                "https://b.test/x",
		"p":                         "https://harbour.test/feed/p",
		"https://a.test/100%":       "https://a.test/100%25",
		"https://a.te\nst/x":        "https://a.test/x",
		"https://bücher.test/ü":     "https://xn--bcher-kva.test/%C3%BC",
		"https://user:pass@a.test/": "https://a.test/",
		"http://[::1]:8080/x":       "http://[::1]:8080/x",
		"javascript:alert(1)":       "",
		"data:text/html,x":          "",
		"mailto:ada@harbour.test":   "",
		"http://":                   "",
		"http:opaque":               "",
		"":                          "",
		"https://a.test/" + strings.Repeat("x", maxAddress): "",
	} {
		if got := resolve(base, raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	if got := resolve(nil, "/p"); got != "" {
		t.Errorf("an address without a base: %q", got)
	}
}

func TestIdentity(t *testing.T) {
	long := strings.Repeat("x", maxID+1)
	tests := []struct{ own, link, title, text, want string }{
		{" 7\n", "https://a.test/", "t", "x", "7"},
		{"", "https://a.test/p?utm_source=rss&b=2&UTM_medium=x&a=1&gclid=z#top", "t", "x", "https://a.test/p?b=2&a=1"},
		{"", "https://a.test/p?utm_source=rss", "t", "x", "https://a.test/p"},
		{long, "", "", "", hash(long)},
		{"", "", "t", "x", hash("t\x00x")},
	}
	for _, tt := range tests {
		if got := identity(tt.own, tt.link, tt.title, tt.text); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
	if hash("tx\x00") == hash("t\x00x") {
		t.Error("title and text run together")
	}
}

func TestSameIDs(t *testing.T) {
	item := func(id, title, date string) string {
		return "<item><guid>" + id + "</guid><title>" + title + "</title><pubDate>" + date + "</pubDate></item>"
	}
	const early, late = "Sat, 28 Mar 2026 08:00:00 GMT", "Sun, 29 Mar 2026 08:00:00 GMT"
	tests := map[string]string{
		item("1", "a", late) + item("2", "b", late) + item("1", "c", early): "a|b",
		item("1", "a", early) + item("2", "b", late) + item("1", "c", late): "c|b",
		item("1", "a", "") + item("1", "c", ""):                             "c",
	}
	for items, want := range tests {
		f := parsed(t, rssOf(items))
		if titles(f) != want || len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], `"1"`) {
			t.Errorf("%s, want %s; %q", titles(f), want, f.Warnings)
		}
	}
}

func TestAbsolute(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "harbour.test", Path: "/a/b"}
	for markup, want := range map[string]string{
		`<p>no tags & no <b>addresses</b></p>`:             `<p>no tags & no <b>addresses</b></p>`,
		`<a href="x">`:                                     `<a href="https://harbour.test/a/x">`,
		`<A HREF='/x?a=1&amp;b=2' title="t">`:              `<a href="https://harbour.test/x?a=1&amp;b=2" title="t">`,
		`<img src=//cdn.test/i.png>`:                       `<img src="https://cdn.test/i.png">`,
		`<a href="https://b.test/x" class=z>`:              `<a href="https://b.test/x" class=z>`,
		`<a href="mailto:a@b.test"><a href="data:,x">`:     `<a href="mailto:a@b.test"><a href="data:,x">`,
		`<a href="javascript:alert(1)">`:                   `<a href="javascript:alert(1)">`,
		`<img srcset="a.jpg 1x, https://b.test/c.jpg 2x">`: `<img srcset="https://harbour.test/a/a.jpg 1x, https://b.test/c.jpg 2x">`,
		`<img data-src="a" data-srcset="b 1x">`:            `<img data-src="https://harbour.test/a/a" data-srcset="https://harbour.test/a/b 1x">`,
		`<video poster=p><source src=v></video>`:           `<video poster="https://harbour.test/a/p"><source src="https://harbour.test/a/v"></video>`,
		`<a href="">`:                                      `<a href="">`,
		`<!-- <a href="x"> -->`:                            `<!-- <a href="x"> -->`,
		`<a href="x`:                                       ``,
	} {
		if got := absolute(markup, base); got != want {
			t.Errorf("%s: %s, want %s", markup, got, want)
		}
	}
	long := &url.URL{Scheme: "https", Host: "harbour.test", Path: "/" + strings.Repeat("x/", 1000)}
	markup := strings.Repeat("<a href=a>", 10000)
	if got := absolute(markup, long); len(got) > 10*len(markup) {
		t.Errorf("%d bytes became %d", len(markup), len(got))
	}
}

func TestAsHTML(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"a < b\r\nc\r\n\r\n\r\nd": "<p>a &lt; b<br>c</p><p>d</p>",
	} {
		if got := asHTML(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
