package sanitize

import (
	"html"
	"strings"
	"unicode"
)

// Line is one clean line for a title, a name or a header: invalid UTF-8 is
// replaced by U+FFFD, every run of blanks and line ends becomes one blank, and
// what cannot be seen is dropped (controls, NUL, bidi controls, zero-width
// characters but for those that join emoji). It reads no entities or tags: "a &lt; b" stays as it is.
func Line(s string) string {
	return strings.Join(strings.Fields(strip(s, asBlanks)), " ")
}

// LineFromHTML is Line for sources that put markup or entities, even twice
// encoded ones, where a plain title belongs.
func LineFromHTML(s string) string {
	return Line(html.UnescapeString(Parse(s, nil).text()))
}

// Visible drops what cannot be seen from plain text and keeps its lines. Tabs
// become blanks.
func Visible(s string) string {
	return strip(s, asLines)
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
