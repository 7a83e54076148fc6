package sanitize

import "strings"

// Superscripts and subscripts for which Unicode has characters: footnotes,
// powers and formulas. Neither a plain "x2" nor a "[2]" would read as well.
var (
	superscript = digitsOf("0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻−⁻n ⁿi ⁱ")
	subscript   = digitsOf("0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋−₋")
)

func digitsOf(pairs string) map[rune]rune {
	out := map[rune]rune{}
	runes := []rune(strings.ReplaceAll(pairs, " ", ""))
	for i := 0; i+1 < len(runes); i += 2 {
		out[runes[i]] = runes[i+1]
	}
	return out
}

func raise(s string) string { return swapAll(s, superscript) }
func lower(s string) string { return swapAll(s, subscript) }

// swapAll swaps either every character but blanks and commas, or none: "st" of
// "1st" and "[1]" read well as they are.
func swapAll(s string, table map[rune]rune) string {
	known := true
	swapped := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ,\n\t", r) {
			return r
		}
		to, ok := table[r]
		known = known && ok
		return to
	}, s)
	if !known {
		return s
	}
	return swapped
}
