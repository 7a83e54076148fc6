package preview

import (
	"regexp"
	"strings"
)

// Scheme is what a mail program prefers.
type Scheme string

// The schemes.
const (
	Light Scheme = "light"
	Dark  Scheme = "dark"
)

var (
	styles = regexp.MustCompile(`(?is)<style\b[^>]*>.*?</style\s*>`)
	asks   = regexp.MustCompile(`(?i)\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)`)
	metas  = regexp.MustCompile(`(?i)<meta\s+name="(?:color-scheme|supported-color-schemes)"[^>]*>`)
	both   = regexp.MustCompile(`(?i)\blight\s+dark\b`)
	allows = regexp.MustCompile(`(?i)(^|[^\w-])((?:supported-)?color-schemes?\s*:\s*)light\s+dark\b`)
)

// InScheme is a mail as a program with that preference shows it, whatever the
// browser's own is: a page cannot set the preference of a frame in it, so the
// questions in the mail's style sheets are answered instead. Each becomes a
// condition on the width that always holds, or never, so that what stands
// beside it in a media query still counts. Programs that invert colours
// themselves, as Gmail's app does, are not imitated.
func InScheme(html string, s Scheme) string {
	html = metas.ReplaceAllStringFunc(html, func(meta string) string {
		return both.ReplaceAllString(meta, string(s))
	})
	return styles.ReplaceAllStringFunc(html, func(style string) string {
		style = asks.ReplaceAllStringFunc(style, func(question string) string {
			if strings.EqualFold(asks.FindStringSubmatch(question)[1], string(s)) {
				return "(min-width:0)"
			}
			return "(max-width:0)"
		})
		return allows.ReplaceAllString(style, "${1}${2}"+string(s))
	})
}
