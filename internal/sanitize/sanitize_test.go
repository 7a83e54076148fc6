package sanitize

import (
	"net/url"
	"testing"
)

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestHTMLKeepsWhatAMailMayCarry(t *testing.T) {
	base := mustURL(t, "https://blog.test/2026/post/")
	for _, c := range []struct{ name, in, want string }{
		{"bare text", "one two", "<p>one two</p>"},
		{"paragraphs", "<p>one</p><p>two</p>", "<p>one</p><p>two</p>"},
		{"divs are paragraphs", "<div>one<div>two</div></div>", "<p>one</p><p>two</p>"},
		{"blanks run together", "<p>  one \n\t two </p>", "<p>one two</p>"},
		{"line break", "one<br>two<br/>three", "<p>one<br>two<br>three</p>"},
		{"emphasis", "<b>a</b> <i>b</i> <strong><em>c</em></strong>", "<p><strong>a</strong> <em>b</em> <strong><em>c</em></strong></p>"},
		{"code", "run <code>a &lt; b</code> now", "<p>run <code>a &lt; b</code> now</p>"},
		{"preformatted", "<pre>\n  if x &amp;&amp; y {\n\treturn\n  }\n</pre>", "<pre>  if x &amp;&amp; y {\n    return\n  }</pre>"},
		{"heading", "<h1>Big</h1>words", "<p><strong>Big</strong></p><p>words</p>"},
		{"quote", "<blockquote><p>a</p><p>b</p></blockquote>c", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>"},
		{"list", "<ul><li>a</li><li><p>b</p><p>c</p></li></ul>", "<ul><li>a</li><li>b<br>c</li></ul>"},
		{"numbered list", "<ol><li>a<li>b</ol>", "<ol><li>a</li><li>b</li></ol>"},
		{"inner list is flat", "<ul><li>a<ol><li>b</ol><li>c</ul>", "<ul><li>a</li><li>b</li><li>c</li></ul>"},
		{"two lists", "<ul><li>a</ul><ol><li>b</ol>", "<ul><li>a</li></ul><ol><li>b</li></ol>"},
		{"link", `see <a href="https://a.test/x?a=1&amp;b=2" title="t" onclick="x()">this</a>.`, `<p>see <a href="https://a.test/x?a=1&amp;b=2">this</a>.</p>`},
		{"relative link", `<a href="../other#c1">this</a>`, `<p><a href="https://blog.test/2026/other#c1">this</a></p>`},
		{"table cells stand apart", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "<p>a b</p><p>c</p>"},
		{"escaped once", "Tom &amp; Jerry &lt;3 &amp;amp;", "<p>Tom &amp; Jerry &lt;3 &amp;amp;</p>"},
		{"nothing", " <p> </p>\n", ""},
	} {
		if got := string(HTML(c.in, base)); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
	}
}
