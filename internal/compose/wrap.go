package compose

import (
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
)

// columns is how wide the plain text is. A column is what a terminal shows: a
// Chinese character takes two.
const columns = 72

func rule() string { return strings.Repeat("-", columns) }

// leader is what a line begins with and its continuations must repeat or indent.
var leader = regexp.MustCompile(`^((?:> )*)( *(?:- |\d{1,9}\. )?)`)

// wrap breaks text at blanks so that its lines, with prefix before each, are
// not wider than columns. Quotes stay quoted and list items hang. A word that
// is wider is broken, but a web address stays whole on a line of its own.
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
	for _, word := range strings.Fields(line) {
		for _, piece := range pieces(word, columns-len(rest)) {
			w := uniseg.StringWidth(piece)
			if !empty && width+1+w > columns {
				next()
			}
			if !empty {
				current, width = current+" ", width+1
			}
			current, width, empty = current+piece, width+w, false
		}
	}
	next()
	return out
}

// pieces breaks a word that is wider than a line, between user-perceived
// characters; addresses stay whole.
func pieces(word string, width int) []string {
	if uniseg.StringWidth(word) <= width || strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "http://") {
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
// can be written for their readers.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.Trim(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), "\n") + "\n"
}
