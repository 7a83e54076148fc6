// Package preflight looks over a finished mail before it goes to everybody, and
// says what is wrong with it: what a reader, a mailbox provider or the law would
// mind, and what hints at an accident. It judges the mail as it is encoded, not
// what it was made from, so that it sees the mistakes of an operator's own
// templates too. Check is pure; looking up links and DNS is asked for apart.
package preflight

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Level is how grave a finding is.
type Level string

// The levels: what blocks holds the issue back, what warns is told.
const (
	Blocks Level = "blocks"
	Warns  Level = "warns"
)

// Finding is something wrong with a mail.
type Finding struct {
	Code   string `json:"code"` // what --force takes
	Level  Level  `json:"level"`
	Why    string `json:"why"`    // on one line, with what strangers wrote in quotes
	Remedy string `json:"remedy"` // what the operator can do
	// Forced says that the operator has said to go past it.
	Forced bool `json:"forced,omitempty"`
}

// Facts are what a mail alone does not say. Empty ones are not checked, but for
// PostalAddress and Recipients.
type Facts struct {
	PublicURL     string   // where our own pages are
	Unsubscribe   string   // the link of the reader whose copy it is
	Pending       []string // addresses of ours that exist only once the issue is frozen
	PostalAddress string
	EnvelopeFrom  string // bare address
	Note          string // the editor's, as written
	// Strangers is everything in the mail that others wrote: what looks like a
	// placeholder in there is a text about placeholders.
	Strangers  string
	Trimmed    bool // the mail was cut to fit already
	Recipients int
	Last       Last
}

// Last is what is known of issues that were sent; zero: none was.
type Last struct {
	Subject    string
	Recipients int
}

// Check says what is wrong with a mail, what blocks first.
func Check(m Mail, f Facts) []Finding {
	c := checker{mail: m, facts: f, page: readPage(m.HTML)}
	c.unsubscribe()
	c.postalAddress()
	c.size()
	c.texts()
	c.links()
	c.images()
	c.placeholders()
	c.subject()
	c.list()
	return Sorted(c.found)
}

// Sorted puts what blocks first, and leaves the order else.
func Sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Level, b.Level) })
	return all
}

// Force marks the findings whose codes the operator wants to go past.
func Force(all []Finding, codes []string) []Finding {
	out := slices.Clone(all)
	for i := range out {
		out[i].Forced = slices.Contains(codes, out[i].Code)
	}
	return out
}

// Blocking are the findings that hold an issue back: those that block and are
// not forced.
func Blocking(all []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Level != Blocks || f.Forced })
}

// New is a finding of a known code. It panics for another: every code must stand
// in the table that the operator reads.
func New(code string, level Level, why string) Finding {
	for _, k := range Kinds {
		if k.Code == code {
			return Finding{Code: code, Level: level, Why: why, Remedy: k.Remedy}
		}
	}
	panic("preflight: unknown code " + code)
}

// checker is one check on its way.
type checker struct {
	mail  Mail
	facts Facts
	page  page
	found []Finding
}

func (c *checker) blocks(code, why string) { c.found = append(c.found, New(code, Blocks, why)) }

func (c *checker) warns(code, why string) { c.found = append(c.found, New(code, Warns, why)) }

// mind blocks, or only warns where the whole mail is a trial: pages that only
// this machine reaches cannot be meant for readers.
func (c *checker) mind(code, why string) {
	if local(c.facts.PublicURL) {
		c.warns(code, why+" (a trial: web.public_url is this machine)")
		return
	}
	c.blocks(code, why)
}

// organization is the domain that somebody registered (RFC 7489 section 3.2).
func organization(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return o
	}
	return domain
}
