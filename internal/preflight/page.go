package preflight

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is what the checks need of a mail's HTML.
type page struct {
	title  string
	text   string   // what is read, without styles
	links  []string // what can be clicked on or is loaded; each once, in order
	noAlt  []string // the addresses of images without an alt attribute
	values []string // of all attributes
}

// readPage parses as browsers do: there is no HTML that it refuses, only an
// abyss of nesting, of which nothing is read.
func readPage(source string) page {
	var p page
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return p
	}
	for n := range root.Descendants() {
		switch {
		case n.Type == html.ElementNode:
			p.element(n)
		case n.Type == html.TextNode && n.Parent.DataAtom == atom.Title:
			p.title += n.Data
		case n.Type == html.TextNode && n.Parent.DataAtom != atom.Style && n.Parent.DataAtom != atom.Script:
			p.text += n.Data + " "
		}
	}
	return p
}

func (p *page) element(n *html.Node) {
	alt, source := false, ""
	for _, a := range n.Attr {
		p.values = append(p.values, a.Val)
		alt = alt || a.Key == "alt"
		switch {
		case a.Key == "href" && (n.DataAtom == atom.A || n.DataAtom == atom.Area):
			p.link(a.Val)
		case a.Key == "src" && n.DataAtom == atom.Img:
			source = a.Val
			p.link(a.Val)
		}
	}
	if n.DataAtom == atom.Img && !alt {
		p.noAlt = append(p.noAlt, source)
	}
}

func (p *page) link(address string) {
	if address = strings.TrimSpace(address); !slices.Contains(p.links, address) {
		p.links = append(p.links, address)
	}
}

// letters is a text without all that wrapping, joining and escaping may change.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// hostOf is the host of an address in lower case; empty: it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// local says whether an address leads to the machine that it is read on.
func local(address string) bool {
	host := hostOf(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ours says whether a link leads to our own pages, with or without https. The
// sites that articles are from may be on the same host.
func ours(f Facts, link string) bool {
	_, base, _ := strings.Cut(f.PublicURL, "://")
	_, page, _ := strings.Cut(link, "://")
	return link == f.Unsubscribe || base != "" && (page == base || strings.HasPrefix(page, base+"/"))
}
