package sources

import (
	"bytes"
	"io"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/language"

	"digest.example/internal/sanitize"
)

// maxPage is how much of a page is read, in bytes. What it says of itself
// stands at its beginning.
const maxPage = 1 << 20

// page is what an HTML page says of its site.
type page struct {
	at              *url.URL // where it was found
	base            *url.URL // what its addresses are relative to
	title, language string
	siteName        string
	api, feeds      []*url.URL
	wordpress       bool     // it says that it is one
	folders         []string // paths at its host where it looks as if one lived
	inBody          bool
}

// isPage says whether a document claims to be HTML in its first words.
func isPage(body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 1024)])
	return bytes.Contains(head, []byte("<!doctype html")) || bytes.Contains(head, []byte("<html"))
}

// readPage reads a page, and the header that it came with. It takes time in
// proportion to the page, of which it reads the first MiB.
func readPage(doc document) page {
	p := page{at: doc.at, base: doc.at}
	for _, l := range readLinks(doc.header.Values("Link")) {
		p.link(l)
	}
	var r io.Reader = bytes.NewReader(doc.body[:min(len(doc.body), maxPage)])
	if utf8, err := charset.NewReader(r, doc.header.Get("Content-Type")); err == nil {
		r = utf8
	}
	z := html.NewTokenizer(r)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p.finish()
		case html.StartTagToken, html.SelfClosingTagToken:
			p.tag(z, z.Token())
		}
	}
}

func (p *page) finish() page {
	if p.siteName != "" {
		p.title = p.siteName
	}
	return *p
}

// tag takes from one element what it tells. What stands in the body may come
// from anybody, and counts as a hint only.
func (p *page) tag(z *html.Tokenizer, t html.Token) {
	a := attributes(t)
	p.hint(a["src"])
	p.hint(a["href"])
	if p.inBody {
		return
	}
	switch t.Data {
	case "body":
		p.inBody = true
	case "html":
		p.language = languageTag(a["lang"])
	case "base":
		if u, err := p.at.Parse(a["href"]); err == nil && a["href"] != "" {
			p.base = u
		}
	case "title":
		if z.Next() == html.TextToken && p.title == "" {
			p.title = sanitize.Line(z.Token().Data)
		}
	case "meta":
		p.meta(a)
	case "link":
		p.link(link{target: a["href"], rel: strings.ToLower(a["rel"]), kind: a["type"], title: a["title"]})
	}
}

func (p *page) meta(a map[string]string) {
	switch {
	case strings.EqualFold(a["name"], "generator") && strings.HasPrefix(a["content"], "WordPress"):
		p.wordpress = true
	case a["property"] == "og:site_name":
		p.siteName = sanitize.Line(a["content"])
	}
}

// hint looks whether an address shows that the page was made by WordPress. It is
// no proof: sites that moved away from it keep the addresses of their pictures.
func (p *page) hint(address string) {
	for _, mark := range []string{"/wp-content/", "/wp-includes/", "/wp-json/"} {
		if !strings.Contains(address, mark) {
			continue
		}
		u, err := p.base.Parse(address)
		if err != nil || !strings.EqualFold(u.Hostname(), p.at.Hostname()) {
			continue
		}
		before, _, found := strings.Cut(u.Path, mark)
		if path := folder(before); found && len(p.folders) < 2 && !slices.Contains(p.folders, path) {
			p.folders = append(p.folders, path)
		}
	}
}

// link takes a link of the header or of the page.
func (p *page) link(l link) {
	u, err := p.base.Parse(strings.TrimSpace(l.target))
	if err != nil || l.target == "" || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(u.String()) > sanitize.MaxAddress {
		return
	}
	u.Fragment = ""
	switch {
	case l.has(relAPI):
		p.wordpress = true
		p.api = add(p.api, apiRoot(p.at, u))
	case l.isFeed(u):
		p.feeds = add(p.feeds, secured(u, p.at))
	}
}

// add keeps each address once, and not more than can be of use.
func add(all []*url.URL, u *url.URL) []*url.URL {
	same := func(other *url.URL) bool { return other.String() == u.String() }
	if len(all) >= maxDeclared || slices.ContainsFunc(all, same) {
		return all
	}
	return append(all, u)
}

// secured is the address of something at the page's own host under the page's
// scheme: behind a proxy, sites often do not know that they are reached by https.
func secured(u, at *url.URL) *url.URL {
	if strings.EqualFold(u.Host, at.Host) {
		u.Scheme = at.Scheme
	}
	return u
}

func attributes(t html.Token) map[string]string {
	a := make(map[string]string, len(t.Attr))
	for _, one := range t.Attr {
		if _, twice := a[one.Key]; !twice { // the first counts, as in browsers
			a[one.Key] = one.Val
		}
	}
	return a
}

// languageTag is a BCP 47 tag in its usual spelling, or empty.
func languageTag(s string) string {
	tag, err := language.Parse(strings.ReplaceAll(strings.TrimSpace(s), "_", "-"))
	if err != nil || tag == language.Und {
		return ""
	}
	return tag.String()
}
