package sanitize

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// notProse are the elements whose content is for no reader of a mail. The
// content of noscript, which lazy images have, would say things twice.
var notProse = []string{
	"title", "textarea", "select", "button", "template", "noscript", "noembed", "noframes", "frameset", "applet",
	"svg", "math", "canvas", "xmp", "plaintext", "head",
}

// mediaNames are the elements that play something, which a mail links to.
var mediaNames = []string{"iframe", "embed", "object", "video", "audio", "source"}

// unread is the element whose content is passed over; depth is 0 outside one.
// Ends without a start count for nothing: they must not swallow an article.
type unread struct {
	name   atom.Atom
	depth  int
	player bool // it plays something whose address has not been seen
}

// passedOver are the elements that unread is for.
var passedOver = atoms(append([]string{"iframe", "object", "video", "audio"}, notProse...))

func atoms(names []string) map[atom.Atom]bool {
	out := map[atom.Atom]bool{}
	for _, name := range names {
		out[atom.Lookup([]byte(name))] = true
	}
	return out
}

// skipOpen says whether nothing more is to be done about a start tag.
func (b *builder) skipOpen(t html.Token) bool {
	u := &b.unread
	switch {
	case u.depth == 0:
		if passedOver[t.DataAtom] && (t.Type == html.StartTagToken || raw[t.DataAtom]) {
			*u = unread{name: t.DataAtom, depth: 1}
			return !isMedia(t.DataAtom)
		}
		return t.DataAtom == atom.Body || t.DataAtom == atom.Source || passedOver[t.DataAtom] && !isMedia(t.DataAtom)
	case u.name == atom.Head && t.DataAtom == atom.Body: // a head needs no end
		u.depth = 0
	case u.player && (t.DataAtom == atom.Source || isMedia(t.DataAtom)):
		b.media(t)
	}
	if u.name == t.DataAtom && t.Type == html.StartTagToken {
		u.depth++
	}
	return true
}

// raw are those whose content is not markup, even after <iframe/>.
var raw = map[atom.Atom]bool{
	atom.Iframe: true, atom.Noembed: true, atom.Noframes: true, atom.Noscript: true, atom.Plaintext: true,
	atom.Textarea: true, atom.Title: true, atom.Xmp: true,
}

// close says whether an end tag belongs to what is passed over.
func (u *unread) close(a atom.Atom) bool {
	if u.depth == 0 {
		return passedOver[a] || a == atom.Body
	}
	if u.name == a {
		u.depth--
	}
	return true
}

func isMedia(a atom.Atom) bool {
	switch a {
	case atom.Iframe, atom.Embed, atom.Object, atom.Video, atom.Audio:
		return true
	}
	return false
}

// mediaWords is how many characters of a video's title are kept.
const mediaWords = 120

// media writes what a mail cannot play as a link in a paragraph of its own. Where
// a player names no address, one of the elements within it may.
func (b *builder) media(t html.Token) {
	href := Address(attribute(t, "src", "data"), b.base)
	if href == "" { // lazily loaded
		href = Address(attribute(t, "data-src", "data-lazy-src"), b.base)
	}
	if href == "" {
		b.unread.player = b.unread.depth > 0
		return
	}
	b.unread.player = false
	// An <iframe> that WordPress puts below a quote of the same post.
	if tiny(t) || hasClass(t, "wp-embedded-content") {
		return
	}
	href = watchable(href)
	words := Short(Line(attribute(t, "title")), mediaWords)
	if words == "" {
		words = Host(href)
	}
	around := b.href
	b.flush()
	b.href = href
	b.text(words)
	b.flush()
	b.href = around
}

// tiny is true of what is there to count readers.
func tiny(t html.Token) bool {
	small := func(size string) bool { return size == "0" || size == "1" || size == "0px" || size == "1px" }
	return small(attribute(t, "width")) || small(attribute(t, "height"))
}

// embedded are addresses that play within a page and nowhere else.
var embedded = regexp.MustCompile(`^https?://(?:www\.)?(?:youtube(?:-nocookie)?\.com/embed|player\.(vimeo)\.com/video)/([\w-]{6,20})(?:[?#].*)?$`)

// watchable is where a reader can watch a video whose address is for embedding.
func watchable(href string) string {
	m := embedded.FindStringSubmatch(href)
	switch {
	case m == nil || m[2] == "videoseries":
		return href
	case m[1] != "":
		return "https://vimeo.com/" + m[2]
	}
	return "https://www.youtube.com/watch?v=" + url.QueryEscape(m[2])
}

// image writes the words of a picture that stands for characters: an emoji, a
// smiley, a formula. Other pictures do not exist in a mail, and their alternative
// text would interrupt the sentence; a caption stands by itself.
func (b *builder) image(t html.Token) {
	alt := Line(attribute(t, "alt"))
	if alt == "" || tiny(t) {
		return
	}
	if hasClass(t, glyphs...) && utf8.RuneCountInString(alt) <= maxGlyphs || smiley.MatchString(alt) || allPictographs(alt) {
		b.text(alt)
	}
}

// maxGlyphs is how many characters such a picture may stand for.
const maxGlyphs = 200

// glyphs are the classes that WordPress, Discourse, phpBB and others give to
// pictures of characters.
var glyphs = []string{"emoji", "wp-smiley", "smiley", "smilies", "smilie", "emoticon", "emojione", "latex", "tex", "math"}

var smiley = regexp.MustCompile(`^(?:[:;=8xXB>]['o^-]?[()\[\]{}DPpOo03sSxX/\\|*$@<>]{1,2}|</?3|[\^-][_.]?[\^-]|[oO][._][oO])$`)

// allPictographs is true of "🙂" and "👩‍🚀", and of "★★★".
func allPictographs(s string) bool {
	some := false
	for _, r := range s {
		switch {
		case pictograph(r) || r == '\u00a9' || r == '\u00ae':
			some = true
		case r != joiner && r != variation && r < 0xE0000:
			return false
		}
	}
	return some && utf8.RuneCountInString(s) <= maxPictographs
}

const maxPictographs = 12

func hasClass(t html.Token, names ...string) bool {
	for class := range strings.FieldsSeq(attribute(t, "class")) {
		for _, name := range names {
			if class == name {
				return true
			}
		}
	}
	return false
}
