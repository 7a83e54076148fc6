package sanitize

// Doc is outside markup reduced to a flat list of blocks. It has no nesting
// beyond a block's quote and list depth, so nothing that walks it can recurse.
// The zero Doc is empty.
type Doc struct {
	Blocks []Block
}

// Kind is what a block is.
type Kind int

// The kinds of block.
const (
	Paragraph Kind = iota
	Heading        // a paragraph whose runs are strong: the mail's own headings are the outline
	Pre            // preformatted: its line feeds and blanks count
	Item           // a list item, or a further paragraph of one where Marker is empty
)

// Block is one paragraph of whatever kind.
type Block struct {
	Kind   Kind
	Quote  int    // how many quotes it stands in; 0: none
	Depth  int    // how many lists it stands in; 0: none
	List   int    // number of its outermost list within the Doc, from 1; 0: none
	Marker string // "- ", "3. " or empty
	Runs   []Run
}

// Run is a stretch of text in one style. Href is an absolute http(s) address,
// or empty.
type Run struct {
	Text   string
	Strong bool
	Em     bool
	Code   bool
	Href   string
}

// sameStyle says whether two runs differ in their text alone.
func (r Run) sameStyle(o Run) bool {
	return r.Strong == o.Strong && r.Em == o.Em && r.Code == o.Code && r.Href == o.Href
}

// Text is the block's words without any marks.
func (b Block) Text() string {
	n := 0
	for _, r := range b.Runs {
		n += len(r.Text)
	}
	out := make([]byte, 0, n)
	for _, r := range b.Runs {
		out = append(out, r.Text...)
	}
	return string(out)
}

// Empty says whether there is nothing to read.
func (d Doc) Empty() bool { return len(d.Blocks) == 0 }

// Links are the addresses that the Doc links to, in order, each once.
func (d Doc) Links() []string {
	var out []string
	seen := map[string]bool{}
	for _, b := range d.Blocks {
		for _, r := range b.Runs {
			if r.Href != "" && !seen[r.Href] {
				seen[r.Href] = true
				out = append(out, r.Href)
			}
		}
	}
	return out
}

// MapLinks returns a copy in which f has replaced the words and the address of
// each link; an empty address leaves the words as plain text. A link in several
// styles is passed as its several runs.
func (d Doc) MapLinks(f func(words, href string) (string, string)) Doc {
	out := Doc{Blocks: make([]Block, len(d.Blocks))}
	for i, b := range d.Blocks {
		b.Runs = append([]Run(nil), b.Runs...)
		for j, r := range b.Runs {
			if r.Href != "" {
				b.Runs[j].Text, b.Runs[j].Href = f(r.Text, r.Href)
			}
		}
		out.Blocks[i] = b
	}
	return out
}
