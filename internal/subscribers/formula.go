package subscribers

import (
	"strings"
	"unicode/utf8"
)

// formulaStarts are what makes a spreadsheet compute a cell instead of showing
// it, also in their full-width forms.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// Shielded is a text that a spreadsheet does not take for a formula: it gets a
// ' in front, which most spreadsheets hide. A text of that form gets one more,
// so that plain undoes it exactly.
func Shielded(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// plain undoes Shielded.
func plain(s string) string {
	if strings.HasPrefix(s, "'") && startsFormula(s) {
		return s[1:]
	}
	return s
}

// startsFormula looks behind any ' in front.
func startsFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && strings.ContainsRune(formulaStarts, r)
}
