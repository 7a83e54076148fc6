package sanitize

import "strings"

// Text writes the Doc as plain text, unwrapped: one empty line between blocks,
// none between the items of a list, "> " before each line of a quote.
// It holds no zero-width characters, so that an emoji made of several shows them
// one by one, and no no-break spaces.
func (d Doc) Text() string { return plain.Replace(d.text()) }

var plain = strings.NewReplacer(string(joiner), "", "\u00a0", " ")

func (d Doc) text() string {
	var out strings.Builder
	for i, b := range d.Blocks {
		if i > 0 {
			out.WriteString(between(d.Blocks[i-1], b))
		}
		first, rest := indents(b)
		for j, line := range strings.Split(b.Text(), "\n") {
			prefix := rest
			if j == 0 {
				prefix = first
			} else {
				out.WriteByte('\n')
			}
			out.WriteString(strings.TrimRight(prefix+line, " \u00a0"))
		}
	}
	return out.String()
}

// between is what stands between two blocks.
func between(a, b Block) string {
	if a.Kind == Item && b.Kind == Item && a.List == b.List && a.Quote == b.Quote {
		return "\n"
	}
	if n := min(a.Quote, b.Quote); n > 0 { // the empty line belongs to the quote
		return "\n" + strings.TrimRight(strings.Repeat("> ", n), " ") + "\n"
	}
	return "\n\n"
}

// indents are what the first line and the others of a block begin with.
func indents(b Block) (first, rest string) {
	base := strings.Repeat("> ", b.Quote)
	if b.Kind == Pre {
		base += "    "
	}
	if b.Kind != Item {
		return base, base
	}
	base += strings.Repeat("  ", max(0, b.Depth-1))
	marker := b.Marker
	if marker == "" {
		marker = "  "
	}
	return base + marker, base + strings.Repeat(" ", len(marker))
}
