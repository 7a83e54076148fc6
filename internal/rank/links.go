package rank

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mediaEndings are those of pictures and films, which a comment shows rather than links to.
var mediaEndings = setOf(".png .jpg .jpeg .gif .webp .avif .svg .mp4 .webm")

// showsMedia says whether an address is that of a picture or film.
func showsMedia(address string) bool {
	lower := strings.ToLower(address)
	if strings.Contains(lower, "/uploads/") || strings.Contains(lower, "://youtu.be/") || strings.Contains(lower, "youtube.com/watch") {
		return true
	}
	if i := strings.IndexAny(lower, "?#"); i >= 0 {
		lower = lower[:i]
	}
	dot := strings.LastIndexByte(lower, '.')
	return dot >= 0 && mediaEndings[lower[dot:]]
}

// endings are those by which an address is recognised that was written without
// its scheme, if a path follows: "node.js" and "e.g./i.e." are no addresses.
var endings = setOf("com net org info biz xyz top shop online site club io me co ru cn example")

// shared are hosts whose sub-domains belong to different people.
var shared = setOf("wordpress.com blogspot.com substack.com medium.com tumblr.com github.io gitlab.io " +
	"google.com netlify.app vercel.app pages.dev workers.dev web.app herokuapp.com neocities.org weebly.com wixsite.com")

// reference are sites that one may link to without being vouched for: libraries,
// encyclopaedias, standards, public bodies, large newspapers, code hosts. Nothing
// where a stranger's advertising page would be at home.
var reference = setOf("wikipedia.org wikimedia.org wikidata.org wiktionary.org github.com gitlab.com codeberg.org " +
	"arxiv.org doi.org archive.org jstor.org pubmed.gov nature.com science.org youtube.com youtu.be " +
	"google.com books.google.com scholar.google.com " +
	"stackexchange.com stackoverflow.com reddit.com ycombinator.com w3.org ietf.org rfc-editor.org mozilla.org go.dev " +
	"nih.gov nasa.gov who.int un.org europa.eu bbc.co.uk bbc.com nytimes.com theguardian.com reuters.com " +
	"spiegel.de zeit.de tagesschau.de lemonde.fr elpais.com corriere.it nhk.or.jp")

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// siteOf is the site that an address or a bare host leads to, without those
// sub-domains that belong to the same owner; empty if there is none. It guesses
// from the labels' lengths where a registry sells names (example.co.uk).
func siteOf(address string) string {
	a := strings.TrimSpace(address)
	if !strings.Contains(a, "://") {
		a = "https://" + strings.TrimPrefix(a, "//")
	}
	u, err := url.Parse(a)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(strings.Trim(strings.ToLower(u.Hostname()), "."), "www.")
	labels := strings.Split(host, ".")
	n := len(labels)
	if n <= 2 || strings.Trim(host, "0123456789.") == "" {
		return host
	}
	keep := 2
	if shared[strings.Join(labels[n-2:], ".")] || len(labels[n-2]) <= 3 && len(labels[n-1]) == 2 {
		keep = 3
	}
	return strings.Join(labels[n-keep:], ".")
}

// cutLinks returns text without the addresses written in it, and those
// addresses: in full, and bare ones without their scheme.
func cutLinks(text string) (rest string, full, bare []string) {
	if strings.IndexByte(text, '/') < 0 && !strings.Contains(text, "www.") && !strings.Contains(text, "WWW.") {
		return text, nil, nil
	}
	var out strings.Builder
	kept := 0
	for i := 0; i < len(text); i++ {
		start, isBare := addressAround(text, kept, i)
		if start < 0 {
			continue
		}
		end := i + addressEnd(text[i:])
		if !isBare && end <= i+len("://") {
			continue
		}
		address := strings.TrimRight(text[start:end], ".,;:!?")
		if isBare {
			bare = append(bare, address)
		} else {
			full = append(full, address)
		}
		out.WriteString(text[kept:start])
		out.WriteByte(' ')
		kept, i = end, end-1
	}
	if kept == 0 {
		return text, nil, nil
	}
	out.WriteString(text[kept:])
	return out.String(), full, bare
}

// addressAround says where the address begins that text[i] gives away: by the
// colon of its scheme, by www. or by the slash after its host; -1: none.
// Nothing before from belongs to it.
func addressAround(text string, from, i int) (start int, bare bool) {
	switch text[i] {
	case ':':
		if !strings.HasPrefix(text[i:], "://") {
			return -1, false
		}
		for _, scheme := range []string{"https", "http"} {
			if at := i - len(scheme); at >= from && strings.EqualFold(text[at:i], scheme) && !splitsWord(text, at) {
				return at, false
			}
		}
	case 'w', 'W':
		if len(text) > i+4 && strings.EqualFold(text[i:i+4], "www.") && !splitsWord(text, i) {
			return i, false
		}
	case '/':
		return hostBefore(text, from, i), true
	}
	return -1, false
}

// hostBefore says where the host begins that ends at text[to]; -1: there is none.
func hostBefore(text string, from, to int) int {
	at := to
	for at > from {
		r, size := utf8.DecodeLastRuneInString(text[from:at])
		if r != '-' && r != '.' && !isWordRune(unicode.ToLower(r)) {
			break
		}
		at -= size
	}
	host := strings.TrimLeft(text[at:to], "-.")
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || !endings[strings.ToLower(host[dot+1:])] {
		return -1
	}
	return to - len(host)
}

// addressEnd is where the address ends that text is within. Scripts without
// blanks write on behind it at once.
func addressEnd(text string) int {
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if r <= ' ' || strings.IndexByte("<>\"'])", byte(r)) >= 0 {
				return i
			}
		case unicode.IsSpace(r), isSpaceless(r), 0x3000 <= r && r <= 0x303f, 0xff00 <= r && r <= 0xffef:
			return i
		}
	}
	return len(text)
}
