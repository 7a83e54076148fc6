package wordpress

import (
	"strings"
	"testing"

	"digest.example/internal/sanitize"
)

func TestWatchable(t *testing.T) {
	for a, want := range map[string]string{
		"https://www.youtube.com/embed/dQw4w9WgXcQ":             "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
		"http://youtube.com/embed/dQw4w9WgXcQ?start=30":         "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
		"https://www.youtube.com/embed/videoseries?list=PL1":    "https://www.youtube.com/embed/videoseries?list=PL1",
		"https://www.youtube.com/watch?v=dQw4w9WgXcQ":           "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
		"https://youtube.com.evil.test/embed/dQw4w9WgXcQ":       "https://youtube.com.evil.test/embed/dQw4w9WgXcQ",
		"https://player.vimeo.com/video/76979871?h=x":           "https://vimeo.com/76979871",
		"https://www.dailymotion.com/embed/video/x8abc?x":       "https://www.dailymotion.com/video/x8abc",
		"https://w.soundcloud.com/player/?url=javascript:x":     "https://w.soundcloud.com/player/?url=javascript:x",
		"https://other.test/player/?url=https://evil.test/":     "https://other.test/player/?url=https://evil.test/",
		"https://open.spotify.com/embed/episode/1?utm_source=a": "https://open.spotify.com/episode/1?utm_source=a",
		"https://maps.test/embed/x":                             "https://maps.test/embed/x",
	} {
		if got := watchable(a); got != want {
			t.Errorf("%s is watched at %s", a, got)
		}
	}
}

func TestFileName(t *testing.T) {
	for a, want := range map[string]string{
		"https://a.test/x/talk%20one.mp3?_=1": "talk one.mp3",
		"https://a.test/":                     "",
		"https://a.test":                      "",
		"https://a.test/stream/":              "stream",
		"http://[":                            "",
	} {
		if got := fileName(a); got != want {
			t.Errorf("%s holds %q", a, got)
		}
	}
}

func TestLazyAddress(t *testing.T) {
	for markup, want := range map[string]string{
		`<img src="a">`:                                              "a",
		`<img src="a" data-src="b">`:                                 "b",
		`<img src="a" data-src="b" data-lazy-src="c">`:               "c",
		`<img src="data:image/gif;base64,x" data-src=" b ">`:         "b",
		`<img src="data:image/svg+xml,x">`:                           "",
		`<img data-src="data:x" src="a">`:                            "a",
		`<iframe src="about:blank" data-litespeed-src="b"></iframe>`: "b",
		`<img>`: "",
	} {
		if got := lazyAddress(parse(markup).kids[0]); got != want {
			t.Errorf("%s shows %q", markup, got)
		}
	}
}

// TestEveryFurniture: each of the names stands for something that goes, as a
// class among others and as an id, and never takes prose with it.
func TestEveryFurniture(t *testing.T) {
	for _, name := range furnitureClasses {
		for _, markup := range []string{
			`<div class="x ` + name + `">Buttons</div>`,
			`<section id="` + name + `"><p>Buttons</p></section>`,
			`<div class="` + name + `-inner y">Buttons</div>`,
		} {
			if got := readableArticle(prose+markup+prose, at); strings.Contains(got, "Buttons") || strings.Count(got, prose) != 2 {
				t.Errorf("%s leaves %s", markup, got)
			}
		}
	}
}

// TestReadsWell is a post as a builder leaves it, to the words that a mail shows.
func TestReadsWell(t *testing.T) {
	const markup = `<!-- wp:paragraph -->
<p><a href="https://estuary.example/a" target="_blank">Original article here</a>.</p>
<p>[fusion_builder_container hundred_percent=&#8221;no&#8221;][fusion_text]The board said: &#8220;It were [sic] so.&#8221;[1][/fusion_text][/fusion_builder_container]</p>
<div class="wp-block-gallery"><figure><img src="1.jpg"><figcaption>The lock at dawn</figcaption></figure></div>
<p><iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ" title="The hearing"></iframe></p>
<p>[contact-form-7 id=&#8221;12&#8243; title=&#8221;Write&#8221;]</p>
<p>Done <img src="https://s.w.org/images/core/emoji/14/72x72/1f642.png" alt="🙂" class="wp-smiley">. See <a href="/about/">about us</a>.</p>
<pre><code>[gallery ids="1"]</code></pre>
<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="?share=x">X</a></li></ul></div>
<script>track()</script>`
	const want = `Original article here.

The board said: “It were [sic] so.”[1]

- The lock at dawn

The hearing

Done 🙂. See about us.

    [gallery ids="1"]`
	body := article(markup, at)
	if got := sanitize.Text(body.inner()); got != want {
		t.Errorf("it reads\n%s", got)
	}
	if got := original(body, at); got != "https://estuary.example/a" {
		t.Errorf("the original is %q", got)
	}
	links := strings.Join(sanitize.Parse(body.inner(), nil).Links(), " ")
	if links != "https://estuary.example/a https://www.youtube.com/watch?v=dQw4w9WgXcQ https://paper.test/about/" {
		t.Errorf("links: %s", links)
	}
}
