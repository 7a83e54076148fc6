package feeds

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
)

func TestFormats(t *testing.T) {
	article := func(id, url, title string, author digest.Author, published string, more func(*Entry)) Entry {
		e := Entry{Article: digest.Article{ID: id, URL: url, Title: title, Author: author}}
		if published != "" {
			e.Published = utc(t, published)
		}
		if more != nil {
			more(&e)
		}
		return e
	}
	tests := map[string]Feed{
		"wordpress.xml": {
			Title: "Harbour Street – News & tides", Home: "https://harbour.test", Self: "https://harbour.test/feed/",
			Language: "en-GB", Next: "https://harbour.test/feed/?paged=2",
			Entries: []Entry{
				article("https://harbour.test/?p=7", "https://harbour.test/herons/", "Herons “again” & again", digest.Author{Name: "Ada & Bo"}, "2026-03-28T07:30:00Z", func(e *Entry) {
					e.HTML = `<p>They are <a href="https://harbour.test/back">back</a> &amp; well.</p>`
					e.Summary = "They are back [&#8230;]"
					e.CommentsURL, e.CommentCount, e.Counted = "https://harbour.test/herons/#comments", 12, true
					e.CommentFeed = "https://harbour.test/herons/feed/"
				}),
				article("https://harbour.test/8/?id=8", "https://harbour.test/8/?utm_source=rss&id=8&fbclid=x", "", digest.Author{Name: "Ada Quay"}, "", func(e *Entry) {
					e.HTML, e.Counted = "<p>The whole text stands here.</p>", true
				}),
			},
		},
		"atom.xml": {
			Title: "Hafen & Meer", Home: "https://harbour.test/blog/", Self: "https://harbour.test/blog/feed.atom",
			Language: "de", Next: "https://harbour.test/blog/feed.atom?page=2",
			Entries: []Entry{
				article("tag:harbour.test,2026:1", "https://harbour.test/blog/1.html", "Le en HTML", digest.Author{Name: "Ada", URL: "https://harbour.test/ada"}, "2026-03-28T07:30:00Z", func(e *Entry) {
					e.Updated = utc(t, "2026-03-29T07:30:00Z")
					e.HTML, e.Summary = `<p>Text <img src="https://pictures.test/a/b.jpg"/></p>`, "<p>1 &lt; 2</p>"
					e.Language, e.Original = "fr", "https://original.test/story"
					e.CommentsURL, e.CommentFeed = "https://harbour.test/blog/1.html#talk", "https://harbour.test/blog/1/comments"
					e.CommentCount, e.Counted = 4, true
				}),
				article("tag:harbour.test,2026:2", "https://harbour.test/blog/2.html", "Vec<T> & <em>", digest.Author{Name: "The editors"}, "2026-03-27T08:30:00Z", func(e *Entry) {
					e.Updated = e.Published
					e.HTML = `<p>See <a href="https://harbour.test/blog/2.html#note">below</a></p>`
					e.CommentCount, e.Counted, e.ReplyTo = 2, true, "tag:harbour.test,2026:1"
				}),
			},
		},
		"rdf.xml": {
			Title: "Tides", Home: "https://harbour.test/", Language: "en",
			Entries: []Entry{
				article("https://harbour.test/t1", "https://harbour.test/t1", "Low water", digest.Author{Name: "Pilot"}, "2026-03-28T06:00:00Z", func(e *Entry) {
					e.HTML, e.Updated = "Half a metre", e.Published
				}),
				article("https://harbour.test/t2", "https://harbour.test/t2", "High water", digest.Author{}, "", nil),
			},
		},
		"feed.json": {
			Title: "Harbour & sea", Home: "https://harbour.test/", Self: "https://harbour.test/feed.json",
			Language: "en-GB", Next: "https://harbour.test/feed.json?page=2",
			Entries: []Entry{
				article("7", "https://harbour.test/7", "Use of <b>", digest.Author{Name: "Ada, Bo"}, "2026-03-28T07:30:00Z", func(e *Entry) {
					e.Updated = utc(t, "2026-03-28T08:30:00Z")
					e.HTML, e.Summary = `<p>See <a href="https://harbour.test/x">x</a></p>`, "<p>1 &lt; 2</p>"
					e.Language, e.Original = "nl", "https://original.test/story"
				}),
				article("8", "", "", digest.Author{Name: "Cy", URL: "https://harbour.test/feed/cy.html"}, "", func(e *Entry) {
					e.HTML = "<p>One &amp; two</p><p>three</p>"
				}),
				article("9", "https://elsewhere.test/9", "", digest.Author{Name: "The editors", URL: "https://harbour.test/about"}, "", func(e *Entry) {
					e.HTML, e.Original = "<p>x</p>", "https://elsewhere.test/9"
				}),
			},
			Warnings: []string{"1 of the feed's entries are broken and were left out"},
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			doc := file(t, name)
			before := string(doc)
			got, err := Parse(doc, home, "application/xml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if string(doc) != before {
				t.Error("the document was changed")
			}
		})
	}
}

// The elements that say the same in different vocabularies.
func TestRSSAlternatives(t *testing.T) {
	tests := []struct {
		name, item string
		is         func(Entry) bool
	}{
		{"permalink", `<guid>https://harbour.test/p</guid>`, func(e Entry) bool { return e.URL == "https://harbour.test/p" }},
		{"no permalink", `<guid isPermaLink="false">https://harbour.test/p</guid>`, func(e Entry) bool { return e.URL == "" }},
		{
			"the proxy's link", `<link>https://proxy.test/1</link><f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">https://harbour.test/p</f:origLink>`,
			func(e Entry) bool { return e.URL == "https://harbour.test/p" },
		},
		{"Atom's link", `<a:link xmlns:a="http://www.w3.org/2005/Atom" href="p"/>`, func(e Entry) bool { return e.URL == "https://harbour.test/feed/p" }},
		{"a link without an address", `<link>javascript:alert(1)</link><guid>https://harbour.test/p</guid>`, func(e Entry) bool { return e.URL == "https://harbour.test/p" }},
		{"a page as source", `<source url="https://other.test/story">O</source>`, func(e Entry) bool { return e.Original == "https://other.test/story" }},
		{"a feed as source", `<source url="https://other.test/rss?x=1">O</source>`, func(e Entry) bool { return e.Original == "" }},
		{"several authors", `<dc:creator>Ada</dc:creator><dc:creator>Bo</dc:creator><dc:creator>Ada</dc:creator>`, func(e Entry) bool { return e.Author.Name == "Ada, Bo" }},
		{"a mail address only", `<author>ada@harbour.test</author><dc:creator>Ada</dc:creator>`, func(e Entry) bool { return e.Author.Name == "Ada" }},
		{"Atom's author", `<a:author xmlns:a="http://www.w3.org/2005/Atom"><a:name>Ada</a:name></a:author>`, func(e Entry) bool { return e.Author.Name == "Ada" }},
		{
			"a podcast's author", `<i:author xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd">X</i:author><i:author xmlns:i="http://www.itunes.com/DTDs/PodCast-1.0.dtd">Ada</i:author>`,
			func(e Entry) bool { return e.Author.Name == "Ada" },
		},
		{"a date of issue", `<q:issued xmlns:q="http://purl.org/dc/terms/">2026-03-28</q:issued>`, func(e Entry) bool { return e.Published.Equal(utc(t, "2026-03-28T00:00:00Z")) }},
		{"an excerpt", `<description>They came back&amp;hellip;</description>`, func(e Entry) bool { return e.HTML == "" && e.Summary == "They came back&hellip;" }},
		{"dots inside", `<description>Well ... they came back.</description>`, func(e Entry) bool { return e.HTML != "" && e.Summary == "" }},
		{"a language", `<dc:language>pt-BR</dc:language>`, func(e Entry) bool { return e.Language == "pt-BR" }},
		{"no language", `<dc:language>English (UK)</dc:language>`, func(e Entry) bool { return e.Language == "" }},
		{"no number", `<s:comments xmlns:s="http://purl.org/rss/1.0/modules/slash/">many</s:comments>`, func(e Entry) bool { return !e.Counted && e.CommentCount == 0 }},
		{"another prefix", `<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/"><![CDATA[<p>x</p>]]></c:encoded>`, func(e Entry) bool { return e.HTML == "<p>x</p>" }},
		{"pieces", `<description>a <![CDATA[<b>]]>b<![CDATA[</b>]]></description>`, func(e Entry) bool { return e.HTML == "a <b>b</b>" }},
		{"a section in a section", `<description><![CDATA[a]]>&lt;b><![CDATA[c]]></description>`, func(e Entry) bool { return e.HTML == "a<b>c" }},
		{"naked markup", `<description><p>a<br/>b</p></description>`, func(e Entry) bool { return e.HTML == "<p>a<br/>b</p>" }},
		{"xml:base", `<description xml:base="https://other.test/x/"><![CDATA[<a href="y">]]></description>`, func(e Entry) bool { return e.HTML == `<a href="https://other.test/x/y">` }},
	}
	for _, tt := range tests {
		if e := only(t, rssOf("<item><title>x</title>"+tt.item+"</item>")); !tt.is(e) {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}

func TestAtomAlternatives(t *testing.T) {
	tests := []struct {
		name, entry string
		is          func(Entry) bool
	}{
		{"the id as address", `<id>https://harbour.test/p</id>`, func(e Entry) bool { return e.URL == "https://harbour.test/p" }},
		{"plain text", `<content type="text">a &lt;b&gt;</content>`, func(e Entry) bool { return e.HTML == "<p>a &lt;b&gt;</p>" }},
		{"no type", `<summary>a &lt;b&gt;c&lt;/b&gt;</summary>`, func(e Entry) bool { return e.Summary == "a <b>c</b>" }},
		{"content elsewhere", `<content src="https://harbour.test/x" type="text/html"/><summary>s</summary>`, func(e Entry) bool { return e.HTML == "" && e.Summary == "s" }},
		{"authors", `<author><name>Ada</name><uri>a</uri></author><author><name>Bo</name></author>`, func(e Entry) bool { return e.Author == digest.Author{Name: "Ada, Bo"} }},
		{"the source's author", `<source><author><name>Cy</name></author></source>`, func(e Entry) bool { return e.Author.Name == "Cy" }},
		{"a mail address", `<author><name>Ada &lt;ada@harbour.test&gt;</name></author>`, func(e Entry) bool { return e.Author.Name == "Ada" }},
	}
	for _, tt := range tests {
		if e := only(t, atomOf("<entry><title>x</title>"+tt.entry+"</entry>")); !tt.is(e) {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
	for _, namespace := range []string{"http://purl.org/atom/ns#", "https://www.w3.org/2005/atom/", ""} {
		doc := strings.Replace(atomOf("<entry><title>x</title></entry>"), "http://www.w3.org/2005/Atom", namespace, 1)
		if e := only(t, doc); e.Title != "x" {
			t.Errorf("namespace %q: %+v", namespace, e)
		}
	}
	prefixed := `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>x</a:title><a:id>1</a:id></a:entry></a:feed>`
	if e := only(t, prefixed); e.Title != "x" || e.ID != "1" {
		t.Errorf("prefixed: %+v", e)
	}
}

func TestDates(t *testing.T) {
	tests := map[string]string{
		"Sat, 28 Mar 2026 08:30:00 +0100":         "2026-03-28T07:30:00Z",
		"Sat, 28 Mar 2026 08:30 GMT":              "2026-03-28T08:30:00Z",
		"28 March, 2026 08:30:00 PT":              "2026-03-28T16:30:00Z",
		"Thu, 30 Apr 2015 08:57:00 MET":           "2015-04-30T07:57:00Z",
		"Wed, 19 Aug 2009 18:28:00 Etc/GMT":       "2009-08-19T18:28:00Z",
		"Sat, 28 Mar 2026 08:30:00 XYZ":           "2026-03-28T08:30:00Z",
		"Wed, 19 Feb 2012 22:40:00 -01:01":        "2012-02-19T23:41:00Z",
		"2026-03-28T08:30:00.123+01:00":           "2026-03-28T07:30:00Z",
		"2026-03-28":                              "2026-03-28T00:00:00Z",
		"2026-03":                                 "2026-03-01T00:00:00Z",
		"2026":                                    "2026-01-01T00:00:00Z",
		"Sun Jul 15 01:16:00 +0000 2012":          "2012-07-15T01:16:00Z",
		"Tue, 12 May 1645 12:00:00 GMT":           "1645-05-12T12:00:00Z",
		"Fri, 01 Jan 2100 00:00:00 GMT":           "2100-01-01T00:00:00Z",
		"Mon, 01 Jan 0001 00:00:00 +0000":         "",
		"Thu, 01 Jan 1970 00:00:00 GMT":           "",
		"Fri, 31 Dec 9999 23:59:59 GMT":           "",
		"9999-12-31T23:59:59-99:99":               "",
		"Tue, 30 Feb 2026 10:00:00 GMT":           "",
		"Sat, 28 Mar 2026 25:00:00 GMT":           "",
		"Sat, 28 Mar 2026 08:30:00 +9900":         "",
		"Sun, 16 zzz 2012 11:47:32 GMT":           "",
		"yesterday":                               "",
		"":                                        "",
		", , ,":                                   "",
		strings.Repeat("1 Jan 2026 ", 1000):       "",
		"99999999999999999999 Jan 2026 00:00 Z":   "",
		"1 Jan -2026 00:00:00 Z":                  "",
		"2026-03-28T08:30:00+01:00 and then some": "",
	}
	for written, want := range tests {
		e := only(t, rssOf("<item><pubDate>"+written+"</pubDate></item>"))
		got := ""
		if !e.Published.IsZero() {
			got = e.Published.Truncate(time.Second).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", written, got, want)
		}
		if e.Published.Location() != time.UTC {
			t.Errorf("%q is in %v", written, e.Published.Location())
		}
	}
}
