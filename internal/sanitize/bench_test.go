package sanitize

import (
	"net/url"
	"strings"
	"testing"
)

var benchBase, _ = url.Parse("https://blog.test/post")

// BenchmarkParse reads a comment without attributes, a comment with links, and an article.
func BenchmarkParse(b *testing.B) {
	link := `<p>The mill wheel turned <a href="https://tide.test/mill" rel="nofollow">for a year</a>, and <em>then</em> it stopped &#8211; see <a href="/notes?x=1&amp;y=2">the notes</a>.</p>`
	for name, in := range map[string]string{
		"simple":  strings.Repeat("<p>The mill wheel turned for a year, and <em>then</em> it stopped &#8211; see the notes.</p>\n", 5),
		"links":   strings.Repeat(link+"\n", 5),
		"article": strings.Repeat(`<figure class="wp-block-image"><img src="https://img.test/a.jpg" alt="A mill" width="800" height="600"/><figcaption>The mill</figcaption></figure><h2>Tides</h2>`+strings.Repeat(link, 5)+`<ul><li>one</li><li>two</li></ul><blockquote><p>So it was said.</p></blockquote><pre>x = 1</pre>`, 10),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(in, benchBase)
			}
		})
	}
}
