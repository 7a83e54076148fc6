package feeds

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
)

// What a document may cost. Feeds of real sites stay far below; what goes beyond
// is left out.
const (
	maxProlog   = 256 << 10 // bytes before the root
	maxFrame    = 256 << 10 // bytes about the feed itself
	maxEntry    = 4 << 20   // bytes of an entry
	maxText     = 3 << 19   // bytes of one of its elements
	maxTag      = 64 << 10  // bytes of a tag above the texts
	maxDepth    = 128       // elements in each other
	maxBindings = 64        // namespaces in scope
	maxWork     = 20e6      // of all elements: each counts 20 and the namespaces in its scope
	maxJoined   = 5e9       // bytes moved to put together texts that come in pieces
)

// cost is what the document has cost already, and what was left out therefore.
type cost struct {
	work, joined int
	left         int // elements
}

// entry reads an item or entry. One that the document ends in is not kept, and
// makes it return false.
func (o *outline) entry(start piece) bool {
	b := &o.now
	if len(b.notes) == 0 {
		b.open, b.end = o.around()
	}
	item, err := o.level(start, o.outer[len(o.outer)-1])
	n := note{base: item.base, language: item.language, about: item.about}
	b.text = append(b.text, item.tag...)
	if start.kind == startPiece && !o.children(item, &n) {
		b.text = b.text[:b.begin(len(b.notes))]
		return false
	}
	if err != nil { // a monstrous tag: what is inside counts, without it
		o.cost.left++
		b.text = b.text[:b.begin(len(b.notes))]
		return true
	}
	b.text = closing(b.text, item.name)
	b.add(n)
	o.seen++
	if b.full() {
		o.flush()
	}
	return true
}

// children reads what an entry consists of, its end tag included. The tag of
// something further out ends it as well, and so does the next entry.
func (o *outline) children(item level, n *note) bool {
	b := &o.now
	begin := len(b.text)
	for {
		before := o.rest
		p := o.next()
		switch {
		case p.kind == cutPiece || len(p.raw) == 0:
			return false
		case p.kind == endPiece && bytes.Equal(p.name, item.name):
			return true
		case p.kind == endPiece && o.isOpen(p.name), p.kind == startPiece && bytes.Equal(p.name, item.name):
			o.rest = before
			return true
		case p.kind == startPiece || p.kind == emptyPiece:
			keep := wanted[local(p.name)] && len(b.text)-begin < maxEntry
			if keep {
				n.read(p, item)
			}
			var whole bool
			at := len(b.text)
			if b.text, whole = o.element(b.text, p, item, keep); !whole {
				return false
			}
			if o.kind != "feed" && n.take(p, b.text[at:]) {
				b.text = b.text[:at]
			}
		}
	}
}

// isOpen says whether name is of an element around the entries.
func (o *outline) isOpen(name []byte) bool {
	for _, l := range o.outer {
		if bytes.Equal(l.name, name) {
			return true
		}
	}
	return false
}

// element reads on to the end of the element that start begins. Its text is
// appended if it is to be kept, and costs no more than it may. whole is false
// where the document ends in it.
func (o *outline) element(text []byte, start piece, parent level, keep bool) (longer []byte, whole bool) {
	begin := len(text)
	top, err := o.level(start, parent)
	o.cost.work += 20 + top.bindings
	keep = o.may(err == nil && o.cost.work <= maxWork, keep)
	text = append(text, top.tag...)
	inside := []level{top}
	if start.kind == emptyPiece {
		inside = nil
	}
	pieces := 0
	for ; len(inside) > 0; pieces++ {
		before := o.rest
		p := o.next()
		if p.kind == cutPiece || len(p.raw) == 0 {
			return text[:begin], false
		}
		stays := true
		switch p.kind {
		case startPiece, emptyPiece:
			inside, keep = o.deeper(inside, p, keep)
		case endPiece:
			if inside, stays = o.higher(inside, p.name, parent.name); inside == nil && !bytes.Equal(p.name, top.name) {
				o.rest = before
			}
		}
		if keep && stays {
			text = p.appendTo(text)
			keep = o.may(len(text)-begin <= maxText, keep)
		}
	}
	if foreign(start) {
		o.cost.joined += pieces * (len(text) - begin)
		keep = o.may(o.cost.joined <= maxJoined, keep)
	}
	if !keep {
		return text[:begin], true
	}
	return closing(text, top.name), true
}

// deeper enters an element, unless it costs too much.
func (o *outline) deeper(inside []level, p piece, keep bool) ([]level, bool) {
	l := level{name: p.name, bindings: inside[len(inside)-1].bindings + declarations(p.raw)}
	o.cost.work += 20 + l.bindings
	fits := len(inside) < maxDepth && l.bindings <= maxBindings && o.cost.work <= maxWork
	if fits && p.kind == startPiece {
		inside = append(inside, l)
	}
	return inside, o.may(fits, keep)
}

// higher leaves what an end tag ends, and all that was left open in it; nil is
// left of the outermost, whose own end is written anew, and of one that was
// never closed, when the tag of what is around it comes. An end of nothing does
// not stay: to gofeed, it would be the end of everything.
func (o *outline) higher(inside []level, name, parent []byte) (left []level, stays bool) {
	switch i := innermost(inside, name); {
	case i > 0:
		return inside[:i], true
	case i == 0, bytes.Equal(name, parent), o.isOpen(name):
		return nil, false
	}
	return inside, false
}

// may says whether what was to be kept still is, and counts what is not.
func (o *outline) may(fits, keep bool) bool {
	if keep && !fits {
		o.cost.left++
	}
	return keep && fits
}

// foreign says whether gofeed may take an element for an extension, whose text
// it puts together piece by piece.
func foreign(p piece) bool {
	return bytes.IndexByte(p.name, ':') >= 0 || declarations(p.raw) > 0
}

func declarations(tag []byte) int {
	return bytes.Count(tag, []byte("xmlns"))
}

// innermost is where the last element of a name stands; -1: nowhere.
func innermost(inside []level, name []byte) int {
	for i := len(inside) - 1; i >= 0; i-- {
		if bytes.Equal(inside[i].name, name) {
			return i
		}
	}
	return -1
}

// level opens an element above the texts: a tag that gofeed can read, without
// the addresses that are resolved here and not there.
func (o *outline) level(p piece, parent level) (level, error) {
	l := level{name: p.name, base: parent.base, language: "", bindings: parent.bindings + declarations(p.raw)}
	if len(p.raw) > maxTag || l.bindings > maxBindings {
		return l, fmt.Errorf("%w: it has a tag of %d bytes", ErrNoFeed, len(p.raw))
	}
	l.tag = p.raw
	if p.kind == emptyPiece { // an end tag always follows
		l.tag = append(bytes.Clone(bytes.TrimRight(p.raw, "/>")), '>')
	}
	if bytes.Contains(p.raw, []byte("xml:")) || bytes.Contains(p.raw, []byte("rdf:about")) || len(o.outer) == 0 {
		l = o.heed(l)
	}
	return l, nil
}

// heed takes xml:base and xml:lang from a tag, and from an Atom feed's root the
// name of a vocabulary that is not Atom's: people mistype it.
func (o *outline) heed(l level) level {
	root := len(o.outer) == 0
	outer, tag, done := l.base, l.tag, 0
	l.tag = make([]byte, 0, len(tag))
	for _, a := range attributes(tag) {
		drop := false
		switch string(a.name) {
		case "xml:base":
			drop = true
			if u := based(outer, a.value); u != nil {
				l.base = u
			}
		case "xml:lang":
			l.language = string(a.value)
		case "rdf:about":
			l.about = html.UnescapeString(string(a.value))
		case "xmlns":
			drop = root && o.kind == "feed" && !isAtom(a.value)
		}
		if drop {
			l.tag = append(l.tag, tag[done:a.from]...)
			done = a.to
		}
	}
	l.tag = append(l.tag, tag[done:]...)
	return l
}

// isAtom says whether gofeed knows a namespace as Atom's.
func isAtom(namespace []byte) bool {
	name := string(bytes.TrimSpace(namespace))
	return name == "http://www.w3.org/2005/Atom" || name == "http://purl.org/atom/ns#"
}

// based is an xml:base seen from the one around it; nil where it is of no use.
func based(outer *url.URL, value []byte) *url.URL {
	u, err := url.Parse(resolve(outer, html.UnescapeString(string(value))))
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// appendTo writes a piece in a way that gofeed cannot misread.
func (p piece) appendTo(text []byte) []byte {
	switch {
	case p.kind == otherPiece:
		return text
	case p.kind == textPiece && string(p.raw) == "<":
		return append(text, "&lt;"...)
	case p.kind == textPiece && bytes.Contains(p.raw, []byte("]]>")):
		return append(text, bytes.ReplaceAll(p.raw, []byte("]]>"), []byte("]]&gt;"))...)
	}
	return append(text, p.raw...)
}

func closing(text, name []byte) []byte {
	return append(append(append(text, "</"...), name...), '>')
}

// read notes what gofeed drops of a tag.
func (n *note) read(p piece, item level) {
	if bytes.IndexByte(p.raw, '=') < 0 {
		return
	}
	name := local(p.name)
	for _, a := range attributes(p.raw) {
		switch key := string(a.name); {
		case key == "xml:base" && (name == "content" || name == "encoded"):
			n.textBase = based(item.base, a.value)
		case key == "xml:base" && (name == "summary" || name == "description"):
			n.summaryBase = based(item.base, a.value)
		case key == "xml:lang" && (name == "content" || name == "title") && n.language == "":
			n.language = string(a.value)
		case key == "type" && name == "title":
			n.titleType = string(a.value)
		case key == "type" && name == "summary":
			n.summaryType = string(a.value)
		case local(a.name) == "count" && name == "link":
			n.replies = string(a.value)
		}
	}
}
