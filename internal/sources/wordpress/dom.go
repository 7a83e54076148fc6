package wordpress

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxNesting is how many elements may be open at once; what is deeper stands
// beside the deepest. It bounds every recursion over a tree.
const maxNesting = 256

// node is an element, or text where tag is empty. The standard's own parser is
// not used because it repairs misnested markup by copying: a page of 10 MiB can
// make it build a thousand times as much.
type node struct {
	tag  string // lower case
	attr []html.Attribute
	text string // not escaped
	raw  bool   // text that is markup for itself: script, noscript, iframe …
	kids []*node
}

// parse reads markup into a tree whose size is in proportion to it. It never fails.
func parse(markup string) *node {
	root := &node{}
	b := treeBuilder{open: []*node{root}}
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return root
		case html.TextToken:
			b.add(&node{text: string(z.Text()), raw: rawText(b.top().tag)})
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		}
	}
}

// treeBuilder keeps what is open. It repairs nothing that readers would not notice.
type treeBuilder struct {
	open []*node // the root first
}

func (b *treeBuilder) top() *node { return b.open[len(b.open)-1] }

func (b *treeBuilder) add(n *node) {
	t := b.top()
	t.kids = append(t.kids, n)
}

// start opens an element. A slash at the end of a tag means nothing in HTML, but
// authors of custom elements rely on it.
func (b *treeBuilder) start(t html.Token) {
	b.imply(t.Data)
	n := &node{tag: t.Data, attr: t.Attr}
	b.add(n)
	foreign := t.Type == html.SelfClosingTagToken && !rawText(t.Data) && t.DataAtom == 0
	if !void(t.DataAtom) && !foreign && (len(b.open) < maxNesting || rawText(t.Data)) {
		b.open = append(b.open, n)
	}
}

// imply closes what the start of tag closes: a paragraph before any block, a list item before the next.
func (b *treeBuilder) imply(tag string) {
	switch open := b.top().tag; {
	case open == "p" && endsParagraph[tag], open == tag && (tag == "li" || tag == "option"),
		(open == "dt" || open == "dd") && (tag == "dt" || tag == "dd"):
		b.open = b.open[:len(b.open)-1]
	}
}

// end closes the innermost open element of that name with all inside it. An
// end without a start is nothing.
func (b *treeBuilder) end(tag string) {
	for i := len(b.open) - 1; i > 0; i-- {
		if b.open[i].tag == tag {
			b.open = b.open[:i]
			return
		}
	}
}

// endsParagraph are the elements that cannot stand in a paragraph (HTML, section 4.4.1).
var endsParagraph = map[string]bool{
	"p": true, "div": true, "ul": true, "ol": true, "pre": true, "blockquote": true, "table": true, "figure": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "hr": true, "section": true, "article": true,
	"form": true, "dl": true, "aside": true, "header": true, "footer": true, "address": true,
}

// void elements have no end tag (HTML, section 13.1.2).
func void(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input,
		atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// rawText says whether the tokenizer passes what stands in an element as it is.
func rawText(tag string) bool {
	switch tag {
	case "script", "style", "iframe", "noembed", "noframes", "noscript", "xmp", "plaintext":
		return true
	}
	return false
}

// get is an attribute's value; empty, too, where there is none.
func (n *node) get(key string) string {
	for _, a := range n.attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (n *node) set(key, value string) {
	for i, a := range n.attr {
		if a.Key == key {
			n.attr[i].Val = value
			return
		}
	}
	n.attr = append(n.attr, html.Attribute{Key: key, Val: value})
}

func (n *node) drop(keys ...string) {
	n.attr = slices.DeleteFunc(n.attr, func(a html.Attribute) bool { return slices.Contains(keys, a.Key) })
}

// hasClass says whether one of the element's classes satisfies f.
func (n *node) hasClass(f func(string) bool) bool {
	return slices.ContainsFunc(strings.Fields(n.get("class")), f)
}

func (n *node) is(class string) bool {
	return n.hasClass(func(c string) bool { return c == class })
}

// words is the text of n without markup, its blanks as they stand.
func (n *node) words() string {
	var b strings.Builder
	n.walk(func(n *node) bool {
		if n.tag == "" && !n.raw {
			b.WriteString(n.text)
		}
		return true
	})
	return b.String()
}

// walk passes n and what is in it, in order; below an element only where f says so.
func (n *node) walk(f func(*node) bool) {
	if f(n) {
		for _, k := range n.kids {
			k.walk(f)
		}
	}
}

// find is the first element in n for which f holds, or nil.
func (n *node) find(f func(*node) bool) *node {
	var found *node
	n.walk(func(n *node) bool {
		if found == nil && n.tag != "" && f(n) {
			found = n
		}
		return found == nil
	})
	return found
}

// inner is the markup of what is in n.
func (n *node) inner() string {
	var b strings.Builder
	for _, k := range n.kids {
		k.write(&b)
	}
	return b.String()
}

// write is the reverse of parse. A node without a tag is text, or a group that has
// taken the place of one.
func (n *node) write(b *strings.Builder) {
	if n.tag == "" {
		if n.raw {
			b.WriteString(n.text)
		} else {
			b.WriteString(html.EscapeString(n.text))
		}
		for _, k := range n.kids { // a group
			k.write(b)
		}
		return
	}
	b.WriteString("<" + n.tag)
	for _, a := range n.attr {
		b.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
	}
	b.WriteByte('>')
	if void(atom.Lookup([]byte(n.tag))) {
		return
	}
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.tag + ">")
}

// element makes an element with one attribute around text.
func element(tag, key, value, text string) *node {
	return &node{tag: tag, attr: []html.Attribute{{Key: key, Val: value}}, kids: []*node{{text: text}}}
}

// link is a link as a paragraph of its own would hold it.
func link(address, words string) *node { return element("a", "href", address, words) }
