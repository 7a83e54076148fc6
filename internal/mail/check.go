package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// check says whether the parts can only ever give a well-formed message. It
// guards against a damaged database as much as against a change in go-mail.
func (s *Stencil) check() error {
	if s.mailbox != "" {
		if err := checkMailto(s.mailbox); err != nil {
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
	if len(s.fills) != len(s.pieces)-1 || strings.Trim(s.fills, string(fillUnsubscribe)+string(fillPreferences)) != "" {
		return errors.New("stencil: holes that nothing is known of")
	}
	for i, p := range s.pieces {
		first, last := i == 0, i == len(s.pieces)-1
		if !last && !bytes.HasSuffix(p, []byte("\r\n")) {
			return errors.New("stencil: a hole that does not begin a line")
		}
		if !first && !bytes.HasPrefix(p, []byte("\r\n")) && !bytes.HasPrefix(p, []byte("=\r\n")) {
			return errors.New("stencil: a hole that does not end a line")
		}
	}
	for _, p := range append([][]byte{s.head}, s.pieces...) {
		if err := errors.Join(checkLines(p, maxLine), checkBytes(p)); err != nil {
			return fmt.Errorf("stencil: %w", err)
		}
	}
	return nil
}

// checkBytes refuses controls and 8-bit bytes.
func checkBytes(data []byte) error {
	for _, c := range data {
		if (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c > '~' {
			return fmt.Errorf("byte %#02x in the encoded message", c)
		}
	}
	return nil
}

// ErrMessage is data that must not be sent as a message: a server might read it
// as something else, and nothing that is tried again would make it better.
var ErrMessage = errors.New("malformed message")

// checkLines refuses what message smuggling is made of: a CR or LF that is not
// part of a CRLF, and a line that begins with an unstuffed dot; and lines of more
// octets than most.
func checkLines(data []byte, most int) error {
	breaks := 0
	for start := 0; start < len(data); {
		if data[start] == '.' && (start+1 == len(data) || data[start+1] != '.') {
			return fmt.Errorf("%w: a line begins with a dot that is not stuffed", ErrMessage)
		}
		end := len(data)
		next := end
		if i := bytes.IndexByte(data[start:], '\n'); i >= 0 {
			if i == 0 || data[start+i-1] != '\r' {
				return fmt.Errorf("%w: a bare LF", ErrMessage)
			}
			breaks++
			end, next = start+i-1, start+i+1
		}
		if end-start > most {
			return fmt.Errorf("%w: a line is longer than %d octets", ErrMessage, most)
		}
		start = next
	}
	if bytes.Count(data, []byte{'\r'}) != breaks {
		return fmt.Errorf("%w: a bare CR", ErrMessage)
	}
	return nil
}
