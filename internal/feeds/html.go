package feeds

import (
	"bytes"
	"net/url"
	"strings"

	xhtml "golang.org/x/net/html"
)

// addressed are the attributes that hold an address.
var addressed = map[string]bool{
	"href": true, "src": true, "poster": true, "cite": true, "action": true, "background": true,
	"data": true, "longdesc": true, "data-src": true, "data-lazy-src": true, "data-original": true,
}

// listed are the attributes that hold several addresses with a size each.
var listed = map[string]bool{"srcset": true, "data-srcset": true, "data-lazy-srcset": true}

// absolute writes out the relative addresses in markup, and changes nothing
// else: the markup stays as untrusted as it was. How much it may grow is
// bounded; addresses beyond that are left empty.
func absolute(markup string, base *url.URL) string {
	if base == nil || !strings.Contains(markup, "<") {
		return markup
	}
	room := 3*len(markup) + 64<<10
	var out strings.Builder
	z := xhtml.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return out.String()
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			raw := z.Raw()
			if bytes.IndexByte(raw, '=') < 0 {
				out.Write(raw)
				continue
			}
			raw = append([]byte(nil), raw...) // reading the token may overwrite it
			tag := z.Token()
			if rewrite(tag.Attr, base, &room) {
				out.WriteString(tag.String())
			} else {
				out.Write(raw)
			}
		default:
			out.Write(z.Raw())
		}
	}
}

// rewrite makes a tag's addresses absolute and says whether any was not. What
// it adds is taken from room.
func rewrite(attrs []xhtml.Attribute, base *url.URL, room *int) bool {
	changed := false
	for i, a := range attrs {
		value := a.Val
		switch {
		case addressed[a.Key]:
			value = join(base, a.Val)
		case listed[a.Key]:
			value = joinList(base, a.Val)
		}
		if value == a.Val {
			continue
		}
		if *room -= len(value) - len(a.Val); *room < 0 {
			value = ""
		}
		attrs[i].Val, changed = value, true
	}
	return changed
}

// join is like resolve, but leaves alone what has a scheme of its own: what may
// be linked to is not decided here.
func join(base *url.URL, raw string) string {
	trimmed := strings.TrimSpace(raw)
	if trimmed == "" || strings.HasPrefix(trimmed, "https://") || strings.HasPrefix(trimmed, "http://") {
		return raw
	}
	u := parse(trimmed)
	if u == nil || u.Scheme != "" {
		return raw
	}
	return base.ResolveReference(u).String()
}

// joinList is join for each address of a srcset, "a.jpg 1x, b.jpg 2x".
func joinList(base *url.URL, raw string) string {
	changed := false
	candidates := strings.Split(raw, ", ")
	for i, c := range candidates {
		address, size, _ := strings.Cut(strings.TrimSpace(c), " ")
		if joined := join(base, address); joined != address {
			candidates[i], changed = strings.TrimSpace(joined+" "+size), true
		}
	}
	if !changed {
		return raw
	}
	return strings.Join(candidates, ", ")
}
