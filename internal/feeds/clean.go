package feeds

import (
	"bytes"
	"strconv"
)

// legible drops the characters that XML forbids, and references to them: one of
// them would make the whole document unreadable. It copies only if it finds any.
func legible(text []byte) []byte {
	var out []byte
	from := 0
	drop := func(i, n int) {
		if out == nil {
			out = make([]byte, 0, len(text))
		}
		out = append(out, text[from:i]...)
		from = i + n
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' && !isSpace(c):
			drop(i, 1)
		case c == '&':
			if n := badReference(text[i:]); n > 0 {
				drop(i, n)
			}
		case c == 0xEF && (bytes.HasPrefix(text[i:], []byte("\uFFFE")) || bytes.HasPrefix(text[i:], []byte("\uFFFF"))):
			drop(i, 3)
		}
	}
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}

// badReference is the length of the reference that b begins with, if it is one
// to a character that XML forbids, as "&#0;" is.
func badReference(b []byte) int {
	if len(b) < 4 || b[1] != '#' {
		return 0
	}
	end := bytes.IndexByte(b[:min(len(b), 14)], ';')
	if end < 0 {
		return 0
	}
	digits, base := b[2:end], 10
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 64)
	switch {
	case err != nil, n == '\t', n == '\n', n == '\r':
		return 0
	case n < 0x20, n > 0x10FFFF, 0xD800 <= n && n < 0xE000, n == 0xFFFE, n == 0xFFFF:
		return end + 1
	}
	return 0
}
