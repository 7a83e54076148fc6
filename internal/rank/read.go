package rank

import (
	"slices"
	"strings"
	"unicode/utf8"

	"digest.example/internal/sanitize"
)

// maxRead is how much of one comment is read, in bytes. It is far beyond what
// an email prints; it keeps a thread of giant comments affordable.
const maxRead = 64 << 10

// said is what a comment says in its own words, without what it quotes.
type said struct {
	wording
	cased     int // letters that could be capitals
	upper     int // those that are
	links     []link
	bangs     int
	questions int
	adverts   int
	blocked   string // the blocked word it contains, if any
}

type link struct {
	site  string
	aside bool // shows a picture or a film, or is written in passing, without https
}

// sites are those that the comment links to, each once.
func (s said) sites() []string {
	var out []string
	for _, l := range s.links {
		if !slices.Contains(out, l.site) {
			out = append(out, l.site)
		}
	}
	return out
}

func (s said) linksTo(site string) bool {
	return slices.ContainsFunc(s.links, func(l link) bool { return l.site == site })
}

// read takes a comment's untrusted HTML apart.
func read(untrusted string, blocked *phrases) said {
	own, addresses := ownWords(untrusted)
	text, full, bare := cutLinks(own)
	f := fold(text)
	s := said{cased: f.cased, upper: f.upper}
	s.terms = make([]uint64, 0, min(maxTerms, len(f.text)/4))
	s.take(f.text)
	s.links = linksOf(append(addresses, full...), bare)
	s.bangs = strings.Count(text, "!") + strings.Count(text, "！")
	for _, mark := range []string{"?", "？", "؟", "\u037e", "՞", "፧"} {
		s.questions += strings.Count(text, mark)
	}
	all := f.text
	if len(own) != len(text) { // phrases may contain addresses
		all = fold(own).text
	}
	s.adverts = advertising.distinct(all)
	s.blocked = blocked.first(all)
	return s
}

// ownWords is the text of a comment without quotes, and what it links to.
func ownWords(untrusted string) (text string, addresses []string) {
	untrusted = firstBytes(untrusted, maxRead)
	if !strings.ContainsAny(untrusted, "<&") {
		return withoutQuotes(sanitize.Visible(untrusted)), nil
	}
	var b strings.Builder
	for _, block := range sanitize.Parse(untrusted, nil).Blocks {
		if block.Quote > 0 {
			continue
		}
		for _, r := range block.Runs {
			b.WriteString(r.Text)
			if r.Href != "" {
				addresses = append(addresses, r.Href)
			}
		}
		b.WriteByte('\n')
	}
	return withoutQuotes(b.String()), addresses
}

// withoutQuotes drops the lines that quote in the manner of mail.
func withoutQuotes(text string) string {
	if !strings.Contains(text, ">") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), ">") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func firstBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// linksOf counts an address once, however often it is written.
func linksOf(full, bare []string) []link {
	if len(full)+len(bare) == 0 {
		return nil
	}
	var out []link
	seen := map[string]bool{}
	for i, a := range slices.Concat(full, bare) {
		if !seen[a] {
			seen[a] = true
			out = append(out, link{siteOf(a), i >= len(full) || showsMedia(a)})
		}
	}
	return out
}
