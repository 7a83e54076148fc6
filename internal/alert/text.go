package alert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many bytes of an alert are delivered. Linux takes no more than
// 128 KiB in one variable of the environment, and no reader of messages as much.
const maxText = 8 << 10

// clean makes a text fit for terminals, mail and JSON: what a relay or a site
// has said may be part of it. Lines are kept; other control characters and
// those that turn the direction of writing are not.
func clean(s string) string {
	s = strings.TrimSpace(strings.Map(harmless, strings.ToValidUTF8(s, "\ufffd")))
	if len(s) > maxText {
		s = cut(s, maxText-len("…")) + "…"
	}
	return s
}

func harmless(r rune) rune {
	switch {
	case r == '\n', r == '\u2028', r == '\u2029':
		return '\n'
	case r == '\t', r == '\u0085':
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return -1
	}
	return r
}

// oneLine is the text for where a line break would begin something else, such as
// a header field of a mail.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

// clip is enough of a text to know it by, for the log.
func clip(s string) string {
	if s = oneLine(s); len(s) > 200 {
		s = cut(s, 200) + "…"
	}
	return s
}

// cut shortens s to at most n bytes, at the start of a character.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
