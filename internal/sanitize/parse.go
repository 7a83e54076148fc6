package sanitize

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Depths beyond these are drawn as these: a mail has no room for more, and a
// stranger must not be able to indent their words off the page.
const (
	maxQuote = 2
	maxDepth = 3
)

// Parse reads untrusted markup. Relative links are resolved against base, which
// may be nil; then they keep their words only. It never fails: broken markup
// reads as well as it can, and takes time linear in its length, however deep
// it is nested.
func Parse(untrusted string, base *url.URL) Doc {
	untrusted = strings.ToValidUTF8(untrusted, "\uFFFD")
	b := builder{base: base}
	if b.simple(untrusted) {
		return Doc{Blocks: b.blocks}
	}
	return parseAny(untrusted, base)
}

// parseAny reads markup of any kind.
func parseAny(untrusted string, base *url.URL) Doc {
	clean := policy.Sanitize(untrusted)
	b := builder{base: base}
	z := html.NewTokenizer(strings.NewReader(clean))
	for {
		switch z.Next() {
		case html.ErrorToken:
			b.flush()
			return Doc{Blocks: b.blocks}
		case html.TextToken:
			b.text(string(z.Text()))
		case html.StartTagToken:
			b.open(z.Token())
		case html.SelfClosingTagToken:
			b.open(z.Token())
		case html.EndTagToken:
			b.close(z.Token().DataAtom)
		}
	}
}

// list is one list that is open.
type list struct {
	ordered bool
	next    int
}

// builder keeps what is open while the tokens pass. Counters instead of a tree:
// an end tag without a start, or the reverse, changes a number and no more.
type builder struct {
	base   *url.URL
	blocks []Block

	quote, pre, strong, em, code, heading int
	lists                                 []list
	top                                   int // outermost lists seen so far
	href                                  string

	runs   []Run
	cur    Run    // the style of buf
	buf    []byte // the text of the run that is being gathered
	last   byte   // the last one written to the block; 0: none yet
	marker string
	space  bool // a blank is owed before the next word
}

func (b *builder) open(t html.Token) {
	switch t.DataAtom {
	case atom.Em, atom.I:
		b.em++
	case atom.Strong, atom.B:
		b.strong++
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		b.code++
	case atom.A:
		b.href = b.address(t)
	case atom.Br:
		b.newline()
	case atom.Td, atom.Th:
		b.space = true
	default:
		b.flush()
		b.openBlock(t.DataAtom)
	}
}

func (b *builder) openBlock(a atom.Atom) {
	switch a {
	case atom.Blockquote:
		b.quote++
	case atom.Pre:
		b.pre++
	case atom.Ul, atom.Ol:
		if len(b.lists) == 0 {
			b.top++
		}
		b.lists = append(b.lists, list{ordered: a == atom.Ol, next: 1})
	case atom.Li:
		b.marker = b.itemMarker()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		b.heading++
	}
}

func (b *builder) close(a atom.Atom) {
	switch a {
	case atom.Em, atom.I:
		b.em = max(0, b.em-1)
	case atom.Strong, atom.B:
		b.strong = max(0, b.strong-1)
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		b.code = max(0, b.code-1)
	case atom.A:
		b.href = ""
	case atom.Td, atom.Th:
		b.space = true
	default:
		b.flush()
		b.closeBlock(a)
	}
}

func (b *builder) closeBlock(a atom.Atom) {
	switch a {
	case atom.Blockquote:
		b.quote = max(0, b.quote-1)
	case atom.Pre:
		b.pre = max(0, b.pre-1)
	case atom.Ul, atom.Ol:
		if n := len(b.lists); n > 0 {
			b.lists = b.lists[:n-1]
		}
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		b.heading = max(0, b.heading-1)
	}
	b.marker = ""
}

func (b *builder) itemMarker() string {
	n := len(b.lists)
	if n == 0 { // an <li> outside any list is a list of its own
		return "- "
	}
	l := &b.lists[n-1]
	if !l.ordered {
		return "- "
	}
	l.next++
	return strconv.Itoa(l.next-1) + ". "
}

func (b *builder) address(t html.Token) string {
	for _, a := range t.Attr {
		if a.Key == "href" {
			return Address(a.Val, b.base)
		}
	}
	return ""
}

// text adds words, with blanks run together except in preformatted text.
func (b *builder) text(unescaped string) {
	s := strip(unescaped, b.pre > 0)
	if b.pre > 0 {
		b.add(s)
		return
	}
	if singleSpaced(s) {
		b.space = b.space || s[0] == ' '
		b.owedBlank()
		b.add(strings.Trim(s, " "))
		b.space = s[len(s)-1] == ' '
		return
	}
	for i, word := range strings.Fields(s) {
		if i > 0 || startsBlank(s) {
			b.space = true
		}
		b.owedBlank()
		b.add(word)
	}
	if endsBlank(s) {
		b.space = true
	}
}

// owedBlank writes the blank between two words: between two styles it stands in
// neither, so that no link or code ends in one.
func (b *builder) owedBlank() {
	owed := b.space && b.last != 0 && b.last != '\n'
	b.space = false
	if !owed {
		return
	}
	if !b.cur.sameStyle(b.style()) {
		if !b.cur.sameStyle(Run{}) {
			b.endRun()
		}
		b.cur = Run{}
	}
	b.buf, b.last = append(b.buf, ' '), ' '
}

func (b *builder) style() Run {
	return Run{Strong: b.strong > 0, Em: b.em > 0, Code: b.code > 0 && b.pre == 0, Href: b.href}
}

// newline is a <br>: a line feed within the block.
func (b *builder) newline() {
	b.space = false
	if b.last != 0 {
		b.add("\n")
	}
}

// add appends to the current run, or begins another where the style differs.
func (b *builder) add(s string) {
	if s == "" {
		return
	}
	r := b.style()
	if len(b.buf) > 0 && !b.cur.sameStyle(r) {
		b.endRun()
	}
	b.cur = r
	b.buf = append(b.buf, s...)
	b.last = s[len(s)-1]
}

func (b *builder) endRun() {
	if len(b.buf) > 0 {
		b.cur.Text = string(b.buf)
		b.runs = append(b.runs, b.cur)
		b.buf = b.buf[:0]
	}
}

// flush ends the block that is being gathered, if it has any words.
func (b *builder) flush() {
	b.endRun()
	runs := trimRuns(b.runs, b.pre > 0)
	b.runs, b.space, b.last, b.cur = nil, false, 0, Run{}
	if len(runs) == 0 {
		return
	}
	block := Block{Kind: b.kind(), Quote: min(b.quote, maxQuote), Depth: min(len(b.lists), maxDepth), Marker: b.marker, Runs: runs}
	if block.Kind == Item {
		block.Depth = max(1, block.Depth)
		block.List = b.top
		if len(b.lists) == 0 {
			block.List++ // an <li> outside any list
		}
	}
	b.marker = ""
	b.blocks = append(b.blocks, block)
}

func (b *builder) kind() Kind {
	switch {
	case b.pre > 0:
		return Pre
	case b.marker != "" || len(b.lists) > 0:
		return Item
	case b.heading > 0:
		return Heading
	}
	return Paragraph
}
