package feeds

import "bytes"

// The kinds of piece that markup is cut into.
type pieceKind int

const (
	textPiece  pieceKind = iota // character data, and "<" that begins nothing
	startPiece                  // <name ...>
	emptyPiece                  // <name .../>
	endPiece                    // </name>
	cdataPiece                  // <![CDATA[...]]>
	otherPiece                  // comment, declaration, processing instruction
	cutPiece                    // markup that the document ends in
)

// piece is a span of the document.
type piece struct {
	kind pieceKind
	raw  []byte
	name []byte // of elements, with its prefix
}

// lexer cuts XML into pieces. It judges nothing, copies nothing, and looks at
// each byte about once, whatever the document holds.
type lexer struct {
	rest []byte
}

// next is the next piece, of no length at the end.
func (l *lexer) next() piece {
	n, kind := l.measure()
	p := piece{kind: kind, raw: l.rest[:n]}
	l.rest = l.rest[n:]
	switch kind {
	case startPiece, emptyPiece:
		p.name = nameOf(p.raw[1:])
	case endPiece:
		p.name = nameOf(p.raw[2:])
	}
	return p
}

func (l *lexer) measure() (int, pieceKind) {
	b := l.rest
	if len(b) == 0 || b[0] != '<' {
		if i := bytes.IndexByte(b, '<'); i >= 0 {
			return i, textPiece
		}
		return len(b), textPiece
	}
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return through(b, 4, "-->", otherPiece)
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		return through(b, 9, "]]>", cdataPiece)
	case bytes.HasPrefix(b, []byte("<?")):
		return through(b, 2, "?>", otherPiece)
	case bytes.HasPrefix(b, []byte("<!")):
		return declaration(b)
	case len(b) > 2 && b[1] == '/' && nameStart(b[2]):
		return through(b, 2, ">", endPiece)
	case len(b) > 1 && nameStart(b[1]):
		return startTag(b)
	case len(b) == 1 || string(b) == "</":
		return len(b), cutPiece
	}
	return 1, textPiece
}

// through measures a piece that lasts to the first end after from bytes.
func through(b []byte, from int, end string, kind pieceKind) (int, pieceKind) {
	i := bytes.Index(b[from:], []byte(end))
	if i < 0 {
		return len(b), cutPiece
	}
	return from + i + len(end), kind
}

// declaration measures <!...>, a document type with its internal subset above
// all.
func declaration(b []byte) (int, pieceKind) {
	depth := 0
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '<', '[':
			depth++
		case ']':
			depth--
		case '"', '\'':
			j := bytes.IndexByte(b[i+1:], b[i])
			if j < 0 {
				return len(b), cutPiece
			}
			i += j + 1
		case '>':
			if depth <= 0 {
				return i + 1, otherPiece
			}
			depth--
		}
	}
	return len(b), cutPiece
}

// startTag measures a tag; a ">" in quotes does not end it.
func startTag(b []byte) (int, pieceKind) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '"', '\'':
			if b[i-1] != '=' && !isSpace(b[i-1]) {
				continue // an apostrophe, no quote
			}
			j := bytes.IndexByte(b[i+1:], b[i])
			if j < 0 {
				return len(b), cutPiece
			}
			i += j + 1
		case '>':
			if b[i-1] == '/' {
				return i + 1, emptyPiece
			}
			return i + 1, startPiece
		}
	}
	return len(b), cutPiece
}

func nameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || c >= 0x80
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// nameOf is what b begins with up to a blank or the end of a tag.
func nameOf(b []byte) []byte {
	if i := bytes.IndexAny(b, " \n\t\r/>"); i >= 0 {
		return b[:i]
	}
	return b
}

// local is a name without its prefix, in lower case.
func local(name []byte) string {
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return string(bytes.ToLower(name))
}

// attribute is one of a tag's, with the blank before it between from and to.
type attribute struct {
	name, value []byte // the value as it is written
	from, to    int
}

// attributes are those of a tag that have a value.
func attributes(tag []byte) []attribute {
	var all []attribute
	i := 1 + len(nameOf(tag[1:]))
	for {
		a := attribute{from: i}
		for i < len(tag) && (isSpace(tag[i]) || tag[i] == '/') {
			i++
		}
		eq := bytes.IndexByte(tag[i:], '=')
		if eq < 0 {
			return all
		}
		a.name = bytes.TrimSpace(tag[i : i+eq])
		i += eq + 1
		for i < len(tag) && isSpace(tag[i]) {
			i++
		}
		if i >= len(tag) {
			return all
		}
		end := bytes.IndexAny(tag[i:], " \n\t\r>")
		if quote := tag[i]; quote == '"' || quote == '\'' {
			i++
			end = bytes.IndexByte(tag[i:], quote)
		}
		if end < 0 {
			return all
		}
		a.value = tag[i : i+end]
		if i += end; tag[i] == '"' || tag[i] == '\'' {
			i++
		}
		a.to = i
		all = append(all, a)
	}
}
