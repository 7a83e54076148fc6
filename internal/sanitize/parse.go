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
			if b.unread.depth == 0 {
				b.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if t := z.Token(); !b.skipOpen(t) {
				b.open(t)
			}
		case html.EndTagToken:
			if t := z.Token(); !b.unread.close(t.DataAtom) {
				b.close(t.DataAtom)
			}
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

	quote, pre, strong, em, code, heading, raised, lowered, quoted int
	lists                                                          []list
	top                                                            int // outermost lists seen so far
	href                                                           string
	term                                                           bool // within a <dt> or <summary>, which may lack their end
	unread                                                         unread

	runs   []Run
	cur    Run    // the style of buf
	buf    []byte // the text of the run that is being gathered
	last   byte   // the last one written to the block; 0: none yet
	marker string
	owed   owed
}

func (b *builder) open(t html.Token) {
	switch t.DataAtom {
	case atom.Em, atom.I:
		b.em++
	case atom.Strong, atom.B:
		b.strong++
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		b.code++
	case atom.Sup:
		b.raised++
	case atom.Sub:
		b.lowered++
	case atom.Q:
		b.quoted++
		b.text(openQuote(b.quoted))
	case atom.A:
		b.href = b.address(t, "href")
	case atom.Br:
		b.newline()
	case atom.Td, atom.Th:
		b.owed.cell = true
	case atom.Tr:
		b.row()
	case atom.Dd:
		b.term = false
		b.row()
	case atom.Img:
		b.image(t)
	case atom.Iframe, atom.Embed, atom.Object, atom.Video, atom.Audio:
		b.media(t)
	default:
		b.flush()
		b.openBlock(t)
	}
}

func (b *builder) openBlock(t html.Token) {
	switch a := t.DataAtom; a {
	case atom.Blockquote:
		b.quote++
	case atom.Pre:
		b.pre++
	case atom.Ul, atom.Ol:
		if len(b.lists) == 0 {
			b.top++
		}
		b.lists = append(b.lists, list{ordered: a == atom.Ol, next: start(t)})
	case atom.Li:
		b.marker = b.itemMarker()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		b.heading++
	case atom.Dt, atom.Summary:
		b.term = true
	case atom.Dl, atom.Details:
		b.term = false
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
	case atom.Sup:
		b.raised = max(0, b.raised-1)
	case atom.Sub:
		b.lowered = max(0, b.lowered-1)
	case atom.Q:
		if b.quoted > 0 {
			b.text(closeQuote(b.quoted))
			b.quoted--
		}
	case atom.A:
		b.href = ""
	case atom.Td, atom.Th, atom.Tr:
		b.owed.cell = true
	case atom.Img, atom.Embed: // <img></img>
	case atom.Dt: // its description follows on the next line
		b.term = false
		b.row()
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
	case atom.Dl, atom.Summary, atom.Details:
		b.term = false
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
	if b.pre > 0 || hasLines(runs) {
		runs = trimRuns(oneEmptyLine(runs), b.pre > 0)
	}
	b.runs, b.owed, b.last, b.cur = nil, owed{}, 0, Run{}
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
