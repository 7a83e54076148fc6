package compose

import (
	"strings"
	"unicode/utf8"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// excerpt fills in the article's first sentences, up to n characters. Its
// links lead away from the article, so that only their words stay.
func (v *views) excerpt(out *article, a digest.Article, n int) {
	doc, _ := v.prose(a).Cut(n)
	doc = doc.MapLinks(func(words, _ string) (string, string) { return words, "" })
	out.Excerpt = doc.HTML(v.outside)
	out.ExcerptText = doc.Text()
}

// prose is the article, or its summary, from where it begins to say something:
// after the title, which some sources repeat, and the links to what it shows.
func (v *views) prose(a digest.Article) sanitize.Doc {
	repeated := func(b sanitize.Block) bool {
		return b.Kind == sanitize.Heading && v.line(b.Text()) == v.line(a.Title)
	}
	said := []sanitize.Doc{sanitize.Parse(a.HTML, base(a.URL)), sanitize.Parse(a.Summary, base(a.URL))}
	// An article may be nothing but a link: then that is what it says, unless it
	// names no more than a site.
	for _, hollow := range []func(sanitize.Block) bool{onlyLink, onlyHosts} {
		for _, doc := range said {
			for len(doc.Blocks) > 0 && (hollow(doc.Blocks[0]) || onlyHosts(doc.Blocks[0]) || repeated(doc.Blocks[0])) {
				doc.Blocks = doc.Blocks[1:]
			}
			if !doc.Empty() {
				return doc
			}
		}
	}
	return sanitize.Doc{}
}

// linkedProse is how many characters of a single link are no caption any more:
// some sources make a link of their first paragraph.
const linkedProse = 80

// onlyLink says whether the block is nothing but one link.
func onlyLink(b sanitize.Block) bool {
	href := ""
	for _, r := range b.Runs {
		switch {
		case strings.TrimSpace(r.Text) == "":
		case r.Href == "" || href != "" && r.Href != href:
			return false
		default:
			href = r.Href
		}
	}
	return href != "" && utf8.RuneCountInString(b.Text()) < linkedProse
}

// onlyHosts says whether the block has no words but addresses.
func onlyHosts(b sanitize.Block) bool {
	words := strings.Fields(b.Text())
	for _, w := range words {
		if !hostLike.MatchString(w) {
			return false
		}
	}
	return len(words) > 0
}
