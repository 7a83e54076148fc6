package feeds

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"
)

// dialects are documents in which gofeed finds all that there is.
func dialects(t *testing.T) map[string]string {
	item := `<title>Herons &amp; tides</title><link>https://harbour.test/h</link>`
	return map[string]string{
		"wordpress.xml": string(file(t, "wordpress.xml")),
		"rdf.xml":       string(file(t, "rdf.xml")),
		"generated":     string(generated(20, false)),
		"comments":      string(generated(20, true)),
		"RSS 0.91":      `<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://harbour.test/rss.dtd"><rss version="0.91"><channel><item>` + item + `</item></channel></rss>`,
		"RSS 0.90":      `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>T</title></channel><item>` + item + `</item></rdf:RDF>`,
		"namespaced":    `<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel><item>` + item + `<pubDate>Sat, 28 Mar 2026 08:30:00 GMT</pubDate></item></channel></rss>`,
		"Atom 0.3":      `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Herons</title><link rel="alternate" href="https://harbour.test/h"/><issued>2026-03-28T08:30:00Z</issued><modified>2026-03-29T08:30:00Z</modified><content mode="escaped">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>`,
		"Atom 1.0":      atomOf(`<entry><id>1</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Herons</div></title><link href="https://harbour.test/h"/><updated>2026-03-28T08:30:00Z</updated><summary>s</summary></entry>`),
		"JSON 1.0":      `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","url":"https://harbour.test/h","title":"Herons","content_text":"x","date_published":"2026-03-28T08:30:00Z","author":{"name":"Ada"}}]}`,
	}
}

// Whatever gofeed finds by itself must not be lost on the way round it.
func TestNoWorseThanGofeed(t *testing.T) {
	for name, doc := range dialects(t) {
		bare, err := gofeed.NewParser().ParseString(doc)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f := parsed(t, doc)
		if len(f.Entries) != len(bare.Items) || len(f.Entries) == 0 {
			t.Fatalf("%s: %d entries, gofeed finds %d", name, len(f.Entries), len(bare.Items))
		}
		if f.Title != plain(bare.Title, true, maxTitle) {
			t.Errorf("%s: %q", name, f.Title)
		}
		for i, want := range bare.Items {
			got := f.Entries[i]
			if got.Title != plain(want.Title, true, maxTitle) {
				t.Errorf("%s: title %q, gofeed %q", name, got.Title, want.Title)
			}
			if want.Link != "" && got.URL != want.Link {
				t.Errorf("%s: address %q, gofeed %q", name, got.URL, want.Link)
			}
			if want.GUID != "" && got.ID != want.GUID {
				t.Errorf("%s: id %q, gofeed %q", name, got.ID, want.GUID)
			}
			if want.PublishedParsed != nil && !got.Published.Equal(*want.PublishedParsed) {
				t.Errorf("%s: date %v, gofeed %v", name, got.Published, want.PublishedParsed)
			}
			if want.UpdatedParsed != nil && !got.Updated.Equal(*want.UpdatedParsed) {
				t.Errorf("%s: update %v, gofeed %v", name, got.Updated, want.UpdatedParsed)
			}
			if want.Content+want.Description != "" && got.HTML+got.Summary == "" {
				t.Errorf("%s: no text, gofeed %q", name, want.Content+want.Description)
			}
		}
	}
}

// It panics at a list of authors that holds null.
func TestGofeedPanics(t *testing.T) {
	doc := `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","authors":[null]},{"id":"2"}],"authors":[null]}`
	if f := parsed(t, doc); len(f.Entries) != 2 {
		t.Errorf("%+v", f)
	}
}

// Reading takes memory in proportion to the document, whatever it is made of.
// Each document has about a megabyte; what real feeds allocate is some 20 times
// their size.
func TestCost(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, 1<<20/len(s)) }
	item := func(s string) string { return rssOf("<item>" + s + "</item>") }
	for name, doc := range map[string]string{
		"real":                string(generated(100, false)),
		"depth":               "<rss>" + fill("<a>"),
		"depth in a text":     item("<description>" + fill("<a>") + "</description>"),
		"comments":            item("<description>" + fill("a<!---->") + "</description>"),
		"sections":            item("<dc:creator>" + fill("x<![CDATA[]]>") + "</dc:creator>"),
		"ampersands":          item("<description>" + fill("&") + "</description>"),
		"entities":            item("<title>" + fill("&amp;amp;") + "</title>"),
		"lone <":              item("<description>" + fill("<") + "</description>"),
		"open quotes":         rssOf(fill("<a b='")),
		"ends":                item("<description>" + fill("</a>") + "</description>"),
		"base addresses":      rssOf("<item " + fill("xml:base='b' ") + "/>"),
		"forbidden":           item("<description>" + fill("&#1;\x01") + "</description>"),
		"titles":              item(fill("<title>x</title>")),
		"relative addresses":  item("<description><![CDATA[" + fill("<a href=a>") + "]]></description>"),
		"many sizes":          item("<description><![CDATA[<img srcset='" + fill("a, ") + "'>]]></description>"),
		"document type":       "<!DOCTYPE rss [" + fill("<!ENTITY a 'b'>") + "]>" + rssOf("<item/>"),
		"JSON, nested":        `{"version":` + fill("[") + fill("]") + `,"items":[]}`,
		"JSON, wrong members": `{"items":[{"id":{}` + fill(`,"authors":1`) + `}]}`,
		"JSON, many members":  `{"items":[{"id":{}` + fill(`,"title":[]`) + `}]}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse([]byte(doc), home, "")
		runtime.ReadMemStats(&after)
		if spent := int(after.TotalAlloc - before.TotalAlloc); spent > 250*len(doc) {
			t.Errorf("%s: %d MB for a document of %d kB (%v)", name, spent>>20, len(doc)>>10, err)
		}
	}
}

// Every entry is read though a batch is full in the middle of them.
func TestBatches(t *testing.T) {
	var items, want strings.Builder
	for i := range 3*batchEntries + 7 {
		fmt.Fprintf(&items, "<item><guid>%d</guid><title>%d</title></item>", i, i)
		fmt.Fprintf(&want, "%d|", i)
	}
	if got := titles(parsed(t, rssOf(items.String()))) + "|"; got != want.String() {
		t.Errorf("%.200s", got)
	}
	big := bytes.Repeat([]byte("x"), batchBytes/3)
	f := parsed(t, rssOf(strings.Repeat("<item><description>"+string(big)+"</description></item><item><title>small</title></item>", 9)))
	if len(f.Entries) != 2 || len(f.Entries[0].HTML) != len(big) {
		t.Errorf("%d entries", len(f.Entries))
	}
}
