package smtptest

import (
	"bytes"
	"slices"
	"strings"
)

// parameters are what stands behind the address in MAIL.
func parameters(argument string) []string {
	return strings.Fields(strings.ToUpper(argument[strings.LastIndexByte(argument, '>')+1:]))
}

// badUTF8 refuses what RFC 6531 does: SMTPUTF8 where it was not offered, and an
// address that needs it where it was not asked for. Empty: nothing is wrong.
func (c *session) badUTF8(address string) string {
	switch {
	case c.utf8 && !slices.Contains(c.server.options.Extensions, "SMTPUTF8"):
		return "555 5.5.4 SMTPUTF8 was not offered\r\n"
	case !c.utf8 && !ascii([]byte(address)):
		return "553 5.6.7 the address needs SMTPUTF8\r\n"
	}
	return ""
}

// checkHeader records a header that only SMTPUTF8 allows (RFC 6532).
func (c *session) checkHeader(message []byte) {
	header, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	if !c.utf8 && !ascii(header) {
		c.server.recordViolation(c.number, "a header that is not ASCII without SMTPUTF8")
	}
}

func ascii(s []byte) bool {
	return !slices.ContainsFunc(s, func(b byte) bool { return b >= 0x80 })
}
