package sanitize

import (
	"html"
	"html/template"
	"strings"
)

// Attributes are what to write into a start tag, by element name ("p",
// "a", "code", "pre", "blockquote", "ul", "ol", "li"), such as a class and a style.
// They come from the program, never from outside.
type Attributes map[string]template.HTMLAttr

// HTML writes the Doc with the given attributes on its elements. All text is
// escaped here, once; no element or attribute comes from the source.
func (d Doc) HTML(attrs Attributes) template.HTML {
	w := writer{attrs: attrs}
	for _, b := range d.Blocks {
		w.block(b)
	}
	w.closeList()
	w.quoteTo(0)
	return template.HTML(w.out.String()) // safe: built from escaped text and our own tags only
}

type writer struct {
	out   strings.Builder
	attrs Attributes
	quote int
	list  int    // of the list that is open; 0: none
	tag   string // ul or ol
	item  bool   // an <li> is open
}

func (w *writer) tagOpen(name, more string) {
	w.out.WriteString("<" + name)
	w.attributes(name)
	w.out.WriteString(more + ">")
}

func (w *writer) attributes(name string) {
	if a := w.attrs[name]; a != "" {
		w.out.WriteString(" " + string(a))
	}
}

func (w *writer) tagClose(name string) { w.out.WriteString("</" + name + ">") }

func (w *writer) block(b Block) {
	if b.List == 0 || b.List != w.list || b.Quote != w.quote {
		w.closeList()
	}
	w.quoteTo(b.Quote)
	switch b.Kind {
	case Item:
		w.itemBlock(b)
	case Pre:
		w.pre(b)
	default:
		w.tagOpen("p", "")
		w.runs(b.Runs)
		w.tagClose("p")
	}
}

// pre writes preformatted text as a paragraph of code that can wrap. A <pre>
// needs white-space:pre-wrap for that, which some mail programs drop, and then
// one long line makes the whole mail scroll sideways.
func (w *writer) pre(b Block) {
	w.out.WriteString("<p")
	w.attributes("pre")
	w.out.WriteString(">")
	for _, r := range b.Runs {
		r.Code = true
		r.Text = keepBlanks(r.Text)
		w.runs([]Run{r})
	}
	w.tagClose("p")
}

// keepBlanks turns the blanks that HTML would run together or drop into ones
// that it keeps, but for those at line ends, which nobody sees.
func keepBlanks(s string) string {
	const kept = "\u00a0"
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if i < len(lines)-1 {
			l = strings.TrimRight(l, " ")
		} else if rest, ok := strings.CutSuffix(l, " "); ok { // a link may follow
			l = rest + kept
		}
		if rest, ok := strings.CutPrefix(l, " "); ok {
			l = kept + rest
		}
		lines[i] = strings.ReplaceAll(l, "  ", kept+kept)
	}
	return strings.Join(lines, "\n")
}

// itemBlock writes an item. Inner lists are drawn as further items: a phone has
// no room for indentation.
func (w *writer) itemBlock(b Block) {
	if w.list == 0 {
		w.list, w.tag = b.List, "ul"
		start := ""
		if n, ok := strings.CutSuffix(b.Marker, ". "); ok {
			w.tag = "ol"
			if n != "1" {
				start = ` start="` + n + `"`
			}
		}
		w.tagOpen(w.tag, start)
	}
	if w.item && b.Marker == "" {
		w.out.WriteString("<br>")
	} else {
		if w.item {
			w.tagClose("li")
		}
		w.tagOpen("li", "")
		w.item = true
	}
	w.runs(b.Runs)
}

func (w *writer) closeList() {
	if w.item {
		w.tagClose("li")
	}
	if w.list != 0 {
		w.tagClose(w.tag)
	}
	w.list, w.item = 0, false
}

func (w *writer) quoteTo(n int) {
	for ; w.quote < n; w.quote++ {
		w.tagOpen("blockquote", "")
	}
	for ; w.quote > n; w.quote-- {
		w.tagClose("blockquote")
	}
}

func (w *writer) runs(runs []Run) {
	for _, r := range runs {
		names := styles(r)
		if r.Href != "" {
			w.tagOpen("a", ` href="`+html.EscapeString(r.Href)+`"`)
		}
		for _, n := range names {
			w.tagOpen(n, "")
		}
		w.out.WriteString(strings.ReplaceAll(html.EscapeString(r.Text), "\n", "<br>"))
		for i := len(names) - 1; i >= 0; i-- {
			w.tagClose(names[i])
		}
		if r.Href != "" {
			w.tagClose("a")
		}
	}
}

func styles(r Run) []string {
	var names []string
	if r.Strong {
		names = append(names, "strong")
	}
	if r.Em {
		names = append(names, "em")
	}
	if r.Code {
		names = append(names, "code")
	}
	return names
}
