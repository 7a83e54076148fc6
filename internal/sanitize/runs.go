package sanitize

import "strings"

// trimRuns drops blanks and line feeds around a block's words; of preformatted
// text only the empty lines, since its first blanks are its indentation.
func trimRuns(runs []Run, pre bool) []Run {
	left, right := " \n", " \n\u00a0"
	if pre {
		left = "\n"
	}
	for len(runs) > 0 {
		runs[0].Text = strings.TrimLeft(runs[0].Text, left)
		if runs[0].Text != "" {
			break
		}
		runs = runs[1:]
	}
	for len(runs) > 0 {
		last := &runs[len(runs)-1]
		last.Text = strings.TrimRight(last.Text, right)
		if last.Text != "" {
			break
		}
		runs = runs[:len(runs)-1]
	}
	return runs
}

// firstBytes keeps the first n bytes of the runs' text.
func firstBytes(runs []Run, n int) []Run {
	var out []Run
	for _, r := range runs {
		if n <= 0 {
			break
		}
		if len(r.Text) > n {
			r.Text = r.Text[:n]
		}
		n -= len(r.Text)
		out = append(out, r)
	}
	return out
}

// singleSpaced says whether s has words, and nothing between them but single
// blanks, so that they need not be gathered one by one.
func singleSpaced(s string) bool {
	words := false
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == ' ':
			if i > 0 && s[i-1] == ' ' {
				return false
			}
		case b < ' ' || b >= 0x7f: // other blanks are written in these
			return false
		default:
			words = true
		}
	}
	return words
}
