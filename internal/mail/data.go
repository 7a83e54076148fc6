package mail

import "fmt"

// Data is a message as SMTP wants it after 354: CRLF line ends, dot-stuffed, and
// without its last CRLF, so that nothing in it can end the transaction. Nothing
// comes into one unchecked: Stencil.Fill and Set are the only ways, and use its
// memory again. The zero Data is no message, and no session takes it.
type Data struct {
	parts [][]byte // in order; a stencil's own stand here as they are, for all recipients
	own   []byte   // where the parts of this recipient alone are written
}

// Set makes d the message that stands in whole, which must not change until d is
// used for another. It looks at every line: an ErrMessage is no SMTP data.
func (d *Data) Set(whole []byte) error {
	d.clear()
	if len(whole) == 0 {
		return fmt.Errorf("%w: it is empty", ErrMessage)
	}
	if err := checkLines(whole, maxLine); err != nil {
		return fmt.Errorf("message data: %w", err)
	}
	d.parts = append(d.parts, whole)
	return nil
}

// Append appends the message to dst.
func (d *Data) Append(dst []byte) []byte {
	for _, p := range d.parts {
		dst = append(dst, p...)
	}
	return dst
}

func (d *Data) clear() { d.parts, d.own = d.parts[:0], d.own[:0] }

// between keeps what was appended to d.own to stand between two pieces of a
// stencil, and returns it. To look at it alone is enough, because Stencil.check has
// looked at the pieces: what goes before ends in CRLF, so that this begins a line,
// and what follows begins with CRLF, or with one "=" and CRLF. So no CR, LF or dot
// of one meets that of another, and a line is at most one octet longer than it is
// here.
func (d *Data) between(grown []byte) ([]byte, error) {
	part := grown[len(d.own):]
	if err := checkLines(part, maxLine-1); err != nil {
		return nil, fmt.Errorf("what is the recipient's own: %w", err)
	}
	d.own = grown
	return part, nil
}
