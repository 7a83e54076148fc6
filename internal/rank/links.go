package rank

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	addressRE = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"'\])]+`)
	// bareRE finds addresses that were written without their scheme. Only well-known
	// endings followed by a path count: "node.js" and "e.g./i.e." are no addresses.
	bareRE  = regexp.MustCompile(`(?i)\b(?:[\pL\pN-]+\.)+(?:com|net|org|info|biz|xyz|top|shop|online|site|club|io|me|co|ru|cn|example)/[^\s<>"'\])]*`)
	mediaRE = regexp.MustCompile(`(?i)\.(?:png|jpe?g|gif|webp|avif|svg|mp4|webm)(?:[?#]|$)|/uploads/|^https?://(?:www\.)?youtu\.?be`)
)

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
	if !strings.ContainsAny(text, "/") && !strings.Contains(text, "www.") && !strings.Contains(text, "WWW.") {
		return text, nil, nil
	}
	cut := func(re *regexp.Regexp, into *[]string) {
		text = re.ReplaceAllStringFunc(text, func(a string) string {
			*into = append(*into, strings.TrimRight(a, ".,;:!?"))
			return " "
		})
	}
	cut(addressRE, &full)
	cut(bareRE, &bare)
	return text, full, bare
}
