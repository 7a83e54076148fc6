package preview

import (
	"bytes"
	"mime"
	"strings"
)

// Header is a field of a message, unfolded and decoded.
type Header struct {
	Name, Value string
}

// Headers are the fields of a message in their order, for people to read: encoded
// words (RFC 2047) are decoded, and one that cannot be stays as it is.
func Headers(message []byte) []Header {
	head, _, _ := bytes.Cut(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	var all []Header
	for line := range strings.SplitSeq(string(head), "\n") {
		if n := len(all); n > 0 && strings.TrimLeft(line, " \t") != line {
			all[n-1].Value += line // RFC 5322 section 2.2.3: only the line end goes
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if ok {
			all = append(all, Header{name, value})
		}
	}
	var words mime.WordDecoder
	for i, h := range all {
		decoded, err := words.DecodeHeader(h.Value)
		if err != nil {
			decoded = h.Value
		}
		all[i].Value = strings.TrimSpace(decoded)
	}
	return all
}
