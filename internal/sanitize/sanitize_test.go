package sanitize

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
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
		{"preformatted", "<pre>\n  if x &amp;&amp; y {\n\treturn\n  }\n</pre>", "<p><code>\u00a0 if x &amp;&amp; y {<br>\u00a0\u00a0\u00a0 return<br>\u00a0 }</code></p>"},
		{"heading", "<h1>Big</h1>words", "<p><strong>Big</strong></p><p>words</p>"},
		{"quote", "<blockquote><p>a</p><p>b</p></blockquote>c", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>"},
		{"list", "<ul><li>a</li><li><p>b</p><p>c</p></li></ul>", "<ul><li>a</li><li>b<br>c</li></ul>"},
		{"numbered list", "<ol><li>a<li>b</ol>", "<ol><li>a</li><li>b</li></ol>"},
		{"inner list is flat", "<ul><li>a<ol><li>b</ol><li>c</ul>", "<ul><li>a</li><li>b</li><li>c</li></ul>"},
		{"two lists", "<ul><li>a</ul><ol><li>b</ol>", "<ul><li>a</li></ul><ol><li>b</li></ol>"},
		{"link", `see <a href="https://a.test/x?a=1&amp;b=2" title="t" onclick="x()">this</a>.`, `<p>see <a href="https://a.test/x?a=1&amp;b=2">this</a>.</p>`},
		{"relative link", `<a href="../other#c1">this</a>`, `<p><a href="https://blog.test/2026/other#c1">this</a></p>`},
		{"table cells stand apart", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "<p>a | b<br>c</p>"},
		{"escaped once", "Tom &amp; Jerry &lt;3 &amp;amp;", "<p>Tom &amp; Jerry &lt;3 &amp;amp;</p>"},
		{"nothing", " <p> </p>\n", ""},
	} {
		if got := string(HTML(c.in, base)); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
	}
}

// allowed are the elements that a mail may carry, with the only attribute that
// may come from outside.
var allowed = map[string]string{
	"p": "", "br": "", "a": "href", "strong": "", "em": "", "code": "", "blockquote": "", "ul": "", "ol": "start", "li": "",
}

// checkInert fails if markup holds anything but bare allowed elements, links
// to absolute http(s) addresses, and text, as a browser reads it.
func checkInert(t *testing.T, in, markup string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + markup))
	if err != nil {
		t.Fatal(err)
	}
	checkNested(t, in, markup)
	frame := map[string]bool{"html": true, "head": true, "body": true}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("%q gave a comment: %s", in, markup)
		}
		if n.Type != html.ElementNode || frame[n.Data] && len(n.Attr) == 0 {
			continue
		}
		attr, ok := allowed[n.Data]
		if !ok || n.Namespace != "" {
			t.Errorf("%q gave <%s>: %s", in, n.Data, markup)
		}
		for _, a := range n.Attr {
			if a.Key != attr {
				t.Errorf("%q gave attribute %s: %s", in, a.Key, markup)
			}
			if a.Key == "href" && Address(a.Val, nil) != a.Val {
				t.Errorf("%q gave address %q", in, a.Val)
			}
		}
	}
}

// checkNested fails if the tags do not close in the order in which they open,
// so that a comment could end the cell that it stands in.
func checkNested(t *testing.T, in, markup string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%q left %v open: %s", in, open, markup)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) != "br" {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Errorf("%q closes <%s> within %v: %s", in, name, open, markup)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

func TestHTMLIsInert(t *testing.T) {
	base := mustURL(t, "https://blog.test/post")
	for _, in := range residues {
		markup := string(HTML(in, base))
		checkInert(t, in, markup)
		checkInert(t, in, reparsed(t, markup))
		text := Text(in)
		if hides(text, false) {
			t.Errorf("%q gave the text %q", in, text)
		}
		// What has become plain text must not become markup where somebody reads it once more.
		checkInert(t, in, string(HTML(text, base)))
	}
}

func TestHTMLWritesOnlyTheGivenAttributes(t *testing.T) {
	got := string(Parse(`<p class="x">a <a href="https://a.test" style="y">b</a></p>`, nil).HTML(Attributes{"p": `dir="auto"`, "a": `class="l"`}))
	if want := `<p dir="auto">a <a class="l" href="https://a.test">b</a></p>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"paragraphs", "<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"},
		{"entities once", "a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"},
		{"link words", `see <a href="https://a.test">this</a>`, "see this"},
		{"list", "<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n\n1. c\n2. d"},
		{"inner list", "<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b"},
		{"item of two paragraphs", "<ul><li><p>a</p><p>b</p></li></ul>", "- a\n  b"},
		{"quote", "<blockquote><p>a</p><p>b<br>c</p></blockquote><p>d</p>", "> a\n>\n> b\n> c\n\nd"},
		{"code", "<pre>a\n  b</pre>", "    a\n      b"},
		{"no script", "a<script>b</script><style>c</style> d", "a d"},
		{"nothing", "<p> </p>", ""},
	} {
		if got := Text(c.in); got != c.want {
			t.Errorf("%s: %q gave %q, want %q", c.name, c.in, got, c.want)
		}
	}
}
