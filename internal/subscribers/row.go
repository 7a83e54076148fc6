package subscribers

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"digest.example/internal/digest"
)

// maxText is how much of a consent's how and wording is taken, in bytes.
const maxText = 2000

// Row is what one row of a file says of a reader.
type Row struct {
	Line    int // its first, from 1
	Lines   int // how many it runs over
	Entry   string
	Address Address
	How     string    // empty: not said
	Wording string    // empty: not said
	Since   time.Time // zero: not said
	Left    State     // the state, if the file says that it is not active
	Why     string    // why the row cannot be used; then only Line, Lines and Entry are set
}

// Rows reads the readers in a CSV file: columns in any order, named by the first
// line, between commas, semicolons, tabs or bars, in UTF-8, UTF-16 or
// Windows-1252. It is made for strangers' files: each line is accounted for, and
// what is wrong with one row costs no other.
type Rows struct {
	in      records
	columns columns
	first   *record // the first row, where it is a reader's
	blank   int     // lines without anything in them
	header  int     // lines that name the columns
}

// ReadRows begins to read a file. One that is no text, or whose first line does
// not say which column holds the addresses, is a digest.ErrRefused.
func ReadRows(in io.Reader) (*Rows, error) {
	t, err := newText(in)
	if err != nil {
		return nil, err
	}
	r := &Rows{in: records{in: t, comma: commas[0]}}
	rec, err := r.begin()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty; the first line must name the columns, as in email,name", digest.ErrRefused)
	}
	if err != nil {
		return nil, err
	}
	if rec.why != "" {
		return nil, fmt.Errorf("%w: the first line: %s", digest.ErrRefused, rec.why)
	}
	var named bool
	if r.columns, named = header(rec.cells); named {
		r.header += rec.lines
		return r, nil
	}
	r.first = &rec
	r.columns, err = guess(rec.cells)
	return r, err
}

// begin returns the first row with anything in it, and finds out what stands
// between the cells.
func (r *Rows) begin() (record, error) {
	for {
		l, err := r.in.peek(0)
		if err != nil {
			return record{}, err
		}
		text := strings.TrimSpace(string(l.text))
		if c, ok := strings.CutPrefix(text, "sep="); ok && len(c) == 1 && strings.Contains(commas, c) {
			r.header++ // Excel's own way to say it; it is found out anyway
		} else if text != "" {
			r.in.comma = comma(l.text)
			rec, err := r.in.next()
			if err != nil || rec.why != "" || !empty(rec.cells) {
				return rec, err
			}
			r.blank += rec.lines
			continue
		} else {
			r.blank++
		}
		r.in.take(1)
	}
}

func empty(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return c != "" })
}

// Next returns the next reader or bad row; io.EOF after the last.
func (r *Rows) Next() (Row, error) {
	for {
		var rec record
		var err error
		if r.first != nil {
			rec, r.first = *r.first, nil
		} else if rec, err = r.in.next(); err != nil {
			return Row{}, err
		}
		if rec.why == "" && empty(rec.cells) {
			r.blank += rec.lines
			continue
		}
		return r.row(rec), nil
	}
}

// Notes are what the operator should know of how the file was read.
func (r *Rows) Notes() []string {
	var notes []string
	if len(r.columns.ignored) > 0 {
		notes = append(notes, fmt.Sprintf("columns that mean nothing here: %.500s", strings.Join(r.columns.ignored, ", ")))
	}
	if n := r.in.in.foreign; n > 0 {
		notes = append(notes, fmt.Sprintf("lines that are not UTF-8 and were read as Windows-1252: %d", n))
	}
	return notes
}

func (r *Rows) row(rec record) Row {
	row := Row{Line: rec.line, Lines: rec.lines, Why: rec.why}
	if row.Why == "" {
		row.Entry = cut(plain(cell(rec.cells, r.columns.email)), maxAddress)
		row.Why = r.fill(&row, rec.cells)
	} else if len(rec.cells) > 0 {
		row.Entry = cut(rec.cells[0], maxAddress)
	}
	if row.Why != "" {
		return Row{Line: rec.line, Lines: rec.lines, Entry: row.Entry, Why: row.Why}
	}
	return row
}

// fill reads the cells, or says why it cannot.
func (r *Rows) fill(row *Row, cells []string) (why string) {
	c := r.columns
	if n := len(cells); n > c.width && !empty(cells[c.width:]) {
		return fmt.Sprintf("it has %d cells, and the first line has %d", n, c.width)
	}
	email := plain(cell(cells, c.email))
	if email == "" {
		return "there is no address in it"
	}
	var err error
	if row.Address, err = ParseAddress(email); err != nil {
		return err.Error()
	}
	name := plain(cell(cells, c.name))
	if name == "" {
		name = strings.TrimSpace(plain(cell(cells, c.first)) + " " + plain(cell(cells, c.last)))
	}
	if name = oneLine(name); name != "" {
		if len(name) > maxName {
			return fmt.Sprintf("the name is longer than %d bytes", maxName)
		}
		if strings.ContainsFunc(name, unsafeInName) {
			return "the name holds control or invisible characters"
		}
		row.Address.Name = name
	}
	row.How = cut(oneLine(plain(cell(cells, c.how))), maxText)
	row.Wording = cut(oneLine(plain(cell(cells, c.wording))), maxText)
	if row.Left, why = c.left(cells); why != "" {
		return why
	}
	row.Since, why = since(cell(cells, c.since))
	return why
}

func cell(cells []string, n int) string {
	if n < 0 || n >= len(cells) {
		return ""
	}
	return cells[n]
}

// oneLine is a text whose white space, also line breaks, is single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut is the beginning of a text, at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func since(cell string) (at time.Time, why string) {
	if cell == "" {
		return time.Time{}, ""
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, cell); err == nil && at.Year() > 1970 && at.Year() < 10_000 {
			return at.UTC(), ""
		}
	}
	return time.Time{}, fmt.Sprintf("%.40q in the column since is not a date, as in 2026-05-03", cell)
}
