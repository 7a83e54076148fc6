package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
)

// ErrAddress is a value that cannot stand in a header or an SMTP command as
// the address, identifier or URL that it should be.
var ErrAddress = errors.New("bad address")

// CheckAddress says whether addr is a bare mailbox address that can be written
// into RCPT TO and into a header as it is: RFC 5321 syntax and lengths, ASCII
// only (international domains in their A-label form).
func CheckAddress(addr string) error {
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || len(addr) > 254 || at > 64 || !isASCII(addr) {
		return fmt.Errorf("%w: %q", ErrAddress, clip(addr))
	}
	local, domain := addr[:at], addr[at+1:]
	if !validLocal(local) || !validDomain(domain) {
		return fmt.Errorf("%w: %q", ErrAddress, clip(addr))
	}
	return nil
}

// checkMailto takes addresses that need no escaping in a mailto URL (RFC 6068).
func checkMailto(addr string) error {
	if strings.ContainsAny(addr, "\"%?&#/[]{}|^`\\") {
		return fmt.Errorf("%w: %q cannot be a mailto address", ErrAddress, clip(addr))
	}
	return CheckAddress(addr)
}

// clip keeps hostile values in error messages short.
func clip(s string) string { return s[:min(len(s), 100)] }

func validLocal(s string) bool {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return validQuoted(s[1 : len(s)-1])
	}
	return validDotAtom(s)
}

func validQuoted(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return false
		case '\\':
			if i++; i == len(s) {
				return false
			}
		}
	}
	return true
}

func validDotAtom(s string) bool {
	dot := true
	for i := range len(s) {
		if s[i] == '.' {
			if dot {
				return false
			}
			dot = true
			continue
		}
		if !isAtext(s[i]) {
			return false
		}
		dot = false
	}
	return !dot
}

// validDomain takes host names and address literals.
func validDomain(s string) bool {
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		return !strings.ContainsAny(s[1:len(s)-1], `[]\ <>"`)
	}
	for label := range strings.SplitSeq(s, ".") {
		if !validLabel(label) {
			return false
		}
	}
	return true
}

func validLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if !isAlnum(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return true
}

// formatMailbox rewrites an RFC 5322 mailbox as ASCII.
func formatMailbox(s string) (string, error) {
	a, err := netmail.ParseAddress(clean(s))
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", ErrAddress, clip(s), err)
	}
	addr := bareAddress(a)
	if err := CheckAddress(addr); err != nil {
		return "", err
	}
	name := encodePhrase(a.Name)
	if name == "" {
		return addr, nil
	}
	return name + " <" + addr + ">", nil
}

// bareAddress undoes what ParseAddress does to a quoted local part.
func bareAddress(a *netmail.Address) string {
	s := (&netmail.Address{Address: a.Address}).String()
	return strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
}

// formatListID rewrites "Name <id>" or "id" (RFC 2919).
func formatListID(s string) (string, error) {
	s = clean(s)
	name, id := "", s
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		name, id = strings.Trim(s[:i], ` "`), strings.TrimSuffix(s[i+1:], ">")
	}
	if !validDotAtom(id) || len(id) > 255 {
		return "", fmt.Errorf("%w: list id %q", ErrAddress, clip(id))
	}
	if name = encodePhrase(name); name != "" {
		name += " "
	}
	return name + "<" + id + ">", nil
}

// checkURL takes web addresses made of characters that mean nothing to HTML,
// to headers and to angle brackets, so that they can be written anywhere.
func checkURL(s string) error {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	if !ok || rest == "" || len(s) > 500 {
		return fmt.Errorf("%w: URL %q", ErrAddress, clip(s))
	}
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("-._~:/?@!$*+=%[]", s[i]) < 0 {
			return fmt.Errorf("%w: URL %q", ErrAddress, clip(s))
		}
	}
	return nil
}

// checkMessageID takes what stands between the angle brackets of RFC 5322's msg-id.
func checkMessageID(s string) error {
	left, right, ok := strings.Cut(s, "@")
	if !ok || len(s) > 250 || !validDotAtom(left) || !validDomain(right) {
		return fmt.Errorf("%w: Message-ID %q", ErrAddress, clip(s))
	}
	return nil
}
