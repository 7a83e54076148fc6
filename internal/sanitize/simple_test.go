package sanitize

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bothWays fails where the short way of reading gives anything else than the long one.
func bothWays(t *testing.T, in string) (simple bool) {
	t.Helper()
	in = strings.ToValidUTF8(in, "\uFFFD")
	b := builder{}
	if !b.simple(in) {
		return false
	}
	if diff := cmp.Diff(parseAny(in, nil), Doc{Blocks: b.blocks}); diff != "" {
		t.Errorf("%q is read in two ways: %s", in, diff)
	}
	return true
}

func TestSimpleMarkupIsReadAlike(t *testing.T) {
	pieces := []string{
		"<p>", "</p>", "<br>", "<br />", "<br/>", "<em>", "</em>", "<i>", "</i>", "<strong>", "</b>", "<b>", "<code>", "</code>",
		"<blockquote>", "</blockquote>", "<ul>", "</ul>", "<ol>", "<li>", "</li>", "word", "two words", " ", "  ", "\n", "\r\n", "\t",
		"&amp;", "&lt;b&gt;", "&nbsp;", "&#8203;", "&", "&am", "p;", "&#x0;", "ж", "é", "\u200b", "\u202e", "\x00", "\x0b", ">", "\"", "\u00a0",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	simple := 0
	for range 20_000 {
		var b strings.Builder
		for range rng.IntN(14) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		if bothWays(t, b.String()) {
			simple++
		}
		if t.Failed() {
			return
		}
	}
	if simple < 10_000 {
		t.Errorf("only %d were simple", simple)
	}
}

func TestOtherMarkupIsNotSimple(t *testing.T) {
	for _, in := range []string{`<a href="https://a.test">`, "<P>", "<p class=x>", "<pre>", "a < b", "<", "<!-- x -->", "</br>", "<script>", "<blockquotes>", "<//p>"} {
		if b := (builder{}); b.simple(in) {
			t.Errorf("%q counts as simple", in)
		}
	}
}

// FuzzSimple: markup that is read the short way gives what the long way gives.
func FuzzSimple(f *testing.F) {
	f.Add("<p>a <em>b</em>&amp;\n<br>c</p><ul><li>d")
	f.Fuzz(func(t *testing.T, in string) { bothWays(t, in) })
}
