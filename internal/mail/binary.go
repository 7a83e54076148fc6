package mail

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// stencilMagic names the format and its version.
const stencilMagic = "digest stencil 1\n"

// MarshalBinary writes the stencil for storage. Every field is its length as a
// uvarint and its bytes: mailbox, header, then the pieces of the body.
func (s *Stencil) MarshalBinary() ([]byte, error) {
	out := []byte(stencilMagic)
	for _, field := range append([][]byte{[]byte(s.mailbox), s.head}, s.pieces...) {
		out = binary.AppendUvarint(out, uint64(len(field)))
		out = append(out, field...)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote and checks that it can only
// give well-formed messages. On an error s is unchanged.
func (s *Stencil) UnmarshalBinary(data []byte) error {
	if len(data) < len(stencilMagic) || string(data[:len(stencilMagic)]) != stencilMagic {
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
	if len(fields) < 3 {
		return errors.New("stencil: incomplete")
	}
	read := Stencil{mailbox: string(fields[0]), head: fields[1], pieces: fields[2:]}
	if err := read.check(); err != nil {
		return err
	}
	*s = read
	return nil
}
