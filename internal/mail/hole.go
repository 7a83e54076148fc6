package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// holePrefix makes a marker an absolute https address, so that templates and
// URL filters let it through unchanged, in a host that cannot exist (RFC 6761).
const holePrefix = "https://unsubscribe.invalid/"

// preferencesPrefix does the same for the address of a recipient's preferences.
const preferencesPrefix = "https://preferences.invalid/"

// holeDigits is the number of hex digits behind holePrefix.
const holeDigits = 32

// HoleUnsubscribe is the marker that stands in an issue's text and HTML where
// each recipient's own unsubscribe address will stand. Its form is a URL of
// plain characters, the same escaped for HTML, attributes and URLs as not.
//
// key must be unpredictable to whoever writes comments, such as the issue's
// random id: otherwise a comment could quote the marker and have readers'
// personal links printed where it likes, in the query of its own site say. The
// same key gives the same marker.
func HoleUnsubscribe(key string) string {
	sum := sha256.Sum256([]byte("digest unsubscribe hole\n" + key))
	return holePrefix + hex.EncodeToString(sum[:holeDigits/2])
}

// HolePreferences is the marker that stands where each recipient's address of
// their preferences will stand, beside a marker from HoleUnsubscribe.
func HolePreferences(hole string) string {
	return preferencesPrefix + strings.TrimPrefix(hole, holePrefix)
}

func validHole(hole string) bool {
	digits, ok := strings.CutPrefix(hole, holePrefix)
	return ok && len(digits) == holeDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// Fill replaces hole in a text or in HTML by the recipient's unsubscribe
// address, and that of the preferences by theirs, for previews and pages. It
// refuses an address that would need escaping in either.
func Fill(content, hole string, p Personal) (string, error) {
	if !validHole(hole) {
		return "", fmt.Errorf("fill: %q is not a hole", hole)
	}
	for marker, address := range map[string]string{hole: p.Unsubscribe, HolePreferences(hole): p.Preferences} {
		if !strings.Contains(content, marker) {
			continue
		}
		if err := checkURL(address); err != nil {
			return "", fmt.Errorf("fill: %w", err)
		}
		content = strings.ReplaceAll(content, marker, address)
	}
	return content, nil
}

// What fills a hole.
const (
	fillUnsubscribe = 'u'
	fillPreferences = 'p'
)

// marks are the lines that stand for holes while the body is being encoded:
// letters and digits only, so that quoted-printable leaves them alone.
type marks struct{ unsubscribe, preferences string }

func marksOf(hole string) marks {
	digits := strings.TrimPrefix(hole, holePrefix)
	return marks{"HOLE" + digits, "PREF" + digits}
}

// put normalises line ends to CRLF and puts each mark on a line of its own where
// its hole is.
func (m marks) put(content, hole string) string {
	return strings.NewReplacer(
		hole, "\r\n"+m.unsubscribe+"\r\n", HolePreferences(hole), "\r\n"+m.preferences+"\r\n",
	).Replace(normal(content))
}

// normal is a text as it can be encoded.
func normal(content string) string { return crlf.Replace(strings.ToValidUTF8(content, "\uFFFD")) }

// crlf turns every kind of line end into CRLF; its order matters.
var crlf = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")

// cut splits an encoded body at its marks and dot-stuffs the pieces. The line
// breaks around a mark become soft ones (RFC 2045, 6.7, rule 5), which a reader
// does not see; where a real break stands beside the mark, none is needed. So
// every hole begins a line and whatever follows it ends that line. Fills says
// for each hole what fills it.
func (m marks) cut(body []byte) (_ [][]byte, fills string) {
	raw, fills := m.split(body)
	pieces := make([][]byte, len(raw))
	for i, r := range raw {
		var p []byte
		if i > 0 && !bytes.HasPrefix(r, []byte("\r\n")) {
			p = append(p, "=\r\n"...)
		}
		p = append(p, r...)
		if i < len(raw)-1 && !bytes.HasSuffix(p, []byte("\r\n")) {
			p = append(p, "=\r\n"...)
		}
		pieces[i] = bytes.ReplaceAll(p, []byte("\r\n."), []byte("\r\n.."))
	}
	return pieces, fills
}

// split is what stands before, between and after the marks.
func (m marks) split(body []byte) (raw [][]byte, fills string) {
	unsubscribe, preferences := []byte("\r\n"+m.unsubscribe+"\r\n"), []byte("\r\n"+m.preferences+"\r\n")
	for _, part := range bytes.Split(body, unsubscribe) {
		if raw != nil {
			fills += string(fillUnsubscribe)
		}
		inner := bytes.Split(part, preferences)
		fills += strings.Repeat(string(fillPreferences), len(inner)-1)
		raw = append(raw, inner...)
	}
	return raw, fills
}
