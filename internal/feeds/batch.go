package feeds

import (
	"bytes"
	"net/url"
)

// note is what gofeed does not hand on of an entry.
type note struct {
	base                   *url.URL // xml:base, or where the document came from
	textBase, summaryBase  *url.URL // where these elements have their own
	titleType, summaryType string   // Atom's type attribute
	language               string   // xml:lang
	replies                string   // thr:count
	about                  string   // rdf:about, the name of an item in RSS 1.0
	content, description   string   // of RSS, where they need no reading
}

// take keeps the text of an element that is one CDATA section, as WordPress
// writes them. Nothing in it is to be decoded, so that gofeed, which goes
// through it byte by byte and more than once, need not see it.
func (n *note) take(start piece, element []byte) bool {
	to := &n.content
	switch string(start.name) {
	case "content:encoded":
	case "description":
		to = &n.description
	default:
		return false
	}
	from := bytes.IndexByte(element, '>') + 1
	end := bytes.LastIndexByte(element, '<')
	if from <= 0 || end < from {
		return false
	}
	text, ok := bytes.CutPrefix(bytes.TrimSpace(element[from:end]), []byte("<![CDATA["))
	text, closed := bytes.CutSuffix(text, []byte("]]>"))
	if !ok || !closed || bytes.Contains(text, []byte("]]>")) {
		return false
	}
	*to = string(text)
	return true
}

// batch is a run of whole entries inside the same open elements, repaired as
// far as gofeed needs it.
type batch struct {
	open, end []byte // the tags of the elements around them
	text      []byte
	ends      []int // where in text each entry ends
	notes     []note
}

// The size at which a batch is read and forgotten: memory is then in
// proportion to this and to what is kept, not to the number of entries.
const (
	batchBytes   = 1 << 20
	batchEntries = 200
)

func (b *batch) full() bool {
	return len(b.text) >= batchBytes || len(b.notes) >= batchEntries
}

// add ends the entry that text has grown by.
func (b *batch) add(n note) {
	b.ends = append(b.ends, len(b.text))
	b.notes = append(b.notes, n)
}

// begin is where in the text entry i begins, or the one that comes next.
func (b *batch) begin(i int) int {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}

// clear forgets the entries and keeps the room that they took, unless it was
// for a giant.
func (b *batch) clear() {
	if cap(b.text) > 2*batchBytes {
		b.text = nil
	}
	b.text, b.ends, b.notes = b.text[:0], b.ends[:0], b.notes[:0]
}
