package wordpress

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct{ markup, want string }{
		"nothing":            {"", ""},
		"text":               {"a &lt; b &amp; c", "a &lt; b &amp; c"},
		"attributes":         {`<a href="x?a=1&amp;b=2" title='"q"'>x</a>`, `<a href="x?a=1&amp;b=2" title="&#34;q&#34;">x</a>`},
		"upper case":         {`<P>a<BR>b</P>`, `<p>a<br>b</p>`},
		"void elements":      {`<img src=a><br/><hr>x<input name=q>`, `<img src="a"><br><hr>x<input name="q">`},
		"closed by itself":   {`<g-map/>after`, `<g-map></g-map>after`},
		"div is not":         {`<div/>inside`, `<div>inside</div>`},
		"implied ends":       {`<p>a<p>b<h2>c</h2><dl><dt>d<dd>e<dt>f</dl>`, `<p>a</p><p>b</p><h2>c</h2><dl><dt>d</dt><dd>e</dd><dt>f</dt></dl>`},
		"list in list":       {`<ul><li>a<ul><li>b</ul><li>c</ul>`, `<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>`},
		"crossed":            {`<b><i>a</b>b</i>`, `<b><i>a</i></b>b`},
		"end without start":  {`a</p></b>c`, `ac`},
		"script":             {`<script>if (a < b && c) "</p>"</script>x`, `<script>if (a < b && c) "</p>"</script>x`},
		"noscript":           {`<noscript><img src=a></noscript>`, `<noscript><img src=a></noscript>`},
		"title is text":      {`<title>a &lt;b&gt;</title>`, `<title>a &lt;b&gt;</title>`},
		"comment, doctype":   {`<!DOCTYPE html><!-- x --><p>a`, `<p>a</p>`},
		"processing, broken": {`<?php echo 1 ?><p<p>a`, `<p<p>a</p<p>`},
	} {
		if got := parse(c.markup).inner(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestParseSettles: what was written once reads and writes the same again, and
// never loses words.
func TestParseSettles(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"<p>", "</p>", "<div class=x>", "</div>", "<b>", "</b>", "<ul>", "<li>", "</ul>", "word ", "&amp;", "<br>", "<a href='y'>", "</a>",
		"<img alt=z>", "<blockquote>", "</blockquote>", "<h2>", "</h2>", "[sic]", "é",
	})
	rapid.Check(t, func(t *rapid.T) {
		markup := strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, "markup"), "")
		root := parse(markup)
		once := root.inner()
		if again := parse(once).inner(); again != once {
			t.Fatalf("%q became %q, then %q", markup, once, again)
		}
		if got, want := root.words(), textOf(markup); got != want {
			t.Fatalf("the words of %q: %q, want %q", markup, got, want)
		}
	})
}

// textOf is the text of markup by the tokenizer alone.
func textOf(markup string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(markup)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Text())
		}
	}
}

func TestNode(t *testing.T) {
	root := parse(`<div id="a" class="one two"><p class="three">x</p><p>y<script>z</script></p></div>`)
	div := root.find(func(n *node) bool { return n.tag == "div" })
	if div == nil || !div.is("two") || div.is("tw") || div.get("id") != "a" || div.get("none") != "" {
		t.Fatalf("%+v", div)
	}
	if got := div.words(); got != "xy" {
		t.Errorf("words %q", got)
	}
	if n := root.find(func(n *node) bool { return n.is("three") }); n == nil || n.words() != "x" {
		t.Errorf("found %+v", n)
	}
	if n := root.find(func(n *node) bool { return n.tag == "table" }); n != nil {
		t.Errorf("found %+v", n)
	}
	div.set("id", "b")
	div.set("lang", "en")
	div.drop("class", "none")
	if got := root.inner(); !strings.HasPrefix(got, `<div id="b" lang="en"><p`) {
		t.Error(got)
	}
}

// TestDepth bounds every recursion over a tree.
func TestDepth(t *testing.T) {
	var depth func(n *node) int
	depth = func(n *node) int {
		most := 0
		for _, k := range n.kids {
			most = max(most, depth(k))
		}
		return most + 1
	}
	if d := depth(parse(strings.Repeat("<div><span>", 5000))); d > maxNesting+2 {
		t.Errorf("%d levels", d)
	}
}
