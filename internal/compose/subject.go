package compose

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// The lengths, in characters, that inboxes show whole.
const (
	subjectMin, subjectMax     = 35, 60
	preheaderMin, preheaderMax = 60, 110
	storyMax                   = 50 // one title within the preheader
)

// picks are all that an issue prints, strongest first.
func picks(issue digest.Issue) []digest.Pick {
	all := append([]digest.Pick(nil), issue.Lead...)
	return append(append(all, issue.More...), issue.Discussed...)
}

// subject is the editor's, or names the strongest story, how many there are, and
// the date, which makes it differ from the last issue's.
func (v *views) subject(issue digest.Issue) string {
	if own := v.line(issue.Subject); own != "" {
		return own
	}
	all := picks(issue)
	title := plainTitle(v.title(all[0].Article.Title))
	if title == "" {
		title = v.lang.Say("untitled")
	}
	if long := v.subjectOf(title, v.lang.DayYear(v.date), len(all)-1); chars(long) <= subjectMin+5 {
		return long
	}
	day := v.lang.ShortDay(v.date)
	room := subjectMax - chars(v.subjectOf("", day, len(all)-1))
	return v.subjectOf(sanitize.Short(title, room), day, len(all)-1)
}

func (v *views) subjectOf(title, date string, more int) string {
	if more == 0 {
		return v.lang.Say("subject", "Title", title, "Date", date)
	}
	return v.lang.Say("subject_more", more, "Title", title, "Date", date)
}

var (
	reply    = regexp.MustCompile(`(?i)^(\s*(re|fwd?|aw|wg|sv)\s*:)+\s*`)
	shouting = regexp.MustCompile(`([!?])[!?]+|(\$)\$+`)
)

// plainTitle drops what filters take for spam or for a thread that never was.
func plainTitle(title string) string {
	var kept strings.Builder
	// By grapheme, since what joins several pictures into one must go with them.
	for g := uniseg.NewGraphemes(title); g.Next(); {
		if !slices.ContainsFunc(g.Runes(), pictorial) {
			kept.WriteString(g.Str())
		}
	}
	title = kept.String()
	title = reply.ReplaceAllString(strings.TrimSpace(title), "")
	return strings.Join(strings.Fields(shouting.ReplaceAllString(title, "$1$2")), " ")
}

func pictorial(r rune) bool {
	return unicode.Is(unicode.So, r) && r > 0xFF || r >= 0x1F3FB && r <= 0x1F3FF
}

// preheader is the editor's, or names the stories that the subject does not; for
// a single one it is how that begins.
func (v *views) preheader(issue digest.Issue) string {
	if own := v.line(issue.Preheader); own != "" {
		return own
	}
	all := picks(issue)
	out := v.also(all[1:])
	if chars(out) >= preheaderMin {
		return out
	}
	switch opening := v.opening(all); {
	case out == "":
		out = opening
	case opening != "":
		out = v.lang.Say("next_sentence", "Before", strings.TrimRight(out, ".。"), "Next", opening)
	}
	return sanitize.Short(out, preheaderMax)
}

// also names as many of the picks as there is room for; the first in any case.
func (v *views) also(picks []digest.Pick) string {
	var out, titles string
	for _, p := range picks {
		next := sanitize.Short(v.title(p.Article.Title), storyMax)
		if titles != "" {
			next = v.lang.Say("next_title", "Before", titles, "Next", next)
		}
		longer := v.lang.Say("also", "Titles", next)
		if titles != "" && chars(longer) > preheaderMax {
			break
		}
		titles, out = next, longer
	}
	return out
}

// opening is how the first article begins, on one line.
func (v *views) opening(all []digest.Pick) string {
	var a article
	v.excerpt(&a, all[0].Article, longCut)
	if a.ExcerptText == "" {
		return v.title(all[0].Article.Title)
	}
	return v.line(a.ExcerptText)
}

func chars(s string) int { return utf8.RuneCountInString(s) }
