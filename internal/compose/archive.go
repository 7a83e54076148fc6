package compose

import (
	"net/url"
	"strconv"

	"digest.example/internal/digest"
)

// ArchiveURL is the address of all of a newsletter's issues on the web; empty
// where the public address is not known.
func ArchiveURL(nl digest.Newsletter) string {
	if nl.PublicURL == "" {
		return ""
	}
	return nl.PublicURL + "/archive/" + url.PathEscape(nl.Name) + "/"
}

// viewURL is the address of one issue there. It is known before the issue
// is sent, and leads nowhere until then.
func viewURL(nl digest.Newsletter, number int) string {
	all := ArchiveURL(nl)
	if all == "" {
		return ""
	}
	return all + strconv.Itoa(number)
}
