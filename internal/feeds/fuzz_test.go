package feeds

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever is read: no panic; texts are valid UTF-8 without NUL; addresses are
// absolute; ids are there and unique; and the answer is not much larger than
// the document.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"wordpress.xml", "atom.xml", "rdf.xml", "feed.json"} {
		f.Add(file(f, name), "text/xml")
	}
	f.Add([]byte("<rss><channel><item><title a='>x</b>&#0;</item><item/><a></rss>"), "text/xml; charset=koi8-r")
	f.Add([]byte("\xFF\xFE<\x00r\x00s\x00s\x00>\x00"), "")
	f.Add([]byte(`{"items":[{"id":1,"authors":{}},0,{"id":1}`), "")
	f.Fuzz(func(t *testing.T, doc []byte, contentType string) {
		before := string(doc)
		feed, err := Parse(doc, home, contentType)
		if string(doc) != before {
			t.Fatal("the document was changed")
		}
		if err != nil {
			return
		}
		size := 0
		sound := func(texts ...string) {
			for _, s := range texts {
				size += len(s)
				if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
					t.Fatalf("text %q", s)
				}
			}
		}
		absolute := func(addresses ...string) {
			sound(addresses...)
			for _, s := range addresses {
				if s != "" && (!strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") || len(s) > maxAddress) {
					t.Fatalf("address %q", s)
				}
			}
		}
		sound(feed.Title, feed.Language)
		sound(feed.Warnings...)
		absolute(feed.Home, feed.Self, feed.Next)
		ids := map[string]bool{}
		for _, e := range feed.Entries {
			if e.ID == "" || len(e.ID) > maxID || ids[e.ID] {
				t.Fatalf("id %q", e.ID)
			}
			ids[e.ID] = true
			sound(e.ID, e.Title, e.HTML, e.Summary, e.Author.Name, e.Language, e.ReplyTo)
			absolute(e.URL, e.Author.URL, e.Original, e.CommentsURL, e.CommentFeed)
			if len(e.Title) > maxTitle || len(e.Author.Name) > maxName || e.CommentCount < 0 {
				t.Fatalf("unbounded: %+v", e)
			}
		}
		if limit := 16*len(doc) + (len(feed.Entries)+1)*(64<<10+8*maxAddress); size > limit {
			t.Fatalf("%d bytes became %d", len(doc), size)
		}
	})
}
