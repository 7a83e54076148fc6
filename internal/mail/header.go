package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLine is the most octets that a line may have without its CRLF (RFC 5322, 2.1.1).
	maxLine = 998
	// maxWord keeps an encoded word, behind a field name, on a line of 76.
	// RFC 2047 would allow 75 but then the first line holds only the name.
	maxWord = 62
)

// clean makes a value one line of printable text: controls, line and paragraph
// separators and invalid bytes become spaces, runs of spaces become one, and
// invisible direction controls go, since they would let a title rewrite what
// stands beside it.
func clean(s string) string {
	if isASCII(s) && strings.Trim(s, " ") == s && !strings.Contains(s, "  ") {
		return s // most are
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case r == utf8.RuneError, unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		default:
			return r
		}
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// encodeText is an unstructured value such as a subject. Text that itself looks
// like an encoded word is encoded, or a reader's program would decode it.
func encodeText(s string) string {
	s = clean(s)
	if isASCII(s) && !strings.Contains(s, "=?") && longestWord(s) <= maxWord {
		return s
	}
	return encodeWords(s)
}

// encodeWords gives s as encoded words with the Q encoding (RFC 2047), none
// longer than maxWord, one space between them. It uses only the characters
// that are also allowed in a phrase, and never splits a character.
func encodeWords(s string) string {
	const open, end = "=?utf-8?q?", "?="
	var b strings.Builder
	room := 0
	for _, r := range s {
		q := encodeRune(r)
		if len(q) > room {
			if b.Len() > 0 {
				b.WriteString(end + " ")
			}
			b.WriteString(open)
			room = maxWord - len(open) - len(end)
		}
		b.WriteString(q)
		room -= len(q)
	}
	if b.Len() > 0 {
		b.WriteString(end)
	}
	return b.String()
}

func encodeRune(r rune) string {
	if r == ' ' {
		return "_"
	}
	if r < utf8.RuneSelf && (isAlnum(byte(r)) || strings.ContainsRune("!*+-/", r)) {
		return string(r)
	}
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		b.WriteByte('=')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

// encodePhrase is a display name: as it is where it is made of atoms, quoted
// where that suffices, else encoded words.
func encodePhrase(s string) string {
	s = clean(s)
	if !isASCII(s) || strings.Contains(s, "=?") || longestWord(s) > maxWord {
		return encodeWords(s)
	}
	for i := range len(s) {
		if !isAtext(s[i]) && s[i] != ' ' {
			if quoted := `"` + quoteReplacer.Replace(s) + `"`; longestWord(quoted) <= maxWord {
				return quoted
			}
			return encodeWords(s)
		}
	}
	return s
}

var quoteReplacer = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func longestWord(s string) int {
	longest := 0
	for w := range strings.SplitSeq(s, " ") {
		longest = max(longest, len(w))
	}
	return longest
}

// validFieldName follows RFC 5322 (ftext), and is short enough to leave room.
func validFieldName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == ':' {
			return false
		}
	}
	return s != "" && len(s) <= 60
}

// isASCII says whether s is printable ASCII throughout.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// isAtext is RFC 5322's atext.
func isAtext(c byte) bool {
	return isAlnum(c) || c > ' ' && c < 0x7f && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
