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

func validHole(hole string) bool {
	digits, ok := strings.CutPrefix(hole, holePrefix)
	return ok && len(digits) == holeDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// Fill replaces hole in a text or in HTML by the recipient's unsubscribe
// address, for previews and pages. It refuses an address that would need
// escaping in either.
func Fill(content, hole string, p Personal) (string, error) {
	if !validHole(hole) {
		return "", fmt.Errorf("fill: %q is not a hole", hole)
	}
	if err := checkURL(p.Unsubscribe); err != nil {
		return "", fmt.Errorf("fill: %w", err)
	}
	return strings.ReplaceAll(content, hole, p.Unsubscribe), nil
}

// markOf is the line that stands for a hole while the body is being encoded:
// letters and digits only, so that quoted-printable leaves it alone.
func markOf(hole string) string { return "HOLE" + strings.TrimPrefix(hole, holePrefix) }

// markHoles normalises line ends to CRLF and puts mark on a line of its own
// where the hole is.
func markHoles(content, hole, mark string) string {
	return strings.ReplaceAll(normal(content), hole, "\r\n"+mark+"\r\n")
}

// normal is a text as it can be encoded.
func normal(content string) string { return crlf.Replace(strings.ToValidUTF8(content, "\uFFFD")) }

// crlf turns every kind of line end into CRLF; its order matters.
var crlf = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")

// cut splits an encoded body at its marks and dot-stuffs the pieces. The line
// breaks around a mark become soft ones (RFC 2045, 6.7, rule 5), which a reader
// does not see; where a real break stands beside the mark, none is needed. So
// every hole begins a line and whatever follows it ends that line.
func cut(body []byte, mark string) [][]byte {
	raw := bytes.Split(body, []byte("\r\n"+mark+"\r\n"))
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
	return pieces
}
