package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Stencil is a message that is encoded and dot-stuffed but for what differs
// per recipient. It is immutable and safe for concurrent use.
type Stencil struct {
	mailbox string   // List-Unsubscribe's mailto; may be empty
	head    []byte   // static header fields, each ending in CRLF
	pieces  [][]byte // the body from its empty line on, without the last CRLF; a hole between each two
	fills   string   // what fills each hole: fillUnsubscribe or fillPreferences
}

// Personal is what one recipient gets alone.
type Personal struct {
	To          string // bare address; see CheckRecipient
	Name        string // display name; may be empty, or anything
	MessageID   string // without angle brackets; the same in every retry
	Unsubscribe string // https URL with the recipient's token (RFC 8058)
	Preferences string // the same for their preferences, where the stencil has a place for it
}

// check refuses a recipient for whom no correct message can be written.
func (p Personal) check() error {
	if err := CheckRecipient(p.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	if err := checkMessageID(p.MessageID); err != nil {
		return err
	}
	return checkURL(p.Unsubscribe)
}

// Fill makes d the message for p. It looks only at what is p's own, since check
// has looked at the rest; d refers to s's pieces, and holds no copy of them. The
// error is about p alone, and leaves d without a message.
func (s *Stencil) Fill(d *Data, p Personal) error {
	d.clear()
	if err := s.refuses(p); err != nil {
		return err
	}
	header, err := d.between(appendPersonal(d.own, p, s.mailbox))
	if err != nil {
		return err
	}
	unsubscribe, err := d.between(appendHole(d.own, p.Unsubscribe))
	if err != nil {
		return err
	}
	var preferences []byte
	if s.prints(fillPreferences) {
		if preferences, err = d.between(appendHole(d.own, p.Preferences)); err != nil {
			return err
		}
	}
	d.parts = append(d.parts, s.head, header, s.pieces[0])
	for i, piece := range s.pieces[1:] {
		hole := unsubscribe
		if s.fills[i] == fillPreferences {
			hole = preferences
		}
		d.parts = append(d.parts, hole, piece)
	}
	return nil
}

// refuses says why there can be no correct message for p.
func (s *Stencil) refuses(p Personal) error {
	if len(s.pieces) == 0 {
		return errors.New("fill: the stencil is empty")
	}
	if err := p.check(); err != nil {
		return err
	}
	if s.prints(fillPreferences) {
		return checkURL(p.Preferences)
	}
	return nil
}

// prints says whether there is a hole for that.
func (s *Stencil) prints(fill byte) bool { return strings.IndexByte(s.fills, fill) >= 0 }

// AppendData appends the message for p, as Fill makes it, to dst.
func (s *Stencil) AppendData(dst []byte, p Personal) ([]byte, error) {
	var d Data
	if err := s.Fill(&d, p); err != nil {
		return dst, err
	}
	return d.Append(dst), nil
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
	if name := encodePhrase(p.Name); name == "" {
		dst = append(dst, p.To...)
		dst = append(dst, "\r\n"...)
	} else {
		dst = appendFolded(dst, name, len("To: "))
		dst = append(dst, "\r\n <"...)
		dst = append(dst, p.To...)
		dst = append(dst, ">\r\n"...)
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

// holeLine is at how many octets a line in a hole ends: there is room behind one
// less for an encoded one, and for the soft break's own sign.
const holeLine = 73

// appendHole writes a hole's value in quoted-printable, at the start of a line,
// with soft breaks where it is too long for one. A dot that would begin a line
// is encoded and so needs no stuffing.
func appendHole(dst []byte, value string) []byte {
	if len(value) <= holeLine && !strings.Contains(value, "=") && !strings.HasPrefix(value, ".") {
		return append(dst, value...) // most are
	}
	column := 0
	for i := range len(value) {
		if column >= holeLine {
			dst = append(dst, "=\r\n"...)
			column = 0
		}
		before := len(dst)
		switch c := value[i]; {
		case c == '=':
			dst = append(dst, "=3D"...)
		case c == '.' && column == 0:
			dst = append(dst, "=2E"...)
		default:
			dst = append(dst, c)
		}
		column += len(dst) - before
	}
	return dst
}
