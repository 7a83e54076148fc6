package feeds

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// declared finds the encoding that an XML declaration names.
var declared = regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// decode turns a document into UTF-8. What it says about itself is believed in
// the order of RFC 7303 (byte order mark, HTTP, XML declaration) as long as the
// bytes agree: servers often name an encoding that the document is not in.
func decode(doc []byte, contentType string) []byte {
	if e, mark := marked(doc); e != nil {
		return convert(e, doc[mark:])
	}
	doc = bytes.TrimPrefix(doc, []byte("\xEF\xBB\xBF"))
	names := []string{charsetOf(contentType)}
	if m := declared.FindSubmatch(doc[:min(len(doc), 400)]); m != nil {
		names = append(names, string(m[1]))
	}
	valid := utf8.Valid(doc)
	for _, name := range names {
		e, err := htmlindex.Get(name)
		if err != nil || e == unicode.UTF8 || wide(name) {
			continue
		}
		// Text with accents that is valid UTF-8 by chance does not happen in
		// Western European encodings; mislabelled UTF-8 does, every day.
		if valid && (e == charmap.Windows1252 || e == charmap.ISO8859_15) {
			continue
		}
		if valid && isUTF8(names) && !escapes(e) {
			continue
		}
		return convert(e, doc)
	}
	if valid {
		return doc
	}
	return mend(doc)
}

// marked tells wide encodings by their byte order mark, or by how they write
// the "<" that XML begins with. mark is how long the mark is.
func marked(doc []byte) (e encoding.Encoding, mark int) {
	for _, m := range [...]struct {
		begin string
		mark  int
		e     encoding.Encoding
	}{
		{"\x00\x00\xFE\xFF", 4, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"\xFF\xFE\x00\x00", 4, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\x00<", 0, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"<\x00\x00\x00", 0, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\xFE\xFF", 2, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"\xFF\xFE", 2, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\x00<\x00", 0, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"<\x00?\x00", 0, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	} {
		if bytes.HasPrefix(doc, []byte(m.begin)) {
			return m.e, m.mark
		}
	}
	return nil, 0
}

// charsetOf is the charset parameter of a media type.
func charsetOf(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

// wide says whether a name is of an encoding that marked would have found if
// the document were in it.
func wide(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") || strings.HasPrefix(name, "ucs-")
}

// escapes says whether an encoding writes other characters in ASCII bytes, so
// that all its documents are valid UTF-8.
func escapes(e encoding.Encoding) bool {
	name, _ := htmlindex.Name(e)
	return name == "iso-2022-jp"
}

// isUTF8 says whether one of the names is UTF-8's.
func isUTF8(names []string) bool {
	for _, name := range names {
		if e, err := htmlindex.Get(name); err == nil && e == unicode.UTF8 {
			return true
		}
	}
	return false
}

// convert decodes doc; what it cannot decode becomes U+FFFD.
func convert(e encoding.Encoding, doc []byte) []byte {
	out, err := e.NewDecoder().Bytes(doc)
	if err != nil { // the decoders of x/text replace instead of failing
		return bytes.ToValidUTF8(doc, []byte("\uFFFD"))
	}
	return out
}

// mend makes UTF-8 of what claims to be and is not. Where most of its wide
// characters are right, some bytes were damaged; else it is Windows-1252, which
// contains Latin-1.
func mend(doc []byte) []byte {
	right, wrong := 0, 0
	for rest := doc; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			wrong++
		case size > 1:
			right++
		}
		rest = rest[size:]
	}
	if right >= wrong {
		return bytes.ToValidUTF8(doc, []byte("\uFFFD"))
	}
	return convert(charmap.Windows1252, doc)
}
