package subscribers

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// parseLocal takes a Dot-string of RFC 5321, section 4.1.2, with the letters of
// RFC 6531, section 3.3, and returns it in NFC: keyboards differ in how they
// compose a letter.
func parseLocal(local string) (string, error) {
	if err := checkLocal(local); err != nil {
		return "", err
	}
	composed := norm.NFC.String(local)
	if norm.NFKC.String(local) != composed {
		return "", errors.New("there are letters in a special form before the @, such as full-width ones: type plain ones")
	}
	if len(composed) > maxLocal || len(lower(composed)) > maxLocal {
		return "", fmt.Errorf("the part before the @ is longer than %d bytes", maxLocal)
	}
	return composed, nil
}

func checkLocal(local string) error {
	switch {
	case local == "":
		return errors.New("there is nothing before the @")
	case len(local) > 4*maxLocal: // composed, it may be shorter
		return fmt.Errorf("the part before the @ is longer than %d bytes", maxLocal)
	case !utf8.ValidString(local):
		return errors.New("the part before the @ is not text")
	case local[0] == '"':
		return errors.New("a quoted part before the @ is not supported")
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return errors.New("there is a dot too many before the @")
		}
		if i := strings.IndexFunc(atom, notAtomText); i >= 0 {
			r, _ := utf8.DecodeRuneInString(atom[i:])
			return fmt.Errorf("%q cannot stand before the @", r)
		}
		if r, _ := utf8.DecodeRuneInString(atom); unicode.IsMark(r) {
			return errors.New("an accent without its letter stands before the @")
		}
	}
	return nil
}

// notAtomText finds what is not atext of RFC 5322, section 3.2.3, and beyond
// ASCII what is no letter, mark or digit: what is left cannot be seen, or read
// aloud, or differs between fonts.
func notAtomText(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return !unicode.In(r, unicode.L, unicode.M, unicode.N) ||
			unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
}

// lower is the local part by which two are the same, in NFC. A letter of another
// script never becomes an ASCII one, as the Turkish İ would.
func lower(local string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); r < utf8.RuneSelf || l >= utf8.RuneSelf {
			return l
		}
		return r
	}, local))
}
