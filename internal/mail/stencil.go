package mail

import (
	"bytes"
	"errors"
	"fmt"
)

// Stencil is a message that is encoded and dot-stuffed but for what differs
// per recipient. It is immutable and safe for concurrent use.
type Stencil struct {
	mailbox string   // List-Unsubscribe's mailto; may be empty
	head    []byte   // static header fields, each ending in CRLF
	pieces  [][]byte // the body from its empty line on, without the last CRLF; a hole between each two
}

// Personal is what one recipient gets alone.
type Personal struct {
	To          string // bare address
	Name        string // display name; may be empty, or anything
	MessageID   string // without angle brackets; the same in every retry
	Unsubscribe string // https URL with the recipient's token (RFC 8058)
}

// check refuses a recipient for whom no correct message can be written.
func (p Personal) check() error {
	if err := CheckAddress(p.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	if err := checkMessageID(p.MessageID); err != nil {
		return err
	}
	return checkURL(p.Unsubscribe)
}

// AppendData appends the message for p as SMTP wants it after 354: CRLF line
// ends, dot-stuffed, and without its last CRLF, so that nothing in it can end
// the transaction; Session.Commit writes "\r\n.\r\n". The error is about p alone.
func (s *Stencil) AppendData(dst []byte, p Personal) ([]byte, error) {
	if err := p.check(); err != nil {
		return dst, err
	}
	dst = append(dst, s.head...)
	dst = appendPersonal(dst, p, s.mailbox)
	for i, piece := range s.pieces {
		if i > 0 {
			dst = appendHole(dst, p.Unsubscribe)
		}
		dst = append(dst, piece...)
	}
	return dst, nil
}

// Message is the message for p as a file: the same, not dot-stuffed, with its
// last CRLF.
func (s *Stencil) Message(p Personal) ([]byte, error) {
	data, err := s.AppendData(nil, p)
	if err != nil {
		return nil, err
	}
	return append(bytes.ReplaceAll(data, []byte("\r\n.."), []byte("\r\n.")), "\r\n"...), nil
}

// appendPersonal writes the header fields that differ per recipient.
func appendPersonal(dst []byte, p Personal, mailbox string) []byte {
	dst = append(dst, "To: "...)
	if name := encodePhrase(p.Name); name != "" {
		dst = appendFolded(dst, name, len("To: "))
		dst = append(dst, "\r\n <"...)
		dst = append(dst, p.To...)
		dst = append(dst, ">\r\n"...)
	} else {
		dst = append(dst, p.To...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Message-ID: <"...)
	dst = append(dst, p.MessageID...)
	dst = append(dst, ">\r\nList-Unsubscribe: <"...)
	dst = append(dst, p.Unsubscribe...)
	if mailbox != "" {
		dst = append(dst, ">,\r\n <mailto:"...)
		dst = append(dst, mailbox...)
		dst = append(dst, "?subject=unsubscribe"...)
	}
	return append(dst, ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"...)
}

// foldAt is the length that folded lines keep to (RFC 5322 recommends 78).
const foldAt = 76

// appendFolded writes a cleaned value, breaking the line at spaces; column is
// where it starts.
func appendFolded(dst []byte, s string, column int) []byte {
	start := 0
	for start < len(s) {
		end := start
		for end < len(s) && (s[end] != ' ' || end == start) {
			end++
		}
		if column+end-start > foldAt && start > 0 {
			dst = append(dst, "\r\n"...)
			column = 0
		}
		dst = append(dst, s[start:end]...)
		column += end - start
		start = end
	}
	return dst
}

// appendHole writes a hole's value in quoted-printable, at the start of a line,
// with soft breaks where it is too long for one. A dot that would begin a line
// is encoded and so needs no stuffing.
func appendHole(dst []byte, value string) []byte {
	column := 0
	for i := range len(value) {
		c := value[i]
		coded := c == '=' || c == '.' && column == 0
		width := 1
		if coded {
			width = 3
		}
		if column+width > 75 {
			dst = append(dst, "=\r\n"...)
			column = 0
			if c == '.' {
				coded, width = true, 3
			}
		}
		switch {
		case coded && c == '=':
			dst = append(dst, "=3D"...)
		case coded:
			dst = append(dst, "=2E"...)
		default:
			dst = append(dst, c)
		}
		column += width
	}
	return dst
}

// check says whether the parts can only ever give a well-formed message. It
// guards against a damaged database as much as against a change in go-mail.
func (s *Stencil) check() error {
	if s.mailbox != "" {
		if err := CheckAddress(s.mailbox); err != nil {
			return err
		}
	}
	if !bytes.HasSuffix(s.head, []byte("\r\n")) || bytes.HasPrefix(s.head, []byte("\r\n")) ||
		bytes.Contains(s.head, []byte("\r\n\r\n")) {
		return errors.New("stencil: malformed header")
	}
	if len(s.pieces) == 0 || !bytes.HasPrefix(s.pieces[0], []byte("\r\n")) {
		return errors.New("stencil: no body")
	}
	if err := checkData(s.head); err != nil {
		return fmt.Errorf("stencil: %w", err)
	}
	for i, p := range s.pieces {
		first, last := i == 0, i == len(s.pieces)-1
		if !last && !bytes.HasSuffix(p, []byte("\r\n")) {
			return errors.New("stencil: a hole that does not begin a line")
		}
		if !first && !bytes.HasPrefix(p, []byte("\r\n")) && !bytes.HasPrefix(p, []byte("=\r\n")) {
			return errors.New("stencil: a hole that does not end a line")
		}
		if err := checkData(p); err != nil {
			return fmt.Errorf("stencil: %w", err)
		}
	}
	return nil
}

// checkData refuses bytes that must not follow 354: bare CR or LF, controls,
// 8-bit, lines over 998 octets, and lines that begin with an unstuffed dot.
// These are what message smuggling is made of.
func checkData(data []byte) error {
	for len(data) > 0 {
		line, rest, broken := bytes.Cut(data, []byte("\r\n"))
		if len(line) > maxLine {
			return errors.New("a line is longer than 998 octets")
		}
		if len(line) > 0 && line[0] == '.' && (len(line) < 2 || line[1] != '.') {
			return errors.New("a line begins with a dot that is not stuffed")
		}
		for _, c := range line {
			if (c < ' ' && c != '\t') || c > '~' {
				return fmt.Errorf("byte %#02x in the encoded message", c)
			}
		}
		if !broken {
			break
		}
		data = rest
	}
	return nil
}
