package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// maxID is the longest id that is kept as it is, in bytes.
const maxID = 500

// identity is what an entry is called for ever: its own id; failing that, its
// address, which tracking parameters do not change; failing that, what it says.
func identity(own, link, title, text string) string {
	own = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, own))
	switch {
	case own != "":
		return bounded(own)
	case link != "":
		return bounded(Canonical(link))
	}
	return hash(title + "\x00" + text)
}

// bounded replaces an id that is too long to be kept.
func bounded(id string) string {
	if len(id) <= maxID {
		return id
	}
	return hash(id)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:16])
}
