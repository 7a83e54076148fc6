package sanitize

import (
	"html"
	"strings"
	"unicode"
)

// Line is one clean line for a title, a name or a header: invalid UTF-8 is
// replaced by U+FFFD, every run of blanks and line ends becomes one blank, and
// what cannot be seen is dropped (controls, NUL, bidi controls, zero-width
// characters). It reads no entities or tags: "a &lt; b" stays as it is.
func Line(s string) string {
	return strings.Join(strings.Fields(strip(s, false)), " ")
}

// LineFromHTML is Line for sources that put markup or entities, even twice
// encoded ones, where a plain title belongs.
func LineFromHTML(s string) string {
	return Line(html.UnescapeString(Text(s)))
}

// Visible drops what cannot be seen from plain text and keeps its lines. Tabs
// become blanks.
func Visible(s string) string {
	return strip(s, true)
}

// strip drops invisible runes. Line ends become blanks, or line feeds where
// lines count; other controls vanish except the tab, which becomes blanks.
func strip(s string, lines bool) string {
	if allSeen(s, lines) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if lines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\t", "    ")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, s)
}

// allSeen says whether s is ASCII without controls, which most text is.
func allSeen(s string, lines bool) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b >= 0x7F || b < ' ' && (b != '\n' || !lines) {
			return false
		}
	}
	return true
}

// invisible says whether a rune shows nothing by itself, so that it could hide
// words, turn their direction or make two names look like one. The list is
// Unicode's format and control characters less the few Arabic, Syriac and
// Kaithi signs that are drawn, and the letters that are defined as blank.
func invisible(r rune) bool {
	if r < 0x7F {
		return r < 0x20
	}
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800:
		return true
	}
	if unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}
