package feeds

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// home is where the documents of the tests come from.
var home = &url.URL{Scheme: "https", Host: "harbour.test", Path: "/feed/"}

// rssOf and atomOf are feeds around what stands in them.
func rssOf(items string) string {
	return `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>` + items + `</channel></rss>`
}

func atomOf(entries string) string {
	return `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>` + entries + `</feed>`
}

// parsed reads a document and fails the test on an error.
func parsed(t *testing.T, doc string) Feed {
	t.Helper()
	f, err := Parse([]byte(doc), home, "")
	if err != nil {
		t.Fatalf("%v in %.200q", err, doc)
	}
	return f
}

// only is the one entry of a document.
func only(t *testing.T, doc string) Entry {
	t.Helper()
	f := parsed(t, doc)
	if len(f.Entries) != 1 {
		t.Fatalf("%d entries in %.200q", len(f.Entries), doc)
	}
	return f.Entries[0]
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func utc(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// titles are those of all entries.
func titles(f Feed) string {
	var all []string
	for _, e := range f.Entries {
		all = append(all, e.Title)
	}
	return strings.Join(all, "|")
}
