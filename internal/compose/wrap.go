package compose

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// columns is how wide the plain text is. A column is what a terminal shows: a
// Chinese character takes two.
const columns = 72

func rule() string { return strings.Repeat("-", columns) }

// leader is what a line begins with and its continuations must repeat or indent.
var leader = regexp.MustCompile(`^((?:> )*)( *(?:- |\d{1,9}\. )?)`)

// wrap breaks text at blanks so that its lines, with prefix before each, are
// not wider than columns. Quotes stay quoted and list items hang. Scripts without
// blanks are broken where Unicode TR 14 allows it, so that no line begins with a
// full stop. A word that is wider is broken, but a web address stays whole on a
// line of its own.
func wrap(prefix, text string) string {
	if text == "" {
		return ""
	}
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		m := leader.FindStringSubmatch(line)
		first := prefix + m[1] + m[2]
		rest := prefix + m[1] + strings.Repeat(" ", len(m[2]))
		out = append(out, fill(first, rest, line[len(m[0]):])...)
	}
	return strings.Join(out, "\n")
}

func fill(first, rest, line string) []string {
	var out []string
	current, width, empty := first, uniseg.StringWidth(first), true
	next := func() {
		out = append(out, strings.TrimRight(current, " "))
		current, width, empty = rest, uniseg.StringWidth(rest), true
	}
	for _, word := range strings.FieldsFunc(line, breakable) {
		blank := 1
		for _, piece := range pieces(word, columns-len(rest)) {
			w := uniseg.StringWidth(piece)
			if !empty && width+blank+w > columns {
				next()
			}
			if !empty && blank > 0 {
				current, width = current+" ", width+1
			}
			current, width, empty, blank = current+piece, width+w, false, 0
		}
	}
	next()
	return out
}

const nbsp = '\u00a0' // as French puts before a colon

func breakable(r rune) bool { return unicode.IsSpace(r) && r != nbsp }

// pieces are the parts of a word between which a line may end. Addresses stay
// whole.
func pieces(word string, width int) []string {
	switch {
	case strings.HasPrefix(word, "https://"), strings.HasPrefix(word, "http://"):
		return []string{word}
	case strings.ContainsFunc(word, wide):
		return segments(word, width)
	}
	return chunks(word, width)
}

// wide says whether a character belongs to a script that is written without
// blanks and breaks between most of its characters.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// segments are the parts of a word that stay together (Unicode TR 14).
func segments(word string, width int) []string {
	var out []string
	for state, rest := -1, word; rest != ""; {
		var segment string
		segment, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		out = append(out, chunks(segment, width)...)
	}
	return out
}

// chunks break a word that is wider than a line between user-perceived characters.
func chunks(word string, width int) []string {
	if uniseg.StringWidth(word) <= width {
		return []string{word}
	}
	var out []string
	var piece strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(word); g.Next(); {
		if used+g.Width() > width {
			out = append(out, piece.String())
			piece.Reset()
			used = 0
		}
		piece.WriteString(g.Str())
		used += g.Width()
	}
	return append(out, piece.String())
}

var gaps = regexp.MustCompile(`\n{3,}`)

// tidy drops blanks at line ends and empty lines beyond one, so that templates
// can be written for their readers. No-break spaces have done their work once lines
// are broken; what joins emoji shows as a box where a terminal cannot join them.
func tidy(s string) string {
	lines := strings.Split(strings.NewReplacer(string(nbsp), " ", "\u200d", "").Replace(s), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.Trim(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), "\n") + "\n"
}
