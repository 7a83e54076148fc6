package sanitize

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Block
	}{
		{"styles", "<p>a <b>b <i>c</i></b></p>", []Block{{Runs: []Run{{Text: "a "}, {Text: "b", Strong: true}, {Text: " "}, {Text: "c", Strong: true, Em: true}}}}},
		{"end tags without a start", "</b></i></code></a></ul></blockquote></pre></h2>a", []Block{{Runs: []Run{{Text: "a"}}}}},
		{"start tags without an end", "<b><code>a<p>b", []Block{
			{Runs: []Run{{Text: "a", Strong: true, Code: true}}},
			{Runs: []Run{{Text: "b", Strong: true, Code: true}}},
		}},
		{"heading", "<h3>a</h3>b", []Block{{Kind: Heading, Runs: []Run{{Text: "a", Strong: true}}}, {Runs: []Run{{Text: "b"}}}}},
		{"quotes are drawn two deep", strings.Repeat("<blockquote>", 9) + "a", []Block{{Quote: maxQuote, Runs: []Run{{Text: "a"}}}}},
		{"lists are drawn three deep", strings.Repeat("<ul><li>", 9) + "a", []Block{{Kind: Item, Depth: maxDepth, List: 1, Marker: "- ", Runs: []Run{{Text: "a"}}}}},
		{"numbers go on after an inner list", "<ol><li>a<ul><li>b</ul><li>c</ol>", []Block{
			{Kind: Item, Depth: 1, List: 1, Marker: "1. ", Runs: []Run{{Text: "a"}}},
			{Kind: Item, Depth: 2, List: 1, Marker: "- ", Runs: []Run{{Text: "b"}}},
			{Kind: Item, Depth: 1, List: 1, Marker: "2. ", Runs: []Run{{Text: "c"}}},
		}},
		{"code within preformatted text is the same", "<pre><code>a\n b</code></pre>", []Block{{Kind: Pre, Runs: []Run{{Text: "a\n b"}}}}},
		{"a link that closes late", `<a href="https://a.test">a <p>b</a> c`, []Block{
			{Runs: []Run{{Text: "a", Href: "https://a.test"}}},
			{Runs: []Run{{Text: "b", Href: "https://a.test"}, {Text: " c"}}},
		}},
		{"line breaks at the edges", "<p><br>a<br><br></p>", []Block{{Runs: []Run{{Text: "a"}}}}},
		{"a line break stands in no style but its own", "<b>a</b><br><b>b<br>c</b>", []Block{
			{Runs: []Run{{Text: "a", Strong: true}, {Text: "\n"}, {Text: "b\nc", Strong: true}}},
		}},
		{"items outside a list", "<li>a<li>b", []Block{
			{Kind: Item, Depth: 1, List: 1, Marker: "- ", Runs: []Run{{Text: "a"}}},
			{Kind: Item, Depth: 1, List: 1, Marker: "- ", Runs: []Run{{Text: "b"}}},
		}},
		{"a control in a word", "a\x00b\u202ec", []Block{{Runs: []Run{{Text: "abc"}}}}},
	} {
		if diff := cmp.Diff(c.want, Parse(c.in, nil).Blocks); diff != "" {
			t.Errorf("%s: %q (-want +got)\n%s", c.name, c.in, diff)
		}
	}
}

// TestParseOfLargeInput would take minutes if any step were quadratic.
func TestParseOfLargeInput(t *testing.T) {
	const n = 100_000
	for name, in := range map[string]string{
		"words":    strings.Repeat("word ", n),
		"styles":   strings.Repeat("<b>a</b>", n),
		"breaks":   strings.Repeat("a<br>", n),
		"nesting":  strings.Repeat("<blockquote><ul><li>", n) + "a",
		"unclosed": strings.Repeat("<a href=x", n),
		"entities": strings.Repeat("&amp;", n),
		"any tags": strings.Repeat("<div><font><x-y>", n) + "a",
		"unread":   strings.Repeat("<object><svg>", n) + "a",
		"players":  strings.Repeat(`<video><source src="https://a.test/v"></video>`, n),
		"empty":    "<pre>" + strings.Repeat("x\n\n<b>\n</b>", n),
		"pictures": strings.Repeat(`<img alt="🙂">`, n),
		"rows":     strings.Repeat("<tr><td>a<td>b", n),
		"emoji":    strings.Repeat("👩\u200d", n),
	} {
		doc := Parse(in, nil)
		if short, _ := doc.Cut(100); len(short.Text()) > 500 {
			t.Errorf("%s: %d bytes after the cut", name, len(short.Text()))
		}
	}
}

// markup draws documents out of real tags and words, balanced or not.
func markup() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<code>", "</code>", "<pre>", "</pre>", "<ul>", "</ul>", "<ol>", "</ol>", "<li>",
		"</li>", "<blockquote>", "</blockquote>", `<a href="https://a.test">`, "</a>", "<br>", "<h2>", "</h2>", "<dt>", "</dt>", "<dd>", "<tr>", "<td>", "<q>", "</q>", "<sup>", "</sup>", "2",
		"\u00a0 ", "👩\u200d", `<iframe src="https://tv.test/1" title="Film"></iframe>`, `<ol start="7">`, `<img class="emoji" alt="🙂">`, " ", "\n", "Word.", "two words", "&lt;", "خريطة", "字。",
	})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "") })
}

func TestEveryDocument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := markup().Draw(rt, "markup")
		doc := Parse(in, nil)
		markup := string(doc.HTML(nil))
		checkInert(t, in, markup)
		if again := string(HTML(markup, nil)); again != markup {
			rt.Errorf("%q gave %q and then %q", in, markup, again)
		}
		n := rapid.IntRange(1, 60).Draw(rt, "n")
		short, cut := doc.Cut(n)
		all, kept := doc.plain(), strings.TrimSuffix(short.plain(), Ellipsis)
		if !strings.HasPrefix(squeeze(all), squeeze(kept)) {
			rt.Errorf("the cut %q is not how %q begins", kept, all)
		}
		if cut == (squeeze(all) == squeeze(kept)) {
			rt.Errorf("cut is %v for %q of %q", cut, kept, all)
		}
		if again, more := short.Cut(2 * n); more || again.Text() != short.Text() {
			rt.Errorf("cutting %q again changes it", short.Text())
		}
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
