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

// oneEmptyLine drops the empty lines after a first one, and those at the start:
// a stranger must not be able to push the rest off the page.
func oneEmptyLine(runs []Run) []Run {
	var out []Run
	var cur Run
	var text strings.Builder
	end := func() {
		if cur.Text = text.String(); cur.Text != "" {
			out = append(out, cur)
		}
		text.Reset()
	}
	words, empty := false, 1 // words in this line, empty lines before it
	for _, r := range runs {
		for line := range strings.SplitAfterSeq(r.Text, "\n") {
			ends := strings.HasSuffix(line, "\n")
			if strings.Trim(line, " \n\u00a0") != "" {
				words, empty = true, 0
			} else if ends && !words {
				empty++
			}
			skipped := ends && !words && empty > 1
			words = words && !ends
			if skipped || line == "" {
				continue
			}
			if !cur.sameStyle(r) {
				end()
				cur = r
			}
			text.WriteString(line)
		}
	}
	end()
	return out
}

// hasLines says whether line feeds count in a run of the block.
func hasLines(runs []Run) bool {
	for _, r := range runs {
		if r.Code && strings.Contains(r.Text, "\n") {
			return true
		}
	}
	return false
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
