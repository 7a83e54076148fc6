package subscribers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"digest.example/internal/digest"
)

// maxLine is how many bytes of a line, and of a record that runs over several,
// are kept. A reader's row has some dozens.
const maxLine = 1 << 20

// line is one line of a file, without its end.
type line struct {
	text    []byte // valid UTF-8
	tooLong bool   // text is only its beginning
}

// text reads a file line by line, in whatever encoding a spreadsheet has
// written it: UTF-8 or UTF-16 with or without their marks, or else
// Windows-1252, of which Latin-1 is a part.
type text struct {
	in      *bufio.Reader
	buffer  []byte
	foreign int // lines that were read as Windows-1252
}

var (
	utf8Mark  = []byte{0xef, 0xbb, 0xbf}
	zipMark   = []byte("PK\x03\x04") // what xlsx and ods files begin with
	markWidth = 4
)

func newText(in io.Reader) (*text, error) {
	b := bufio.NewReaderSize(in, 64<<10)
	head, err := b.Peek(markWidth)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, utf8Mark):
		_, err = b.Discard(len(utf8Mark))
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return &text{in: bufio.NewReaderSize(decoder.Reader(b), 64<<10)}, nil
	case bytes.HasPrefix(head, zipMark):
		return nil, fmt.Errorf("%w: it is a spreadsheet, not a CSV file: save it as CSV (UTF-8) first", digest.ErrRefused)
	case len(head) == markWidth && bytes.Count(head, []byte{0}) == markWidth/2:
		return nil, fmt.Errorf("%w: it looks like UTF-16 without its mark: save it as UTF-8 first", digest.ErrRefused)
	default:
		err = nil
	}
	return &text{in: b}, err
}

// next returns the next line, which lasts until the call after it; io.EOF after
// the last. Lines end in LF, CRLF or CR.
func (t *text) next() (line, error) {
	t.buffer = t.buffer[:0]
	var l line
	for began := false; ; began = true {
		if _, err := t.in.Peek(1); err != nil {
			if errors.Is(err, io.EOF) && began {
				break
			}
			return line{}, err
		}
		chunk, _ := t.in.Peek(t.in.Buffered())
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			end = len(chunk)
		}
		if cr := bytes.IndexByte(chunk[:end], '\r'); cr >= 0 {
			end = cr
		}
		keep := min(end, maxLine-len(t.buffer))
		l.tooLong = l.tooLong || keep < end
		t.buffer = append(t.buffer, chunk[:keep]...)
		if end == len(chunk) {
			_, _ = t.in.Discard(end)
			continue
		}
		if err := t.finish(chunk[end], end); err != nil {
			return line{}, err
		}
		break
	}
	l.text = t.decoded(l.tooLong)
	return l, nil
}

// finish takes the line's text and its end off the input.
func (t *text) finish(end byte, n int) error {
	_, _ = t.in.Discard(n + 1)
	if end != '\r' {
		return nil
	}
	after, err := t.in.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(after) == 1 && after[0] == '\n' {
		_, _ = t.in.Discard(1)
	}
	return nil
}

func (t *text) decoded(cut bool) []byte {
	if utf8.Valid(t.buffer) {
		return t.buffer
	}
	if cut { // perhaps within a character
		return bytes.ToValidUTF8(t.buffer, nil)
	}
	t.foreign++
	// It cannot fail: what Windows-1252 does not define becomes U+FFFD.
	decoded, _ := charmap.Windows1252.NewDecoder().Bytes(t.buffer)
	return decoded
}
