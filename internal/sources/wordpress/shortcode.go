package wordpress

import (
	"regexp"
	"slices"
	"strings"

	"digest.example/internal/sanitize"
)

// WordPress leaves the shortcodes of plugins that are gone as text in square
// brackets: [name key="value"] … [/name]. Authors put words in square brackets
// too, so only what cannot be prose is taken for one.

// shortcode is one tag of that kind within a text.
type shortcode struct {
	start, end int
	name, args string
	closing    bool
}

// builders are how the shortcodes of page builders and plugins begin: nobody
// would write these words.
var builders = []string{
	"et_pb_", "et_", "fusion_", "vc_", "wpb_", "av_", "su_", "mk_", "ux_", "tatsu_", "cs_", "siteorigin_", "elementor-",
	"contact-form", "ninja_form", "gravityform", "wpforms", "mc4wp_", "mailpoet_", "rev_slider", "layerslider", "smartslider",
	"tablepress", "wp_", "wpdm_", "woocommerce_", "product_", "ngg", "nggallery", "ez-toc", "ssba", "addtoany", "jetpack_",
}

// alone are shortcodes that need no arguments, none of them a word for an editor's remark.
var alone = []string{"gallery", "playlist", "toc", "sharethis", "shareaholic", "social_share", "relatedposts", "jetpack-related-posts"}

// media are those that stand for something to look at or listen to.
var media = []string{
	"embed", "youtube", "vimeo", "video", "audio", "soundcloud", "tweet", "twitter", "instagram", "facebook", "dailymotion",
	"spotify", "tiktok", "ted", "gist", "googlemaps", "flickr", "wpvideo", "videopress", "bandcamp", "fusion_youtube", "fusion_vimeo",
	"et_pb_video", "et_pb_audio", "vc_video", "su_youtube", "su_vimeo", "su_video", "su_audio", "av_video",
}

const (
	longestName = 60
	longestArgs = 2000 // bytes; longer ones are taken for prose
	quotes      = `"'“”″„«»’‘`
)

var (
	argument   = regexp.MustCompile(`(?:^|\s)([A-Za-z_][\w-]*)=(?:["'“”″„«]([^"“”″„»]*)["'“”″»]|([^\s"'“”″]+))`)
	anyAddress = regexp.MustCompile(`https?://[^\s"'“”″„»<>\[\]]+`)
	youTubeID  = regexp.MustCompile(`^[\w-]{11}$`)
	digits     = regexp.MustCompile(`^\d{5,15}$`)
)

// shortcodes finds the tags in s, whether they are shortcodes or prose.
func shortcodes(s string) []shortcode {
	var out []shortcode
	for i := 0; i < len(s); {
		open := strings.IndexByte(s[i:], '[')
		if open < 0 {
			break
		}
		i += open
		c, ok := shortcodeAt(s, i)
		if !ok {
			i++
			continue
		}
		out = append(out, c)
		i = c.end
	}
	return out
}

// shortcodeAt reads the tag that begins at i. One in double brackets is how
// authors write about shortcodes.
func shortcodeAt(s string, i int) (shortcode, bool) {
	c := shortcode{start: i, closing: strings.HasPrefix(s[i+1:], "/")}
	rest := s[i+1:]
	if c.closing {
		rest = rest[1:]
	}
	n := 0
	for n < len(rest) && n < longestName && nameByte(rest[n], n == 0) {
		n++
	}
	c.name, rest = rest[:n], rest[n:]
	stop := strings.IndexAny(rest[:min(len(rest), longestArgs)], "[]")
	if n == 0 || stop < 0 || rest[stop] != ']' || (stop > 0 && !strings.ContainsAny(rest[:1], " \t\r\n=/\u00A0")) {
		return c, false
	}
	c.args = strings.TrimSuffix(rest[:stop], "/")
	c.end = len(s) - len(rest) + stop + 1
	doubled := i > 0 && s[i-1] == '[' && strings.HasPrefix(s[c.end:], "]")
	return c, !doubled && (!c.closing || strings.TrimSpace(c.args) == "")
}

// nameByte says whether c may be in a name. Names of other scripts are prose.
func nameByte(c byte, first bool) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	return letter || !first && (c == '_' || c == '-' || c >= '0' && c <= '9')
}

// certain says whether c is a shortcode whatever else is in the text.
func (c shortcode) certain() bool {
	if slices.ContainsFunc(builders, func(p string) bool { return strings.HasPrefix(c.name, p) }) || slices.Contains(alone, c.name) {
		return true
	}
	if c.closing {
		return false
	}
	return len(c.name) > 2 && argument.MatchString(c.args) && (strings.ContainsAny(c.args, quotes) || !strings.Contains(c.args, ", ")) ||
		slices.Contains(media, c.name) && c.address() != ""
}

// address is what a shortcode of media leads to; "": it does not say.
func (c shortcode) address() string {
	if a := anyAddress.FindString(c.args); a != "" {
		return sanitize.Address(a, nil)
	}
	id := strings.Trim(strings.TrimPrefix(c.args, "="), " "+quotes)
	if v := c.arg("id"); v != "" {
		id = v
	}
	switch {
	case strings.Contains(c.name, "youtube") && youTubeID.MatchString(id):
		return "https://www.youtube.com/watch?v=" + id
	case strings.Contains(c.name, "vimeo") && digits.MatchString(id):
		return "https://vimeo.com/" + id
	}
	return ""
}

// arg is the value of an argument, its quotes as WordPress may have curled them.
func (c shortcode) arg(keys ...string) string {
	for _, m := range argument.FindAllStringSubmatch(c.args, -1) {
		if slices.Contains(keys, m[1]) {
			return m[2] + m[3]
		}
	}
	return ""
}

// expandShortcodes replaces the shortcodes in all text but code.
func expandShortcodes(root *node) {
	var texts []*node
	root.walk(func(n *node) bool {
		if n.tag == "" && n.text != "" && !n.raw && strings.Contains(n.text, "[") {
			texts = append(texts, n)
		}
		return !code(n.tag)
	})
	opened, closed := map[string]bool{}, map[string]bool{}
	// A bare [name] is a shortcode if [/name] comes later, maybe in another paragraph.
	for _, t := range texts {
		for _, c := range shortcodes(t.text) {
			if c.closing {
				closed[c.name] = opened[c.name] // an end before any start is prose
			} else {
				opened[c.name] = true
			}
		}
	}
	for _, t := range texts {
		t.kids, t.text = expand(t.text, func(c shortcode) bool { return closed[c.name] || c.certain() }), ""
	}
}

// code says whether brackets in the element are shown, not meant.
func code(tag string) bool {
	return tag == "pre" || tag == "code" || tag == "kbd" || tag == "samp" || tag == "textarea"
}

// expand is the text s in pieces, each shortcode replaced by what it says.
func expand(s string, is func(shortcode) bool) []*node {
	var out []*node
	from := 0
	all := slices.DeleteFunc(shortcodes(s), func(c shortcode) bool { return !is(c) })
	for i := 0; i < len(all); i++ {
		c := all[i]
		out = append(out, &node{text: s[from:c.start]})
		from = c.end
		inside, paired := "", i+1 < len(all) && all[i+1].closing && all[i+1].name == c.name && !c.closing
		if paired {
			inside = s[c.end:all[i+1].start]
		}
		says, all2 := c.says(inside)
		out = append(out, says...)
		if all2 {
			i++
			from = all[i].end
		}
	}
	return append(out, &node{text: s[from:]})
}

// says is what stands in the place of c, and whether what is inside it is in there.
func (c shortcode) says(inside string) (nodes []*node, whole bool) {
	if c.closing {
		return nil, false
	}
	words := sanitize.Line(inside)
	if slices.Contains(media, c.name) {
		if a := loneAddress(inside); a != "" {
			return []*node{link(a, a)}, true
		}
		if a := c.address(); a != "" {
			return []*node{link(watchable(a), sanitize.Host(a))}, false
		}
		return nil, false
	}
	if strings.Contains(c.name, "button") {
		a := sanitize.Address(c.arg("url", "href", "link", "button_url"), nil)
		if words == "" {
			words = sanitize.Line(c.arg("button_text", "text", "title"))
		}
		if a != "" && words != "" {
			return []*node{link(a, words)}, inside != ""
		}
	}
	if strings.HasSuffix(c.name, "caption") {
		return []*node{{text: c.arg("caption")}}, false
	}
	return nil, false
}
