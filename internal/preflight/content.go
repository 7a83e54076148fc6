package preflight

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"digest.example/internal/compose"
)

// unsubscribe wants the reader's own link where readers and their programs look
// for it (RFC 2369, RFC 8058).
func (c *checker) unsubscribe() {
	link := c.facts.Unsubscribe
	var missing []string
	if link == "" || !slices.Contains(c.page.links, link) {
		missing = append(missing, "the HTML")
	}
	if link == "" || !slices.ContainsFunc(strings.Fields(c.mail.Text), func(word string) bool {
		return strings.Trim(word, "<>()[].,;:\"'") == link
	}) {
		missing = append(missing, "the plain text")
	}
	header := c.mail.Header.Get("List-Unsubscribe")
	if link == "" || !strings.Contains(header, "<"+link+">") || c.mail.Header.Get("List-Unsubscribe-Post") == "" {
		missing = append(missing, "the header")
	}
	if len(missing) > 0 {
		c.blocks(NoUnsubscribe, "no unsubscribe link in "+strings.Join(missing, " and "))
	}
}

func (c *checker) postalAddress() {
	want := letters(c.facts.PostalAddress)
	if want == "" {
		c.blocks(NoPostalAddress, "no postal address is configured")
		return
	}
	var missing []string
	if !strings.Contains(letters(c.page.text), want) {
		missing = append(missing, "the HTML")
	}
	if !strings.Contains(letters(c.mail.Text), want) {
		missing = append(missing, "the plain text")
	}
	if len(missing) > 0 {
		c.blocks(NoPostalAddress, "no postal address in "+strings.Join(missing, " and "))
	}
}

// size leaves out the reader's own link: the composer, which cuts what is too
// much, does not know how long it will be. What it has cut is nearly full on
// purpose.
func (c *checker) size() {
	bytes := len(c.mail.HTML)
	if link := c.facts.Unsubscribe; link != "" {
		bytes -= strings.Count(c.mail.HTML, link) * len(link)
	}
	why := fmt.Sprintf("%d bytes of HTML; %d are the limit", bytes, compose.Budget)
	switch {
	case bytes > compose.Budget:
		c.blocks(TooLarge, why)
	case bytes >= compose.Budget/10*9 && !c.facts.Trimmed:
		c.warns(TooLarge, why)
	}
}

func (c *checker) texts() {
	if letters(c.mail.Text) == "" {
		c.blocks(EmptyText, "the plain text has no words")
	}
	if letters(c.mail.Subject) == "" {
		c.blocks(MissingSubject, "the subject has no words")
	}
	if letters(c.page.title) == "" {
		c.warns(MissingTitle, "the HTML has no title")
	}
}

// links wants https of every link, in the header too.
func (c *checker) links() {
	links := slices.Clone(c.page.links)
	for _, field := range []string{"List-Unsubscribe", "List-Archive"} {
		links = append(links, bracketed(c.mail.Header.Get(field))...)
	}
	var own, strangers []string
	for _, link := range links {
		switch {
		case secure(link):
		case ours(c.facts, link):
			own = append(own, link)
		default:
			strangers = append(strangers, link)
		}
	}
	if len(own) > 0 {
		c.mind(InsecureLink, some(own)+" of ours without https")
	}
	if len(strangers) > 0 {
		c.found = append(c.found, Finding{
			Code: InsecureLink, Level: Warns, Why: some(strangers) + " without https",
			Remedy: "ask those sites for https, or leave it",
		})
	}
}

// bracketed are the addresses of a field of RFC 2369.
func bracketed(field string) []string {
	var all []string
	for part := range strings.SplitSeq(field, ",") {
		if part = strings.TrimSpace(part); strings.HasPrefix(part, "<") && strings.HasSuffix(part, ">") {
			all = append(all, part[1:len(part)-1])
		}
	}
	return all
}

// secure takes what no one on the way can change. A place in the mail itself
// leads nowhere else.
func secure(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Host != ""
	case "mailto", "tel":
		return true
	case "":
		return u.Host == "" && u.Path == "" && u.Fragment != ""
	}
	return false
}

func (c *checker) images() {
	if n := len(c.page.noAlt); n > 0 {
		c.warns(MissingAlt, counted(n, "image")+" without alt, the first "+quoted(c.page.noAlt[0]))
	}
}

// some are a few links in words: how many, and the first.
func some(links []string) string {
	slices.Sort(links)
	links = slices.Compact(links)
	if len(links) == 1 {
		return "the link " + quoted(links[0])
	}
	return counted(len(links), "link") + ", such as " + quoted(links[0]) + ","
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quoted is a stranger's text, short and fit for a terminal.
func quoted(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..." // what is not ASCII comes out as its number
	}
	return fmt.Sprintf("%+q", s)
}
