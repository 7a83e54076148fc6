package sanitize

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// owed is what stands before the next word of a block, if one follows.
type owed struct {
	space  bool
	cell   bool // a table's cell ended
	breaks int  // line breaks
	style  Run  // in which the first of them stood
}

// text adds words, with blanks run together except in preformatted text. In
// code no-break spaces count, by which people indent it.
func (b *builder) text(unescaped string) {
	switch {
	case b.raised > 0:
		unescaped = raise(unescaped)
	case b.lowered > 0:
		unescaped = lower(unescaped)
	}
	if b.pre > 0 {
		if s := strip(unescaped, asLines); s != "" {
			b.separate()
			b.add(s)
		}
		return
	}
	blanks := asBlanks
	if b.code > 0 {
		blanks = asCode
	}
	s := strip(unescaped, blanks)
	if s == "" {
		return
	}
	if singleSpaced(s) {
		b.owed.space = b.owed.space || s[0] == ' '
		b.separate()
		b.add(strings.Trim(s, " "))
		b.owed.space = s[len(s)-1] == ' '
		return
	}
	b.words(s)
}

// words adds what blanks other than single ones stand between.
func (b *builder) words(s string) {
	first := true
	for word := range strings.SplitSeq(s, " ") {
		if !first {
			b.owed.space = true
		}
		first = false
		if word != "" {
			b.separate()
			b.add(word)
		}
	}
}

// separate writes what is owed between two words. Between two styles it stands
// in neither, so that no link or code ends in a blank. More than one line break
// is how people who know no <p> end a paragraph.
func (b *builder) separate() {
	o := b.owed
	b.owed = owed{}
	between, inner := "", b.style()
	switch {
	case b.last == 0:
	case o.breaks > 1:
		b.flush()
	case o.breaks == 1:
		between = "\n"
		if !o.style.sameStyle(inner) {
			inner = Run{}
		}
	case o.cell:
		between = " | "
	case o.space && b.last != '\n':
		between = " "
	}
	if between == "" {
		return
	}
	if !b.cur.sameStyle(inner) || !b.cur.sameStyle(b.style()) {
		if !b.cur.sameStyle(Run{}) {
			b.endRun()
		}
		b.cur = Run{}
	}
	b.buf = append(b.buf, between...)
	b.last = between[len(between)-1]
}

func (b *builder) style() Run {
	strong := b.strong > 0 || b.heading > 0 || b.term
	return Run{Strong: strong, Em: b.em > 0, Code: b.code > 0 && b.pre == 0, Href: b.href}
}

// newline is a <br>. In code each one counts.
func (b *builder) newline() {
	switch {
	case b.last == 0:
	case b.code > 0 || b.pre > 0:
		b.owed.space = false
		b.separate()
		b.add("\n")
	default:
		if b.owed.breaks == 0 {
			b.owed.style = b.style()
		}
		b.owed.breaks++
	}
	b.owed.space = false
}

// row begins a line, unless the block begins here anyway.
func (b *builder) row() {
	b.owed.cell = false
	if b.last != 0 && b.owed.breaks == 0 {
		b.owed.breaks, b.owed.style = 1, Run{}
	}
}

// attribute is the value of the first of these attributes that has one.
func attribute(t html.Token, names ...string) string {
	for _, name := range names {
		for _, a := range t.Attr {
			if a.Key == name && a.Val != "" {
				return a.Val
			}
		}
	}
	return ""
}

func (b *builder) address(t html.Token, name string) string {
	return Address(attribute(t, name), b.base)
}

// start is the first number of a list.
func start(t html.Token) int {
	if t.DataAtom != atom.Ol {
		return 1
	}
	n, digits := 0, attribute(t, "start")
	if digits == "" || len(digits) > 6 {
		return 1
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 1
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// Quotation marks: single ones stand within double ones.
func openQuote(depth int) string {
	if depth%2 == 0 {
		return "‘"
	}
	return "“"
}

func closeQuote(depth int) string {
	if depth%2 == 0 {
		return "’"
	}
	return "”"
}
