package library

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"digest.example/internal/digest"
)

// without is a harvest, under the library's ids, without what was redacted. An
// article that has another id by now is known by its address; its row in the
// library has none any more, by which it could be recognised.
func without(h digest.Harvest, redacted []digest.Redaction) digest.Harvest {
	if len(redacted) == 0 {
		return h
	}
	items := map[digest.Item]bool{}
	addresses := map[string]bool{}
	for _, r := range redacted {
		items[digest.Item{Article: r.Article, Comment: r.Comment}] = true
		if r.Comment == "" && r.Fingerprint != "" {
			addresses[r.Fingerprint] = true
		}
	}
	h.Articles = slices.DeleteFunc(slices.Clone(h.Articles), func(a digest.Article) bool {
		return items[digest.Item{Article: a.ID}] || addresses[Fingerprint(digest.Redaction{URL: a.URL})]
	})
	for i, a := range h.Articles {
		h.Articles[i].Comments = slices.DeleteFunc(slices.Clone(a.Comments), func(c digest.Comment) bool {
			return items[digest.Item{Article: a.ID, Comment: c.ID}]
		})
	}
	return h
}

// Fingerprint is what is remembered of the address of an article or a comment
// instead of the address, whose words may be those that had to go. Empty where
// there is no address that says which it is.
func Fingerprint(r digest.Redaction) string {
	kind, address := "article ", Link(r.URL)
	if r.Comment != "" {
		kind, address = "comment ", commentLink(r.URL)
	}
	if address == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + address))
	return hex.EncodeToString(sum[:])
}

// commentLink is Link that keeps the fragment, by which comments differ.
func commentLink(address string) string {
	link := Link(address)
	if _, fragment, ok := strings.Cut(address, "#"); ok && link != "" {
		return link + "#" + fragment
	}
	return link
}

// SamePlace says whether two addresses of articles, or of comments, lead to the
// same.
func SamePlace(a, b string, comment bool) bool {
	if a == b {
		return a != ""
	}
	link := Link
	if comment {
		link = commentLink
	} else if strings.Contains(a, "#") != strings.Contains(b, "#") {
		return false // the address of a comment is not its article's
	}
	return link(a) != "" && link(a) == link(b)
}
