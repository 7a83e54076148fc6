package feeds

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestNoFeed(t *testing.T) {
	for doc, words := range map[string]string{
		"":             "empty",
		" \n\uFEFF ":   "empty",
		"Not found":    "neither XML nor",
		"null":         "neither XML nor",
		"[]":           "neither XML nor",
		"{}":           "JSON of another kind",
		`{"items":{}}`: "JSON of another kind",
		`{"version":"https://jsonfeed.org/version/1.1","items":{"id":1}}`: "without a list of items",
		`{"items":[{"id":1`: "cut off before its first entry",
		`{"items":[`:        "cut off before its first entry",
		"<!doctype html><html><head><title>x</title></head><body>Log in</body></html>": "HTML page",
		"<body>":                              "HTML page",
		"<opml version='2.0'><body/></opml>":  `first element is "opml"`,
		"<!-- nothing":                        "no elements",
		"a < b":                               "no elements",
		"<rss><channel><item><title>x</titl":  "cut off before its first entry",
		"<rss " + strings.Repeat("a", maxTag): "no elements",
		"<rss x='" + strings.Repeat("a", maxTag) + "'/>":                       "a tag of",
		"<rss" + strings.Repeat(" xmlns:a='b'", maxBindings+1) + "><channel/>": "a tag of",
	} {
		_, err := Parse([]byte(doc), home, "")
		if !errors.Is(err, ErrNoFeed) || !strings.Contains(fmt.Sprint(err), words) {
			t.Errorf("%.80q: %v, want %q", doc, err, words)
		}
	}
}

// What gofeed gives up on.
func TestRepairs(t *testing.T) {
	item := func(s string) string { return "<item><title>" + s + "</title></item>" }
	tests := []struct{ name, doc, want string }{
		{"blanks first", " \n\t" + rssOf(item("a")), "a"},
		{"a complaint first", "<br />\n<b>Warning</b>: mkdir() in <b>x.php</b>" + rssOf(item("a")), "a"},
		{"junk behind", rssOf(item("a")) + "</div><script>x", "a"},
		{"a stray end", rssOf(item("a") + "</p>" + "<item></br><title>b</i></title></item>"), "a|b"},
		{"a lone <", rssOf(item("1 < 2") + item("a <3 b")), "1 < 2|a <3 b"},
		{"the end of a section", rssOf(item("a ]]> b") + item("c")), "a ]]> b|c"},
		{"unclosed elements", rssOf("<item><title>a</item><item><title>b</title><item><title>c</title></item>"), "a|b|c"},
		{"unclosed markup", rssOf("<item><description><p>x<br><b>y</description><title>a</title></item>"), "a"},
		{"one broken of four", rssOf(item("a") + item("<:x:y:>") + item("c") + item("d")), "a|c|d"},
		{"an unknown entity", rssOf(item("a &nbsp;&eacute; &nosuch; & b")), "a é &nosuch; & b"},
		{"a bare attribute", rssOf("<item async x=y><title>a</title></item>"), "a"},
		{"an apostrophe in a tag", rssOf(item("a <b it's>c</b>") + item("d")), "d"},
		{"items beside the channel", "<rss><channel><title>T</title></channel>" + item("a") + "</rss>", "a"},
		{"no channel", "<rss>" + item("a") + "</rss>", "a"},
		{"two channels", "<rss><channel>" + item("a") + "</channel><channel>" + item("b") + "</channel></rss>", "a|b"},
		{"an empty item", rssOf("<item/>" + item("a")), "|a"},
		{"entities of its own", `<!DOCTYPE rss [<!ENTITY x "y"><!ENTITY z SYSTEM "file:///etc/passwd">]>` + rssOf(item("a &x; &z;")), "a &x; &z;"},
		{"upper case", "<RSS><Channel><Item><Title>a</Title></Item></Channel></RSS>", "a"},
	}
	for _, tt := range tests {
		f, err := Parse([]byte(tt.doc), home, "")
		if err != nil || titles(f) != tt.want {
			t.Errorf("%s: %q, %v", tt.name, titles(f), err)
		}
	}
}

// Wherever a document is cut, the entries before are read, and the operator
// hears of it.
func TestTruncated(t *testing.T) {
	for name, end := range map[string]string{"wordpress.xml": "</channel>", "atom.xml": "</feed>", "feed.json": "]}"} {
		doc := string(file(t, name))
		whole := len(parsed(t, doc).Entries)
		last := strings.LastIndex(doc, end)
		before := 0
		for i := range last {
			f, err := Parse([]byte(doc[:i]), home, "")
			if err != nil {
				if !errors.Is(err, ErrNoFeed) || before > 0 {
					t.Fatalf("%s cut at %d: %v", name, i, err)
				}
				continue
			}
			if n := len(f.Entries); n < before || n > whole {
				t.Fatalf("%s cut at %d: %d entries, %d before", name, i, n, before)
			}
			before = len(f.Entries)
			if !strings.Contains(strings.Join(f.Warnings, " "), "cut off after") {
				t.Fatalf("%s cut at %d: warnings %q", name, i, f.Warnings)
			}
		}
		if before != whole {
			t.Errorf("%s: %d of %d entries", name, before, whole)
		}
	}
}

// Documents that are made to be expensive lose the parts that are.
func TestLimits(t *testing.T) {
	const good = "<item><title>good</title></item>"
	nest := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " xmlns:n%d='u%d'", i, i)
		}
		return b.String()
	}
	tests := []struct {
		name, item string
		left       bool
	}{
		{"a long text", "<description>" + strings.Repeat("x", maxText) + "</description>", true},
		{"a long section", "<description><![CDATA[" + strings.Repeat("x", maxText) + "]]></description>", true},
		{"almost too long", "<description>" + strings.Repeat("x", maxText/2) + "</description>", false},
		{"deep", "<description>" + nest(maxDepth) + "</description>", true},
		{"deep in an extension", "<dc:creator>" + nest(100_000) + "</dc:creator>", true},
		{"deep, but unread", "<media>" + nest(100_000) + "</media>", false},
		{"not so deep", "<description>" + nest(maxDepth-1) + "</description>", false},
		{"many namespaces", "<dc:creator><a" + names(maxBindings) + "/></dc:creator>", true},
		{"a giant tag", "<link x='" + strings.Repeat("y", maxTag) + "'/>", true},
		{"many pieces", strings.Repeat("<dc:creator>"+strings.Repeat("x<![CDATA[]]>", 60_000)+"</dc:creator>", 2), true},
		{"many elements", "<dc:creator>" + strings.Repeat("<a/>", 1_000_000) + "</dc:creator>", true},
	}
	for _, tt := range tests {
		f := parsed(t, rssOf(good+"<item><title>odd</title>"+tt.item+"</item>"+good))
		if !strings.HasSuffix(strings.TrimRight(titles(f), "|"), "odd") { // the good ones have the same id
			t.Errorf("%s: %q", tt.name, titles(f))
		}
		if told := strings.Contains(strings.Join(f.Warnings, " "), "larger or more deeply nested"); told != tt.left {
			t.Errorf("%s: %.200q", tt.name, f.Warnings)
		}
	}
	if got := titles(parsed(t, rssOf("<item x='"+strings.Repeat("y", maxTag)+"'><title>monster</title></item>"+good))); got != "good" {
		t.Errorf("a monstrous entry: %q", got)
	}
}

// Of very many entries the newest are read, those without a date among them.
func TestManyEntries(t *testing.T) {
	var xml, json strings.Builder
	json.WriteString(`{"items":[{"id":"undated"}`)
	xml.WriteString("<item><guid>undated</guid></item>")
	for i := range 3 * maxEntries {
		year := 1500 + i%400
		fmt.Fprintf(&xml, "<item><guid>%d</guid><pubDate>1 Jan %d 00:00:00 Z</pubDate></item>", i, year)
		fmt.Fprintf(&json, `,{"id":%d,"date_published":"%d-01-01T00:00:00Z"}`, i, year)
	}
	for _, doc := range []string{rssOf(xml.String()), json.String() + "]}"} {
		f := parsed(t, doc)
		if len(f.Entries) != maxEntries || f.Entries[0].ID != "undated" || f.Entries[1].Published.Year() < 1700 {
			t.Errorf("%d entries, the first %v", len(f.Entries), f.Entries[:2])
		}
		if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "only the newest 1000 were read") {
			t.Errorf("warnings %q", f.Warnings)
		}
	}
	for _, doc := range []string{rssOf(strings.Repeat("<item/>", maxRead+500)), `{"items":[` + strings.Repeat("{},", maxRead+500) + `{}]}`} {
		f := parsed(t, doc)
		if text := strings.Join(f.Warnings, " "); !strings.Contains(text, fmt.Sprint("the feed has ", maxRead)) || strings.Contains(text, "cut off") {
			t.Errorf("warnings %q", f.Warnings)
		}
	}
}

func TestJSONTolerance(t *testing.T) {
	tests := []struct{ name, item, want string }{
		{"numbers", `{"id":9007199254740993}`, "9007199254740993"},
		{"a fraction", `{"id":2.5}`, "2.5"},
		{"wrong types", `{"id":"1","title":5,"url":[],"content_html":{},"authors":"Ada","author":[1],"date_published":7}`, "1"},
		{"an author for authors", `{"id":"1","authors":{"name":"Ada"}}`, "1 by Ada"},
		{"null authors", `{"id":"1","authors":[null,{"name":"Ada"}]}`, "1 by Ada"},
		{"control characters", "{\"id\":\"1\",\"content_text\":\"a\tb\nc\x01\\u0000\"}", "1"},
		{"broken surrogates", `{"id":"1\ud800"}`, "1�"},
	}
	for _, tt := range tests {
		e := only(t, `{"items":[`+tt.item+`]}`)
		got := e.ID
		if e.Author.Name != "" {
			got += " by " + e.Author.Name
		}
		if got != tt.want || strings.Contains(e.HTML, "\x00") {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
	f := parsed(t, `{"title":["x"],"items":[{"id":"1"}],"home_page_url":"/","title":"y"}`)
	if f.Title != "y" || f.Home != "https://harbour.test/" {
		t.Errorf("%+v", f)
	}
}
