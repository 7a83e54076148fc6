package mail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// stencilMagic names the format and its version. The first one knew one kind of
// hole.
const (
	stencilMagic = "digest stencil 2\n"
	stencilFirst = "digest stencil 1\n"
)

// MarshalBinary writes the stencil for storage. Every field is its length as a
// uvarint and its bytes: mailbox, header, what fills the holes, then the pieces
// of the body.
func (s *Stencil) MarshalBinary() ([]byte, error) {
	out := []byte(stencilMagic)
	for _, field := range append([][]byte{[]byte(s.mailbox), s.head, []byte(s.fills)}, s.pieces...) {
		out = binary.AppendUvarint(out, uint64(len(field)))
		out = append(out, field...)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote and checks that it can only
// give well-formed messages. On an error s is unchanged.
func (s *Stencil) UnmarshalBinary(data []byte) error {
	first := bytes.HasPrefix(data, []byte(stencilFirst))
	if !first && !bytes.HasPrefix(data, []byte(stencilMagic)) {
		return errors.New("stencil: not a stencil of this version")
	}
	var fields [][]byte
	for rest := data[len(stencilMagic):]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return fmt.Errorf("stencil: damaged at byte %d", len(data)-len(rest))
		}
		end := n + int(size)
		fields = append(fields, append([]byte(nil), rest[n:end]...))
		rest = rest[end:]
	}
	if first && len(fields) >= 3 {
		fills := bytes.Repeat([]byte{fillUnsubscribe}, len(fields)-3)
		fields = slices.Insert(fields, 2, fills)
	}
	if len(fields) < 4 {
		return errors.New("stencil: incomplete")
	}
	read := Stencil{mailbox: string(fields[0]), head: fields[1], fills: string(fields[2]), pieces: fields[3:]}
	if err := read.check(); err != nil {
		return err
	}
	*s = read
	return nil
}
