package sanitize

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzHTML: whatever goes in, what comes out is inert, also after a cut, and
// reading it again gives the same.
func FuzzHTML(f *testing.F) {
	f.Add(`<a href="javascript:x">a</a><scr<script>ipt>`)
	f.Add(`<ul><li>a<ol><li>b</blockquote></ul><pre> x <b>y`)
	f.Fuzz(func(t *testing.T, in string) {
		base := mustURL(t, "https://blog.test/post")
		doc := Parse(in, base)
		checkInert(t, in, string(doc.HTML(nil)))
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
		if !utf8.ValidString(got) || strings.ContainsFunc(strings.ReplaceAll(got, "\n", ""), invisible) {
			t.Errorf("%q gave %q", in, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%q: trailing blank in %q", in, line)
			}
		}
		if back := Text(html.EscapeString(in)); back != Line(strings.ToValidUTF8(in, "\uFFFD")) {
			t.Errorf("%q came back as %q", in, back)
		}
	})
}
