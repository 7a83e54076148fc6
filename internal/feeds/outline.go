package feeds

import (
	"bytes"
	"fmt"
	"net/url"
)

// wanted are the elements of an entry that are read, by their local names.
var wanted = set("title", "link", "guid", "id", "description", "encoded", "content", "summary", "author", "creator",
	"pubdate", "date", "published", "issued", "updated", "modified", "comments", "commentrss", "total",
	"in-reply-to", "source", "origlink", "language", "identifier")

// wantedOfFeed are those of the feed itself.
var wantedOfFeed = set("title", "link", "language", "author", "creator")

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}

// outline walks over a document once, before gofeed does. It finds the entries,
// leaves out what nobody reads and what would cost too much, repairs what would
// make gofeed give up, and notes what gofeed does not hand on.
type outline struct {
	lexer
	kind     string            // of the root: rss, rdf or feed
	emit     func(*batch) bool // is given whole entries; false: no more of them
	outer    []level           // root, and channel while it is open
	shell    batch             // the tags around frame
	frame    []byte            // what is about the feed itself
	base     *url.URL          // what addresses in frame are relative to
	language string
	now      batch // entries not yet emitted
	cost     cost
	seen     int  // whole entries
	cut      bool // the document ends too early
	full     bool // nobody wants more entries
}

// level is an element that is open.
type level struct {
	name     []byte
	tag      []byte   // as gofeed gets it
	base     *url.URL // addresses inside are seen from here
	language string
	about    string
	bindings int // namespaces declared here and further out
}

// newOutline finds the root of a feed. What stands before it, such as a
// declaration, a document type or a complaint of the server's, counts for nothing.
func newOutline(text []byte, at *url.URL) (*outline, error) {
	o := &outline{lexer: lexer{text}}
	odd := ""
	for len(text)-len(o.rest) <= maxProlog {
		p := o.next()
		if len(p.raw) == 0 || p.kind == cutPiece {
			break
		}
		if p.kind != startPiece && p.kind != emptyPiece {
			continue
		}
		switch name := local(p.name); {
		case name == "rss", name == "rdf", name == "feed":
			o.kind = name
			root, err := o.level(p, level{base: at})
			if p.kind == emptyPiece {
				o.rest = nil
			}
			o.enter(root)
			return o, err
		case odd == "" && (name == "html" || name == "body"):
			return nil, fmt.Errorf("%w: it is an HTML page", ErrNoFeed)
		default:
			odd = firstOf(odd, name)
		}
	}
	if odd != "" {
		return nil, fmt.Errorf("%w: its first element is %q", ErrNoFeed, cut(odd, 40))
	}
	return nil, fmt.Errorf("%w: it has no elements", ErrNoFeed)
}

// enter opens an element around the entries.
func (o *outline) enter(l level) {
	o.flush()
	o.outer = append(o.outer, l)
	o.shell.open, o.shell.end = o.around()
	o.base, o.language = l.base, firstOf(o.language, l.language)
}

// run walks over the whole document.
func (o *outline) run() {
	for len(o.outer) > 0 && !o.cut && !o.full {
		p := o.next()
		switch p.kind {
		case startPiece, emptyPiece:
			o.cut = !o.member(p)
		case endPiece:
			o.leave(p.name)
		default:
			o.cut = p.kind == cutPiece || len(p.raw) == 0
		}
	}
	o.flush()
}

// member handles an element of the feed itself. It returns false where the
// document ends in it.
func (o *outline) member(p piece) bool {
	name := local(p.name)
	around := o.outer[len(o.outer)-1]
	inner := len(o.outer) == 2 || o.kind == "feed"
	switch {
	case name == "channel" && !inner && p.kind == startPiece:
		if channel, err := o.level(p, around); err == nil {
			o.enter(channel)
		}
		return true
	case name == "item" && o.kind != "feed", name == "entry" && o.kind == "feed":
		return o.entry(p)
	}
	var whole bool
	o.frame, whole = o.element(o.frame, p, around, inner && wantedOfFeed[name] && len(o.frame) < maxFrame)
	return whole
}

// leave closes what an end tag closes.
func (o *outline) leave(name []byte) {
	for i := len(o.outer) - 1; i >= 0; i-- {
		if bytes.Equal(o.outer[i].name, name) {
			o.flush()
			o.outer = o.outer[:i]
			return
		}
	}
}

// around are the tags of the open elements and their ends.
func (o *outline) around() (open, end []byte) {
	for i := range o.outer {
		open = append(open, o.outer[i].tag...)
		end = closing(end, o.outer[len(o.outer)-1-i].name)
	}
	return open, end
}

func (o *outline) flush() {
	if len(o.now.notes) == 0 {
		return
	}
	if !o.emit(&o.now) {
		o.rest, o.full = nil, true
	}
	o.now.clear()
}
