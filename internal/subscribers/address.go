package subscribers

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The limits of RFC 5321, section 4.5.3.1. A path has 256 octets, of which the
// angle brackets take two.
const (
	maxAddress = 254
	maxLocal   = 64
	maxName    = 200
)

// Address is an email address as this program understands it.
type Address struct {
	Mailbox string // local part as given (NFC), "@", domain in its ASCII form: what mail is sent to
	Normal  string // Mailbox in lower case: what makes two addresses one
	Name    string // the name in front of <…>, or empty
}

// domains maps a domain to the form in which it is looked up (UTS 46).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// ParseAddress reads one address as a person types it: "ann@example.org" or
// "Ann Bell <ann@example.org>". It takes what mailbox providers hand out, also in
// other scripts (RFC 6531), and refuses quoted local parts, address literals and
// comments, since in a list those are mistakes or attacks. The error is a
// sentence for whoever typed it.
//
// The normal form lower-cases the local part too: strictly, RFC 5321 lets
// hosts tell cases apart, but no provider does, and a person who left as Ann@
// must not get mail as ann@. Dots and +tags stay, as they differ between hosts.
// Nothing else is folded, because what is folded wrongly lets one person take
// another's place on the list: ß is not ss, and compatibility forms such as
// full-width letters are refused instead of being read as others.
func ParseAddress(s string) (Address, error) {
	name, spec, err := splitName(strings.Trim(s, " \t"))
	if err != nil {
		return Address{}, err
	}
	at := strings.LastIndexByte(spec, '@')
	if at < 0 {
		return Address{}, errors.New("there is no @ in it")
	}
	local, err := parseLocal(spec[:at])
	if err != nil {
		return Address{}, err
	}
	ascii, err := asciiDomain(spec[at+1:])
	if err != nil {
		return Address{}, err
	}
	a := Address{Mailbox: local + "@" + ascii, Normal: lower(local) + "@" + ascii, Name: name}
	if len(a.Mailbox) > maxAddress || len(a.Normal) > maxAddress {
		return Address{}, fmt.Errorf("it is longer than %d bytes", maxAddress)
	}
	return a, nil
}

// splitName separates "Name <spec>".
func splitName(s string) (name, spec string, err error) {
	if !strings.HasSuffix(s, ">") {
		return "", s, nil
	}
	open := strings.LastIndexByte(s, '<')
	if open < 0 {
		return "", "", errors.New("there is a > without a <")
	}
	name = unquote(strings.TrimSpace(s[:open]))
	if len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unsafeInName) {
		return "", "", errors.New("the name in front of the address is too long or holds control characters")
	}
	return name, s[open+1 : len(s)-1], nil
}

// unquote undoes a quoted-string of RFC 5322, section 3.2.4.
func unquote(name string) string {
	if len(name) < 2 || name[0] != '"' || name[len(name)-1] != '"' {
		return name
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(name[1 : len(name)-1])
}

// unsafeInName finds what could break a header or make a name read as another;
// joiners stay, since several scripts cannot be written without them.
func unsafeInName(r rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		unicode.Is(unicode.Cf, r) && r != zwnj && r != zwj
}

func asciiDomain(domain string) (string, error) {
	if domain == "" {
		return "", errors.New("there is nothing after the @")
	}
	if domain[0] == '[' {
		return "", errors.New("a number in brackets instead of a domain is not supported")
	}
	// The mapping silently drops invisible characters, and with them the
	// difference between what was typed and where mail would go.
	if !utf8.ValidString(domain) || strings.ContainsFunc(domain, invisible) {
		return "", errors.New("there are invisible characters after the @")
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil {
		return "", fmt.Errorf("%q is not a domain: %w", domain, err)
	}
	if strings.HasSuffix(ascii, ".") {
		return "", fmt.Errorf("%q is not a domain as mail uses it: it ends in a dot", domain)
	}
	// A bare host name resolves differently on every network, and in a list
	// of readers it is a domain whose end got lost.
	if !strings.Contains(ascii, ".") {
		return "", fmt.Errorf("%q has no dot in it, as in example.org", domain)
	}
	return ascii, nil
}

func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
