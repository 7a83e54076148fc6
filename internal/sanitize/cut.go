package sanitize

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Ellipsis ends a text that was cut within a sentence.
const Ellipsis = "…"

// Cut keeps whole sentences (Unicode TR 29) up to about n characters, and says
// whether anything was left out. A first sentence that is much longer than n is
// cut between words with an ellipsis, so that something always stands.
func (d Doc) Cut(n int) (Doc, bool) {
	var out Doc
	used := 0
	for i, b := range d.Blocks {
		text := b.Text()
		size := utf8.RuneCountInString(text)
		if used+size <= n {
			out.Blocks = append(out.Blocks, b)
			used += size
			continue
		}
		// Half full is enough: better short than a sentence torn.
		if part, ok := cutBlock(b, text, n-used, used >= n/2); ok {
			out.Blocks = append(out.Blocks, part)
		}
		more := len(out.Blocks) < i+1 || out.Blocks[i].Text() != text || i < len(d.Blocks)-1
		if more {
			out.Blocks = dropHeadings(out.Blocks)
		}
		return out, more
	}
	return out, false
}

// dropHeadings drops the headings at the end, of which nothing follows any more.
func dropHeadings(blocks []Block) []Block {
	for n := len(blocks); n > 1 && blocks[n-1].Kind == Heading; n-- {
		blocks = blocks[:n-1]
	}
	return blocks
}

// cutBlock keeps what fits of a block. ok is false where nothing does and
// nothing must.
func cutBlock(b Block, text string, n int, mayBeEmpty bool) (_ Block, ok bool) {
	keep := 0
	if b.Kind == Pre {
		keep = wholeLines(text, n)
	} else {
		keep = wholeSentences(text, n)
	}
	if keep > 0 {
		b.Runs = trimRuns(firstBytes(b.Runs, keep), b.Kind == Pre)
		return b, len(b.Runs) > 0
	}
	if mayBeEmpty {
		return Block{}, false
	}
	// The sentence's end is near: take it whole.
	if end := firstSentence(text, n+n/4); end > 0 {
		b.Runs = trimRuns(firstBytes(b.Runs, end), b.Kind == Pre)
		return b, len(b.Runs) > 0
	}
	b.Runs = trimRuns(firstBytes(b.Runs, wholeWords(text, n)), b.Kind == Pre)
	if len(b.Runs) == 0 {
		return Block{}, false
	}
	b.Runs[len(b.Runs)-1].Text += Ellipsis
	return b, true
}

// wholeSentences is how many bytes of s are sentences that end within n characters.
func wholeSentences(s string, n int) int {
	window := firstChars(s, n+1)
	end, rest, state := 0, window, -1
	for rest != "" {
		var sentence string
		sentence, rest, state = uniseg.FirstSentenceInString(rest, state)
		next := end + len(sentence)
		if next == len(window) && len(window) < len(s) {
			return end // the window tore this one
		}
		end = next
	}
	return end
}

// firstSentence is the length in bytes of the first sentence if it has at most
// n characters; else 0.
func firstSentence(s string, n int) int {
	window := firstChars(s, n+1)
	sentence, _, _ := uniseg.FirstSentenceInString(window, -1)
	if len(sentence) == len(window) && len(window) < len(s) {
		return 0
	}
	return len(sentence)
}

// wholeLines is how many bytes of s are lines that end within n characters.
func wholeLines(s string, n int) int {
	window := firstChars(s, n+1)
	if len(window) == len(s) {
		return len(s)
	}
	return max(0, strings.LastIndexByte(window, '\n'))
}

// wholeWords is how many bytes of s are words within n characters. Where no
// blank is near (a very long word, or a script without blanks) it breaks
// between user-perceived characters.
func wholeWords(s string, n int) int {
	window := firstChars(s, n)
	if len(window) == len(s) {
		return len(s)
	}
	if i := strings.LastIndexAny(window, " \n"); i > len(window)*2/3 {
		return i
	}
	end, rest, state := 0, firstChars(s, n+maxCluster), -1
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(cluster) > len(window) {
			break
		}
		end += len(cluster)
	}
	if end == 0 { // one endless cluster: letters drowned in combining marks
		return len(window)
	}
	return end
}

// maxCluster is how many characters are looked at to see where a cluster ends.
const maxCluster = 32

func firstChars(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Short keeps at most n characters of a line, whole words where possible, with
// an ellipsis where something is left out.
func Short(line string, n int) string {
	if utf8.RuneCountInString(line) <= n {
		return line
	}
	kept := line[:wholeWords(line, n-1)]
	return strings.TrimRight(kept, " ,.;:!?-–—(") + Ellipsis
}
