package wordpress

import (
	"net/url"
	"strings"
	"testing"

	"digest.example/internal/sanitize"
)

var at, _ = url.Parse("https://paper.test/2026/03/herons/")

func TestReadableArticle(t *testing.T) {
	for name, c := range map[string]struct{ markup, want string }{
		"plain":            {`<p>Herons &amp; <em>ferries</em></p>`, `<p>Herons &amp; <em>ferries</em></p>`},
		"relative link":    {`<a href="/about/">a</a> <a href="b">b</a> <a href="#n">c</a>`, `<a href="https://paper.test/about/">a</a> <a href="https://paper.test/2026/03/herons/b">b</a> <a href="https://paper.test/2026/03/herons/#n">c</a>`},
		"without a scheme": {`<a href="//cdn.test/a">a</a><img src="//cdn.test/i.png" alt="i">`, `<a href="https://cdn.test/a">a</a><img src="https://cdn.test/i.png" alt="i">`},
		"bad scheme":       {`<a href="javascript:alert(1)">a</a>`, `<a>a</a>`},
		"emoji":            {`Hi <img src="https://s.w.org/images/core/emoji/14.0.0/72x72/1f600.png" alt="😀" class="wp-smiley" /><img class="emoji" alt="🐟">`, `Hi 😀🐟`},
		"script, style":    {`a<script>document.write("<p>b")</script><style>p{}</style><p>c</p>`, `a<p>c</p>`},
		"srcset":           {`<img src="/i.png" srcset="/i2.png 2x" sizes="100vw" alt="i">`, `<img src="https://paper.test/i.png" alt="i">`},
		"comments":         {`<!--more--><p>a<!-- b --></p>`, `<p>a</p>`},
		"lone address":     {`<p>https://film.test/watch?v=1&amp;b=2</p>`, `<p><a href="https://film.test/watch?v=1&amp;b=2">https://film.test/watch?v=1&amp;b=2</a></p>`},
		"failed embed":     {`<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">` + "\nhttps://film.test/1\n" + `</div></figure>`, `<figure class="wp-block-embed"><div class="wp-block-embed__wrapper"><a href="https://film.test/1">https://film.test/1</a></div></figure>`},
		"address in prose": {`<p>See https://film.test/1 for more</p>`, `<p>See https://film.test/1 for more</p>`},
		"unclosed":         {`<p>a<p>b<ul><li>c<li>d`, `<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>`},
		"stray ends":       {`a</div></p>b</em>`, `ab`},
	} {
		if got := readableArticle(c.markup, at); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestReadableMedia(t *testing.T) {
	const pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
	for name, c := range map[string]struct{ markup, want string }{
		"lazy, twin behind":  {`<img src="` + pixel + `" data-src="/l.jpg" alt="l"><noscript><img src="/l.jpg" alt="l"></noscript>`, `<img src="https://paper.test/l.jpg" alt="l">`},
		"lazy, twin before":  {`<noscript><img src="/l.jpg" alt="l"></noscript><img src="` + pixel + `" data-lazy-src="/l.jpg" alt="l">`, `<img src="https://paper.test/l.jpg" alt="l">`},
		"lazy without src":   {`<img data-original="/l.jpg" alt="l">`, `<img alt="l" src="https://paper.test/l.jpg">`},
		"noscript only":      {`<noscript><img src="/l.jpg" alt="l"></noscript>`, `<img src="https://paper.test/l.jpg" alt="l">`},
		"noscript with link": {`<noscript><a href="/poll">Take the poll</a></noscript>`, `<a href="https://paper.test/poll">Take the poll</a>`},
		"YouTube":            {`<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ?feature=oembed" title="A song"></iframe>`, `<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">A song</a></p>`},
		"without cookies":    {`<iframe src="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"></iframe>`, `<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">youtube.com</a></p>`},
		"lazy frame":         {`<iframe src="about:blank" data-src="//player.vimeo.com/video/76979871"></iframe><noscript><iframe src="//player.vimeo.com/video/76979871"></iframe></noscript>`, `<p><a href="https://vimeo.com/76979871">vimeo.com</a></p>`},
		"Dailymotion":        {`<iframe src="https://www.dailymotion.com/embed/video/x8abc"></iframe>`, `<p><a href="https://www.dailymotion.com/video/x8abc">dailymotion.com</a></p>`},
		"SoundCloud":         {`<iframe src="https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb&amp;auto_play=true"></iframe>`, `<p><a href="https://soundcloud.com/a/b">soundcloud.com</a></p>`},
		"Spotify":            {`<iframe src="https://open.spotify.com/embed/track/1"></iframe>`, `<p><a href="https://open.spotify.com/track/1">open.spotify.com</a></p>`},
		"any frame": {`<iframe src="https://maps.test/m?q=1" title=" The
 map "></iframe>`, `<p><a href="https://maps.test/m?q=1">The map</a></p>`},
		"counting frame":  {`<iframe src="https://ads.test/" width="1" height="1"></iframe>`, ``},
		"script in frame": {`<iframe src="javascript:alert(1)"></iframe>`, ``},
		"embedded post":   {`<blockquote class="wp-embedded-content"><a href="https://other.test/p/">Their post</a></blockquote><iframe class="wp-embedded-content" src="https://other.test/p/embed/"></iframe>`, `<blockquote class="wp-embedded-content"><a href="https://other.test/p/">Their post</a></blockquote>`},
		"tweet":           {`<blockquote class="twitter-tweet"><p>Herons!</p>&mdash; Ada <a href="https://twitter.com/ada/status/1">May 1</a></blockquote><script async src="https://platform.twitter.com/widgets.js"></script>`, `<blockquote class="twitter-tweet"><p>Herons!</p>— Ada <a href="https://twitter.com/ada/status/1">May 1</a></blockquote>`},
		"audio":           {`<audio class="wp-audio-shortcode" controls><source type="audio/mpeg" src="/a/talk.mp3?_=1" /><a href="/a/talk.mp3">x</a></audio>`, `<p><a href="https://paper.test/a/talk.mp3?_=1">talk.mp3</a></p>`},
		"video":           {`<figure class="wp-block-video"><video controls src="/v/ferry.mp4"></video></figure>`, `<figure class="wp-block-video"><p><a href="https://paper.test/v/ferry.mp4">ferry.mp4</a></p></figure>`},
		"empty video":     {`<video></video>`, ``},
		"gallery":         {`<div class="gallery gallery-columns-3"><figure class="gallery-item"><img src="/1.jpg"><figcaption class="gallery-caption"> First &amp; best </figcaption></figure><figure><img src="/2.jpg"></figure></div>`, `<ul><li>First &amp; best</li></ul>`},
		"block gallery":   {`<figure class="wp-block-gallery"><ul><li><figure><img src="/1.jpg" alt="x"></figure></li></ul></figure><p>a</p>`, `<p>a</p>`},
		"caption":         {`<figure class="wp-caption"><img src="/1.jpg" alt="One"><figcaption class="wp-caption-text">Words</figcaption></figure>`, `<figure class="wp-caption"><img src="https://paper.test/1.jpg" alt="One"><figcaption class="wp-caption-text">Words</figcaption></figure>`},
	} {
		if got := readableArticle(c.markup, at); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// prose stands around what is tested, so that it is not the whole text.
var prose = "<p>" + strings.Repeat("The herons came back to the harbour. ", 20) + "</p>"

func TestFurniture(t *testing.T) {
	for name, markup := range map[string]string{
		"sharedaddy":   `<div class="sharedaddy sd-sharing-enabled"><h3>Share this:</h3><ul><li><a href="?share=facebook">Facebook</a></li></ul></div>`,
		"related":      `<div id="jp-relatedposts" class="jp-relatedposts"><h3><em>Related</em></h3></div>`,
		"addtoany":     `<div class="addtoany_share_save_container addtoany_content_bottom"><a href="https://www.addtoany.com/share">Share</a></div>`,
		"plea":         `<p>Share this:</p>`,
		"theme's plea": `<h4>Share This Story, Choose Your Platform!</h4>`,
		"like":         `<h3>Like this:</h3>`,
		"row of links": `<ul><li><a href="https://www.facebook.com/sharer/sharer.php?u=x">Facebook</a></li><li><a href="https://twitter.com/intent/tweet?text=x">X</a></li></ul>`,
		"in line":      `<p><a href="mailto:?subject=x">Mail</a> | <a href="https://www.linkedin.com/shareArticle?url=x">LinkedIn</a></p>`,
		"contents":     `<div id="ez-toc-container"><ul><li><a href="#a">A</a></li></ul></div>`,
		"author's box": `<div class="saboxplugin-wrap">About Ada</div>`,
		"more":         `<a class="more-link" href="#more">Continue reading</a>`,
		"for readers":  `<span class="screen-reader-text">opens in a new window</span>`,
	} {
		if got := readableArticle(prose+markup, at); got != prose {
			t.Errorf("%s: left %s", name, strings.TrimPrefix(got, prose))
		}
	}
	for name, markup := range map[string]string{
		"prose about sharing": `<p>Share this with your neighbours, they said, and the ferry will come.</p>`,
		"one word":            `<h3>Share</h3>`,
		"link to a network":   `<p>The <a href="https://www.facebook.com/harbour">harbour’s page</a> says so.</p>`,
		"share in an address": `<p>See <a href="https://paper.test/market-share/">the market share</a>.</p>`,
	} {
		if got := readableArticle(prose+markup, at); got != prose+markup {
			t.Errorf("%s: changed to %s", name, strings.TrimPrefix(got, prose))
		}
	}
	if got := readableArticle(`<div class="related-posts">`+prose+`</div>`, at); !strings.Contains(got, "herons") {
		t.Error("the text itself was taken for furniture")
	}
}

func TestReadableComment(t *testing.T) {
	for markup, want := range map[string]string{
		`<p>[youtube id="abc"] and [gallery] stay</p>`:    `<p>[youtube id="abc"] and [gallery] stay</p>`,
		`<p class="sharedaddy">Share this: words</p>`:     `<p class="sharedaddy">Share this: words</p>`,
		`Yes <img class="wp-smiley" alt="🙂" src="x.png">`: `Yes 🙂`,
		`<a href="/x">x</a>`:                              `<a href="https://paper.test/x">x</a>`,
		"a\x00b\xff":                                      "ab\uFFFD",
	} {
		if got := readableComment(markup, at); got != want {
			t.Errorf("%q gives %q, want %q", markup, got, want)
		}
	}
}

// TestReadableWithoutBase: an article whose address is broken still reads.
func TestReadableWithoutBase(t *testing.T) {
	if got := readableArticle(`<a href="/x">x</a> <a href="https://a.test/">a</a>`, nil); got != `<a>x</a> <a href="https://a.test/">a</a>` {
		t.Error(got)
	}
}

// TestNesting: markup that copies itself in a browser's parser does not here, and
// no depth is too much.
func TestNesting(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		b.WriteString(`<b id="` + itoa(i) + `">`)
	}
	b.WriteString(strings.Repeat("<p>", 20000) + "end")
	got := readableArticle(b.String(), at)
	if len(got) > 3*b.Len()+1000 || !strings.Contains(sanitize.Text(got), "end") {
		t.Errorf("%d bytes from %d", len(got), b.Len())
	}
	again := strings.Repeat("<noscript>", 200_000) + "end"
	if got := readableArticle(again, at); got != "" {
		t.Errorf("%d bytes from noscript in noscript", len(got))
	}
	deep := strings.Repeat("<div>", 100_000) + "deep"
	if got := readableArticle(deep, at); len(got) > 3*len(deep) || !strings.Contains(got, "deep") {
		t.Errorf("%d bytes", len(got))
	}
}
