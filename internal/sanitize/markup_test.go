package sanitize

import (
	"strings"
	"testing"
)

// TestReadableMarkup: what blogs and forums write reads well in a mail that
// shows no pictures and plays nothing, as HTML and as plain text.
func TestReadableMarkup(t *testing.T) {
	base := mustURL(t, "https://harbour.test/herons")
	for _, c := range []struct{ name, in, html, text string }{
		{
			"an emoji that is an image", `Well done <img src="https://s.test/1f642.png" alt="🙂" class="wp-smiley"/>, herons`,
			"<p>Well done 🙂, herons</p>", "Well done 🙂, herons",
		},
		{"an emoji by its look", `a<img alt="👩‍🚀" src=x>b <img alt=":-)"> <img alt="★★★">`, "<p>a👩‍🚀b :-) ★★★</p>", "a👩🚀b :-) ★★★"},
		{"an emoji by its class", `<img class="emoji only" alt=":heron:"> <img class="latex" alt="e^{i\pi}">`, `<p>:heron: e^{i\pi}</p>`, `:heron: e^{i\pi}`},
		{"other images", `one <img src="x.jpg" alt="A heron at noon">two <a href="/x"><img alt="big"></a> <img alt>three`, "<p>one two three</p>", "one two three"},
		{"a tracking pixel", `a<img src="https://t.test/p" width="1" height="1" alt="🙂"><iframe src="https://t.test/f" height=0></iframe>b`, "<p>ab</p>", "ab"},
		{
			"a lazy image and its twin", `<img src="data:x" data-src="a.png" class="emoji" alt="🙂"><noscript><img src="a.png" class="emoji" alt="🙂"></noscript>.`,
			"<p>🙂.</p>", "🙂.",
		},
		{"a figure", `<p>a</p><figure><img src=x alt=y><figcaption>The quay</figcaption></figure><p>b</p>`, "<p>a</p><p>The quay</p><p>b</p>", "a\n\nThe quay\n\nb"},
		{
			"a video", `a<iframe src="https://www.tv.test/e/1" title=" Low
			tide "></iframe>b`,
			`<p>a</p><p><a href="https://www.tv.test/e/1">Low tide</a></p><p>b</p>`, "a\n\nLow tide\n\nb",
		},
		{"without a title", `<embed src="https://www.tv.test/1">`, `<p><a href="https://www.tv.test/1">tv.test</a></p>`, "tv.test"},
		{
			"an address that plays only in a page", `<iframe src="https://www.youtube.com/embed/abc_DEF-123?rel=0"></iframe><iframe src="//player.vimeo.com/video/1234567"></iframe>`,
			`<p><a href="https://www.youtube.com/watch?v=abc_DEF-123">youtube.com</a></p><p><a href="https://vimeo.com/1234567">vimeo.com</a></p>`, "youtube.com\n\nvimeo.com",
		},
		{"a lazy frame", `<iframe src="about:blank" data-src="https://maps.test/x">f</iframe>`, `<p><a href="https://maps.test/x">maps.test</a></p>`, "maps.test"},
		{
			"sources within", `<video><source src="javascript:x"><source src="/a.mp4"><source src="/b.mp4">Get a <b>browser</b></video>c`,
			`<p><a href="https://harbour.test/a.mp4">harbour.test</a></p><p>c</p>`, "harbour.test\n\nc",
		},
		{
			"an object with its embed", `<object data="https://tv.test/o"><embed src="https://tv.test/e"></object><object><embed src="https://tv.test/e2"/></object>`,
			`<p><a href="https://tv.test/o">tv.test</a></p><p><a href="https://tv.test/e2">tv.test</a></p>`, "tv.test\n\ntv.test",
		},
		{"a frame to nowhere", `a<iframe src="javascript:x" title="y">z</iframe><iframe srcdoc="<b>q</b>"></iframe>b`, "<p>ab</p>", "ab"},
		{"a quoted post and its frame", `<blockquote><a href="/x">Post</a></blockquote><iframe class="wp-embedded-content" src="https://a.test/embed"></iframe>`, `<blockquote><p><a href="https://harbour.test/x">Post</a></p></blockquote>`, "> Post"},
		{"a table", "<table><caption>Tides</caption><thead><tr><th>Day</th><th>High</th></tr></thead><tr>\n<td>Sun</td> <td> </td><td><b>4 m</b></td></tr></table>x", "<p>Tides</p><p>Day | High<br>Sun | <strong>4 m</strong></p><p>x</p>", "Tides\n\nDay | High\nSun | 4 m\n\nx"},
		{"a table for looks", "<table><tr><td><p>a</p></td><td><p>b</p><p>c</p></td></tr></table>", "<p>a</p><p>b</p><p>c</p>", "a\n\nb\n\nc"},
		{"definitions", "<dl><dt>Ebb\n<dd>falling <i>tide</i></dd><dt>Flood</dt>\n<dd>rising</dd><dd>or more</dd></dl>x", "<p><strong>Ebb</strong><br>falling <em>tide</em></p><p><strong>Flood</strong><br>rising</p><p>or more</p><p>x</p>", "Ebb\nfalling tide\n\nFlood\nrising\n\nor more\n\nx"},
		{"details", "<details open><summary>More</summary>words</details>x", "<p><strong>More</strong></p><p>words</p><p>x</p>", "More\n\nwords\n\nx"},
		{"line breaks for paragraphs", "a<br>\n<br/> b<br>c<br><br><br><br>d<br>", "<p>a</p><p>b<br>c</p><p>d</p>", "a\n\nb\nc\n\nd"},
		{"line breaks in code", "<code>a<br><br>&nbsp; b</code>", "<p><code>a<br><br>\u00a0 b</code></p>", "a\n\n  b"},
		{"empty lines in code", "<pre>\n \n\u00a0\n  a\n \n<b> \n</b>\n b</pre>c<code><br><br>&nbsp;<br><br></code>d", "<p><code>\u00a0 a<br><br>\u00a0b</code></p><p>c<code><br><br></code>d</p>", "      a\n\n     b\n\nc\n\nd"},
		{"preformatted with a link", "<pre>a  \n <a href='/x'>b</a> c\n\nd</pre>", "<p><code>a<br>\u00a0</code><a href=\"https://harbour.test/x\"><code>b</code></a><code>\u00a0c<br><br>d</code></p>", "    a\n     b c\n\n    d"},
		{"quotes in quotes", "<blockquote>a<blockquote>b</blockquote></blockquote>c", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote><p>c</p>", "> a\n>\n> > b\n\nc"},
		{"said in a line", "he said <q>she said <q>no</q></q> </q>", "<p>he said “she said ‘no’”</p>", "he said “she said ‘no’”"},
		{"footnotes and powers", `so<sup><a href="#f1">12</a></sup> x<sup>-2</sup> H<sub>2</sub>O 1<sup>st</sup> a<sup>[3]</sup> b<sup>1, 2</sup>`, `<p>so<a href="https://harbour.test/herons#f1">¹²</a> x⁻² H₂O 1st a[3] b¹, ²</p>`, "so¹² x⁻² H₂O 1st a[3] b¹, ²"},
		{"a list that goes on", `<ol start="4"><li>a<li>b</ol><ol start="-1"><li>c</ol>`, `<ol start="4"><li>a</li><li>b</li></ol><ol><li>c</li></ol>`, "4. a\n5. b\n\n1. c"},
		{"soft hyphens and break points", "har&shy;bour<wbr>master", "<p>harbourmaster</p>", "harbourmaster"},
		{"emoji of several", "👩‍❤️‍👨 🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F 👋🏽 a\u200db", "<p>👩‍❤️‍👨 🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F 👋🏽 ab</p>", "👩❤️👨 🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F 👋🏽 ab"},
		{"an address for words", `<a href="https://a.test/x?y=1">https://a.test/x?y=1</a>`, `<p><a href="https://a.test/x?y=1">https://a.test/x?y=1</a></p>`, "https://a.test/x?y=1"},
		{"links without words", `a <a href="/x"></a><a href="/y"> <br> </a>b`, "<p>a<br>b</p>", "a\nb"},
		{
			"a tweet", `<blockquote class="twitter-tweet"><p lang="en" dir="ltr">High water <a href="https://t.test/1">pic.t.test/1</a></p>&mdash; Heron (@heron) <a href="https://t.test/2">May 1</a></blockquote> <script async src="https://t.test/w.js"></script>`,
			`<blockquote><p>High water <a href="https://t.test/1">pic.t.test/1</a></p><p>— Heron (@heron) <a href="https://t.test/2">May 1</a></p></blockquote>`, "> High water pic.t.test/1\n>\n> — Heron (@heron) May 1",
		},
		{"a heading with marks", `<h2><b>a</b> <a href="/x">b</a></h2>c`, `<p><strong>a</strong> <a href="https://harbour.test/x"><strong>b</strong></a></p><p>c</p>`, "a b\n\nc"},
		{"ends without a start", "a</object></svg></noscript></q></sup></td></body><svg><text>x</text></svg>b", "<p>a | b</p>", "a | b"},
		{"a whole page", "<html><head><title>t</title><meta name=x><body>a</body></html>", "<p>a</p>", "a"},
		{"a head of its own", "<head><body>a", "<p>a</p>", "a"},
	} {
		doc := Parse(c.in, base)
		if got := string(doc.HTML(nil)); got != c.html {
			t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.in, got, c.html)
		}
		if got := doc.Text(); got != c.text {
			t.Errorf("%s: %q\n got %q\nwant %q", c.name, c.in, got, c.text)
		}
	}
}

// TestMediaTitleIsShort: a stranger's title is no place for an article.
func TestMediaTitleIsShort(t *testing.T) {
	got := Text(`<iframe src="https://tv.test/1" title="` + strings.Repeat("word ", 1000) + "\"></iframe>")
	if n := len([]rune(got)); n == 0 || n > mediaWords {
		t.Errorf("%d characters", n)
	}
}
