package feeds

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The longest plain texts, in bytes. What is longer is cut.
const (
	maxTitle = 2000
	maxName  = 300
)

// plain makes one line of plain text, of at most n bytes, of what should be one
// and often arrives as HTML, or encoded twice. markup says whether tags may be
// markup: where a format says that a text is plain, they are what it is about.
func plain(s string, markup bool, n int) string {
	if markup && strings.Contains(s, "<") {
		s = withoutTags(s)
	} else {
		s = html.UnescapeString(s)
	}
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return cut(strings.Join(strings.Fields(s), " "), n)
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// withoutTags is the text of markup, entities decoded.
func withoutTags(s string) string {
	var out strings.Builder
	silent := 0
	z := xhtml.NewTokenizer(strings.NewReader(s))
	for {
		switch kind := z.Next(); kind {
		case xhtml.ErrorToken:
			return out.String()
		case xhtml.TextToken:
			if silent == 0 {
				out.WriteString(html.UnescapeString(string(z.Raw())))
			}
		case xhtml.StartTagToken, xhtml.EndTagToken, xhtml.SelfClosingTagToken:
			raw := string(z.Raw())
			name, attributes := z.TagName()
			switch tag := atom.Lookup(name); {
			case tag == atom.Script || tag == atom.Style:
				silent += map[xhtml.TokenType]int{xhtml.StartTagToken: 1, xhtml.EndTagToken: -1}[kind]
				silent = max(silent, 0)
			case tag == 0 && !attributes && !strings.ContainsAny(string(name), ":-"):
				out.WriteString(raw) // no element: "Vec<T>", "Anna <anna@harbour.test>"
			case tag == atom.Br || tag == atom.P || tag == atom.Div:
				out.WriteByte(' ')
			}
		}
	}
}

// asHTML turns plain text into markup: paragraphs at empty lines, line ends kept.
func asHTML(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return ""
	}
	var out strings.Builder
	for _, paragraph := range strings.Split(text, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			out.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>") + "</p>")
		}
	}
	return out.String()
}
