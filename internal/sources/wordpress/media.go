package wordpress

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"digest.example/internal/sanitize"
)

// lazyKeys are where plugins and themes put an address until a script moves it,
// the plugins' own before the plain ones.
var lazyKeys = []string{"data-lazy-src", "data-src", "data-orig-src", "data-original", "data-litespeed-src", "data-pagespeed-lazy-src", "src"}

// lazyAddress is the address that the element would show in a browser.
func lazyAddress(n *node) string {
	for _, key := range lazyKeys {
		if v := strings.TrimSpace(n.get(key)); v != "" && !strings.HasPrefix(v, "data:") && v != "about:blank" {
			return v
		}
	}
	return ""
}

// image is the picture with its true address, or the character that it stands for.
func (r *reader) image(n *node) []*node {
	if emoji(n) {
		return []*node{{text: n.get("alt")}}
	}
	if a := lazyAddress(n); a != "" {
		n.set("src", a)
	}
	n.drop("srcset", "sizes", "data-srcset", "data-sizes")
	n.drop(lazyKeys[:len(lazyKeys)-1]...)
	r.absolute(n, "src")
	return []*node{n}
}

// emoji recognizes the pictures that WordPress puts in the place of characters.
func emoji(n *node) bool {
	return n.is("wp-smiley") || n.is("emoji") || strings.Contains(n.get("src"), "s.w.org/images/core/emoji/")
}

// noscript is what is in the element without the pictures that are shown anyway.
func (r *reader) noscript(n *node) []*node {
	if r.unscripted { // one within another; reading that again and again would take for ever
		return nil
	}
	// The tokenizer took its content for text, as a browser with scripts does.
	root := parse(n.words() + n.rawWords())
	once := &reader{base: r.base, shown: map[string]bool{}, total: r.total, unscripted: true}
	root.kids = withoutTwins(root.kids, r.shown)
	once.children(root)
	return root.kids
}

// rawWords is the raw text directly in n.
func (n *node) rawWords() string {
	var b strings.Builder
	for _, k := range n.kids {
		if k.raw {
			b.WriteString(k.text)
		}
	}
	return b.String()
}

// withoutTwins drops the pictures and frames that stand outside as well.
func withoutTwins(kids []*node, shown map[string]bool) []*node {
	var out []*node
	for _, k := range kids {
		if (k.tag == "img" || k.tag == "iframe") && shown[lazyAddress(k)] {
			continue
		}
		k.kids = withoutTwins(k.kids, shown)
		out = append(out, k)
	}
	return out
}

// frame is a link to what the frame shows, as a paragraph.
func (r *reader) frame(n *node) []*node {
	a := sanitize.Address(lazyAddress(n), r.base)
	// The post that WordPress embeds stands as a quoted link beside its frame.
	if a == "" || n.is("wp-embedded-content") || pixel(n) {
		return nil
	}
	return paragraph(watchable(a), sanitize.Line(n.get("title")))
}

// pixel says whether a frame is too small to show anything: it counts visitors.
func pixel(n *node) bool {
	tiny := func(s string) bool { return s == "0" || s == "1" || s == "0px" || s == "1px" }
	return tiny(n.get("width")) || tiny(n.get("height")) || strings.Contains(n.get("style"), "display:none")
}

// paragraph holds one link; without words it says where it leads.
func paragraph(address, words string) []*node {
	if words == "" {
		words = sanitize.Host(address)
	}
	return []*node{{tag: "p", kids: []*node{link(address, words)}}}
}

var (
	youTube     = regexp.MustCompile(`^https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})`)
	vimeo       = regexp.MustCompile(`^https?://player\.vimeo\.com/video/(\d{1,15})`)
	dailymotion = regexp.MustCompile(`^https?://(?:www\.)?dailymotion\.com/embed/video/(\w{1,20})`)
)

// watchable is the address of the page for people instead of that for frames.
func watchable(a string) string {
	if m := youTube.FindStringSubmatch(a); m != nil && m[1] != "videoseries" {
		return "https://www.youtube.com/watch?v=" + m[1]
	}
	if m := vimeo.FindStringSubmatch(a); m != nil {
		return "https://vimeo.com/" + m[1]
	}
	if m := dailymotion.FindStringSubmatch(a); m != nil {
		return "https://www.dailymotion.com/video/" + m[1]
	}
	u, err := url.Parse(a)
	if err != nil {
		return a
	}
	if inner := sanitize.Address(u.Query().Get("url"), nil); inner != "" && u.Host == "w.soundcloud.com" {
		return inner
	}
	if u.Host == "open.spotify.com" {
		return strings.Replace(a, "/embed/", "/", 1)
	}
	return a
}

// recording is a link to a sound or film, named by its file.
func (r *reader) recording(n *node) []*node {
	src := lazyAddress(n)
	if inside := n.find(func(k *node) bool { return k.tag == "source" && k.get("src") != "" }); src == "" && inside != nil {
		src = inside.get("src")
	}
	a := sanitize.Address(src, r.base)
	if a == "" {
		return nil
	}
	return paragraph(a, fileName(a))
}

// fileName is what people call a file that has no title.
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return sanitize.Line(path.Base(u.Path))
}

// gallery recognizes what is nothing but pictures.
func gallery(n *node) bool {
	return n.hasClass(func(c string) bool {
		switch c {
		case "gallery", "wp-block-gallery", "blocks-gallery-grid", "tiled-gallery", "wp-block-jetpack-tiled-gallery",
			"wp-block-jetpack-slideshow", "ngg-galleryoverview", "wp-playlist", "envira-gallery-wrap", "foogallery":
			return true
		}
		return false
	})
}

// captions are what is left to read of a gallery: a list of its captions, or nothing.
func captions(n *node) []*node {
	list := &node{tag: "ul"}
	n.walk(func(k *node) bool {
		if k.tag != "figcaption" && !k.is("gallery-caption") && !k.is("wp-caption-text") {
			return true
		}
		if words := sanitize.Line(k.words()); words != "" {
			list.kids = append(list.kids, &node{tag: "li", kids: []*node{{text: words}}})
		}
		return false
	})
	if len(list.kids) == 0 {
		return nil
	}
	return []*node{list}
}
