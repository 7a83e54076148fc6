package preflight

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
)

// leftover is a trace that something was not filled in.
type leftover struct {
	part string // of it, in lower case, to look for first: patterns are slow
	all  *regexp.Regexp
}

// leftovers are what broken templates print and what examples say. Each must be
// hard to come by in a text that means it.
var leftovers = []leftover{
	{"{{", regexp.MustCompile(`\{\{.{0,40}`)},
	{"*|", regexp.MustCompile(`\*\|[A-Z_:]+\|\*`)},
	// What package fmt writes for a verb that does not fit.
	{"%!", regexp.MustCompile(`%!(?:[A-Za-z]\(|\()\S{0,40}`)},
	// What package html/template writes in place of what would be unsafe, and
	// text/template for what is not there.
	{"zgotmplz", regexp.MustCompile(`ZgotmplZ`)},
	{"<no value>", regexp.MustCompile(`<no value>`)},
	{"change this", regexp.MustCompile(`\bCHANGE THIS\b`)},
	{"your name, street", regexp.MustCompile(`(?i)\byour name, street and town\b`)},
	{"example press", regexp.MustCompile(`(?i)\bexample press, 12 harbour street, bristol\b`)},
	{"lorem ipsum", regexp.MustCompile(`(?i)\blorem ipsum\b`)},
}

// placeholders looks for what was never filled in. Where strangers write such a
// thing themselves, as in an article on templates, it is left alone.
func (c *checker) placeholders() {
	found := c.examples()
	everything := strings.Join(append([]string{
		c.mail.Subject, c.mail.Text, c.facts.Note, c.facts.PostalAddress, c.page.title, c.page.text,
	}, c.page.values...), "\n")
	lower := strings.ToLower(everything)
	for _, l := range leftovers {
		if !strings.Contains(lower, l.part) {
			continue
		}
		if left := l.all.FindString(everything); left != "" && !l.all.MatchString(c.facts.Strangers) {
			found = append(found, quoted(left))
		}
	}
	if len(found) > 0 {
		c.mind(PlaceholderLeft, "not filled in: "+strings.Join(found, ", "))
	}
}

// examples are the settings whose values lie in domains for examples.
func (c *checker) examples() []string {
	var found []string
	seen := map[string]bool{}
	add := func(what, value, host string) {
		if host != "" && ReservedHost(host) && !seen[value] {
			seen[value] = true
			found = append(found, fmt.Sprintf("%s %s", what, quoted(value)))
		}
	}
	for _, name := range []string{"From", "Reply-To"} {
		if a, err := netmail.ParseAddress(c.mail.Header.Get(name)); err == nil {
			add(name, a.Address, domainOf(a.Address))
		}
	}
	add("the sender that bounces go to", c.facts.EnvelopeFrom, domainOf(c.facts.EnvelopeFrom))
	add("the address of our pages", c.facts.PublicURL, hostOf(c.facts.PublicURL))
	return found
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// ReservedHost says whether a host lies in a domain that is reserved for
// examples (RFC 2606), where nothing can ever answer.
func ReservedHost(host string) bool {
	host = "." + strings.ToLower(strings.TrimSuffix(host, "."))
	for _, reserved := range []string{".example", ".invalid", ".example.com", ".example.net", ".example.org"} {
		if strings.HasSuffix(host, reserved) {
			return true
		}
	}
	return false
}
