package sanitize

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzHTML: whatever goes in, what comes out is inert, is as a browser reads it,
// reads again as the same, and keeps to a size; also after a cut.
func FuzzHTML(f *testing.F) {
	for _, in := range residues {
		if len(in) < 500 {
			f.Add(in)
		}
	}
	f.Add(`<ul><li>a<ol start=3><li>b</blockquote></ul><pre> x <b>y <a href=/z> w</a><br><br>v`)
	f.Add(`<table><tr><td>a<td>b<br><tr><dl><dt>c<dd>d<q>e</table><object><embed src="https://a.test">`)
	f.Add("<code>&nbsp;<br><br> a</code> <img alt=\"👩\u200d🚀\"><sup>2</sup>")
	f.Fuzz(func(t *testing.T, in string) {
		base := mustURL(t, "https://blog.test/post")
		doc := Parse(in, base)
		markup := string(doc.HTML(nil))
		checkInert(t, in, markup)
		checkInert(t, in, reparsed(t, markup))
		if again := string(HTML(markup, base)); again != markup {
			t.Errorf("%q gave %q and then %q", in, markup, again)
		}
		checkSize(t, in, doc)
		short, cut := doc.Cut(40)
		checkInert(t, in, string(short.HTML(nil)))
		if !cut && short.Text() != doc.Text() {
			t.Errorf("%q: Cut lost text without saying so", in)
		}
		if n := utf8.RuneCountInString(strings.Join(strings.Fields(short.plain()), "")); n > 51 {
			t.Errorf("%q: cut to 40, %d characters stand", in, n)
		}
	})
}

// maxGrowth is how many times longer than the source the markup may be, apart
// from its addresses, of which none has more than MaxAddress bytes: a <p> can be
// followed by one letter in every style.
const maxGrowth = 40

func checkSize(t *testing.T, in string, doc Doc) {
	t.Helper()
	words := doc.MapLinks(func(words, _ string) (string, string) { return words, "h" })
	most := maxGrowth * (len(in) + 1)
	if n := len(words.HTML(nil)); n > most {
		t.Errorf("%d bytes gave %d of markup", len(in), n)
	}
	if n := len(doc.Text()); n > most {
		t.Errorf("%d bytes gave %d of text", len(in), n)
	}
}

// plain is the words alone.
func (d Doc) plain() string {
	var out strings.Builder
	for _, b := range d.Blocks {
		out.WriteString(b.Text())
	}
	return out.String()
}

// FuzzText: the text is valid, without controls but line feeds, without blanks
// at line ends or gaps; and plain words that were escaped come back as they were.
func FuzzText(f *testing.F) {
	f.Add("<p>a</p>\r\n<pre>b  </pre>&#0;&#x202e;")
	f.Fuzz(func(t *testing.T, in string) {
		got := Text(in)
		if !utf8.ValidString(got) || hides(got, false) {
			t.Errorf("%q gave %q", in, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%q: trailing blank in %q", in, line)
			}
		}
		if back := Text(html.EscapeString(in)); back != strings.ReplaceAll(Line(in), "\u200d", "") {
			t.Errorf("%q came back as %q", in, back)
		}
	})
}
