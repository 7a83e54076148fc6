package sources

import (
	"mime"
	"net/url"
	"slices"
	"strings"
)

// relAPI is the relation by which WordPress points to the root of its API:
// https://developer.wordpress.org/rest-api/using-the-rest-api/discovery/
const relAPI = "https://api.w.org/"

// maxLinks is how many links of a header are read.
const maxLinks = 50

// link is one of the header field Link (RFC 8288), or a link element.
type link struct {
	target string
	rel    string // in lower case, of several names
	kind   string // the media type of what is linked to
	title  string
}

func (l link) has(rel string) bool { return slices.Contains(strings.Fields(l.rel), rel) }

// feedTypes are the media types under which pages name their feeds. The two of
// JSON are also worn by other things, which isFeed sorts out.
var feedTypes = []string{
	"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
	"application/json", "application/xml", "text/xml",
}

// commentWords tell feeds of comments by their titles and addresses.
var commentWords = []string{"comment", "kommentar", "comentario", "comentário", "reacties", "replies", "commenti"}

// isFeed says whether the link, to u, is to a feed of articles.
func (l link) isFeed(u *url.URL) bool {
	media, _, err := mime.ParseMediaType(l.kind)
	if err != nil || !l.has("alternate") || !slices.Contains(feedTypes, media) {
		return false
	}
	if strings.Contains(u.Path, "/wp-json/") || u.Query().Has("rest_route") {
		return false
	}
	about := strings.ToLower(l.title + " " + u.Path + " " + u.RawQuery)
	return !slices.ContainsFunc(commentWords, func(w string) bool { return strings.Contains(about, w) })
}

// readLinks reads the values of a header field Link. What it cannot read ends
// that value, not the others.
func readLinks(values []string) []link {
	var all []link
	for _, v := range values {
		for len(all) < maxLinks {
			l, rest, ok := cutLink(v)
			if !ok {
				break
			}
			all = append(all, l)
			v = rest
		}
	}
	return all
}

// cutLink reads the first link of a value.
func cutLink(v string) (l link, rest string, ok bool) {
	v = strings.TrimLeft(v, " \t,")
	target, v, ok := strings.Cut(strings.TrimPrefix(v, "<"), ">")
	if !ok {
		return link{}, "", false
	}
	l.target = target
	for {
		v = strings.TrimLeft(v, " \t")
		if !strings.HasPrefix(v, ";") {
			return l, v, true
		}
		var name, value string
		name, value, v = cutParameter(v[1:])
		l.set(strings.ToLower(name), value)
	}
}

// set takes a parameter; the first of a name counts.
func (l *link) set(name, value string) {
	for field, key := range map[*string]string{&l.rel: "rel", &l.kind: "type", &l.title: "title"} {
		if key == name && *field == "" {
			*field = value
		}
	}
	if name == "rel" {
		l.rel = strings.ToLower(l.rel)
	}
}

// cutParameter reads one name=value, the value being a token or quoted.
func cutParameter(v string) (name, value, rest string) {
	end := strings.IndexAny(v, "=;,")
	if end < 0 {
		return strings.TrimSpace(v), "", ""
	}
	name, v = strings.TrimSpace(v[:end]), v[end:]
	if v[0] != '=' {
		return name, "", v
	}
	v = strings.TrimLeft(v[1:], " \t")
	if !strings.HasPrefix(v, `"`) {
		end := strings.IndexAny(v, ";,")
		if end < 0 {
			end = len(v)
		}
		return name, strings.TrimSpace(v[:end]), v[end:]
	}
	value, rest = cutQuoted(v[1:])
	return name, value, rest
}

// cutQuoted reads up to the closing quote; a backslash takes the next byte as it is.
func cutQuoted(v string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '"':
			return b.String(), v[i+1:]
		case v[i] == '\\' && i+1 < len(v):
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String(), ""
}
