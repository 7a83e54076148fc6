package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// blanks says what becomes of blanks.
type blanks int

const (
	asBlanks blanks = iota // each is a plain one
	asLines                // line feeds stay, tabs become four
	asCode                 // no-break spaces stay
)

// strip drops invisible runes and makes others of blanks and line ends.
func strip(s string, b blanks) string {
	if allSeen(s, b) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if b == asLines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\t", "    ")
	}
	var out strings.Builder
	out.Grow(len(s))
	var last rune // that stands, without variation selectors
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at := i
		i += size
		switch {
		case r == '\n' && b == asLines, r == '\u00a0' && b == asCode:
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			r = ' '
		case invisible(r):
			if kept := partOfEmoji(last, s[at:]); kept > 0 {
				out.WriteString(s[at : at+kept])
				i = at + kept
			}
			continue
		}
		if r != variation {
			last = r
		}
		out.WriteRune(r)
	}
	return out.String()
}

// allSeen says whether s is ASCII without controls, which most text is.
func allSeen(s string, b blanks) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x7F || c < ' ' && (c != '\n' || b != asLines) {
			return false
		}
	}
	return true
}

const (
	joiner    = '\u200d'     // makes one emoji of two
	variation = '\ufe0f'     // asks for the coloured form of a sign
	blackFlag = '\U0001F3F4' // begins the flags of regions
)

// regions are the flags that are spelt in invisible letters, all that Unicode
// recommends: England, Scotland and Wales.
var regions = []string{
	"\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
	"\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
	"\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F",
}

// partOfEmoji is how many bytes rest begins with that nobody sees, but that
// make one picture of what stands around them.
func partOfEmoji(last rune, rest string) int {
	r, size := utf8.DecodeRuneInString(rest)
	if r == joiner && pictograph(last) {
		if next, _ := utf8.DecodeRuneInString(rest[size:]); pictograph(next) {
			return size
		}
	}
	if last == blackFlag {
		for _, region := range regions {
			if strings.HasPrefix(rest, region) {
				return len(region)
			}
		}
	}
	return 0
}

// pictograph says whether r lies in the blocks that hold the emoji which may be
// joined (Unicode TR 51): pictures, and the arrows and signs with such a form.
func pictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x2BFF && r != 0x2800
}
