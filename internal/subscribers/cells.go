package subscribers

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// quotedLines is how many lines a quoted cell may run over. A quote that is
// never closed would else swallow the rest of the file.
const quotedLines = 100

// The complaints about a row's form.
const (
	tooLong     = "it is longer than 1 MiB"
	neverClosed = `a quote (") at the beginning of a cell is never closed`
	afterQuote  = `there is text after the quote (") that closes a cell`
)

// record is a row of cells as it stands in the file.
type record struct {
	line  int // its first, from 1
	lines int
	cells []string
	why   string // what is wrong with its form, if anything is
}

// records cuts a file into rows. Unlike encoding/csv, it loses no more than one
// line to a stray quote.
type records struct {
	in     *text
	comma  byte
	number int    // lines given out so far
	ahead  []line // read already, not given out
}

// peek returns the nth line from here, from 0; io.EOF if there is none.
func (r *records) peek(n int) (line, error) {
	for len(r.ahead) <= n {
		l, err := r.in.next()
		if err != nil {
			return line{}, err
		}
		l.text = bytes.Clone(l.text)
		r.ahead = append(r.ahead, l)
	}
	return r.ahead[n], nil
}

// take gives out n lines that were peeked at.
func (r *records) take(n int) {
	r.number += n
	r.ahead = r.ahead[:copy(r.ahead, r.ahead[n:])]
}

// next returns the next row; io.EOF after the last.
func (r *records) next() (record, error) {
	first, err := r.peek(0)
	if err != nil {
		return record{}, err
	}
	rec := record{line: r.number + 1, lines: 1}
	s := splitter{comma: r.comma}
	open := s.feed(first.text)
	for size := len(first.text); open && s.why == ""; rec.lines++ {
		l, err := r.peek(rec.lines)
		size += len(l.text)
		if errors.Is(err, io.EOF) || rec.lines == quotedLines || size > maxLine || l.tooLong {
			rec.lines, s.why = 1, neverClosed
			break
		}
		if err != nil {
			return record{}, err
		}
		s.cell = append(s.cell, '\n')
		open = s.feed(l.text)
	}
	r.take(rec.lines)
	rec.cells, rec.why = s.cells, s.why
	if first.tooLong {
		rec.why = tooLong
	}
	return rec, nil
}

// splitter cuts lines into cells (RFC 4180). A quote within a cell that does
// not begin with one is a letter like any other.
type splitter struct {
	comma  byte
	cells  []string
	cell   []byte
	quoted bool // within quotes
	why    string
}

// feed takes a line and says whether the row goes on in the next.
func (s *splitter) feed(text []byte) (open bool) {
	for s.why == "" {
		if !s.quoted {
			rest := bytes.TrimLeft(text, " ")
			if len(rest) == 0 || rest[0] != '"' {
				end := bytes.IndexByte(text, s.comma)
				if end < 0 {
					s.end(text)
					return false
				}
				s.end(text[:end])
				text = text[end+1:]
				continue
			}
			text, s.quoted = rest[1:], true
		}
		var ended bool
		if text, ended = s.quote(text); ended {
			return s.quoted
		}
	}
	return false
}

// quote takes a quoted cell up to its closing quote. It returns what follows
// the comma after it, or says that the line has ended.
func (s *splitter) quote(text []byte) (rest []byte, ended bool) {
	for {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			s.cell = append(s.cell, text...)
			return nil, true
		}
		s.cell = append(s.cell, text[:end]...)
		text = text[end+1:]
		if len(text) == 0 || text[0] != '"' {
			break
		}
		s.cell, text = append(s.cell, '"'), text[1:]
	}
	s.quoted = false
	s.end(nil)
	text = bytes.TrimLeft(text, " ")
	switch {
	case len(text) == 0:
		return nil, true
	case text[0] != s.comma:
		s.why = afterQuote
		return nil, true
	}
	return text[1:], false
}

func (s *splitter) end(text []byte) {
	s.cell = append(s.cell, text...)
	s.cells = append(s.cells, strings.TrimSpace(string(s.cell)))
	s.cell = s.cell[:0]
}
