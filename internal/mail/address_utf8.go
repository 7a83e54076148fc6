package mail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrUTF8 is a recipient whose local part is not ASCII, on a relay that does
// not offer SMTPUTF8 (RFC 6531). It is an ErrAddress: no mail can reach this
// recipient by this relay, and no other recipient suffers from it.
var ErrUTF8 = fmt.Errorf("%w: the relay takes no address with other letters than ASCII (SMTPUTF8)", ErrAddress)

// NeedsUTF8 says whether mail to a valid address can only go by a relay that
// offers SMTPUTF8.
func NeedsUTF8(addr string) bool {
	for i := range len(addr) {
		if addr[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// CheckRecipient is CheckAddress that also takes a local part in UTF-8 (RFC
// 6531, 3.3): in normal form C, so that one mailbox has one spelling (RFC 6532,
// 3.1), and without anything invisible. The lengths are counted in octets. The
// domain still stands in its A-label form.
func CheckRecipient(addr string) error {
	if !NeedsUTF8(addr) {
		return CheckAddress(addr)
	}
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || at > 64 || !visible(addr[:at]) {
		return fmt.Errorf("%w: %q", ErrAddress, clip(addr))
	}
	// Every character beyond ASCII may stand where an atom's letter may, so
	// that the rest of the syntax is that of the address with letters there.
	if CheckAddress(strings.Map(asLetter, addr[:at])+addr[at:]) != nil || len(addr) > 254 {
		return fmt.Errorf("%w: %q", ErrAddress, clip(addr))
	}
	return nil
}

// visible takes text of printable characters in normal form C. IsPrint leaves
// out controls of every kind, direction marks, joiners, separators and what is
// no character.
func visible(s string) bool {
	return utf8.ValidString(s) && norm.NFC.IsNormalString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf && (!unicode.IsPrint(r) || r == utf8.RuneError)
	})
}

func asLetter(r rune) rune {
	if r >= utf8.RuneSelf {
		return 'x'
	}
	return r
}
