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
		title = say("untitled")
	}
	short, long := "("+v.date.Format("2 Jan")+")", "("+v.date.Format("2 January 2006")+")"
	if n := len(all) - 1; n > 0 {
		short = say("and_more", n) + " " + short
		long = say("and_more", n) + " " + long
	}
	if chars(title)+1+chars(long) <= subjectMin+5 {
		return title + " " + long
	}
	return sanitize.Short(title, subjectMax-1-chars(short)) + " " + short
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
	var out string
	for i, p := range all[1:] {
		next := sanitize.Short(v.title(p.Article.Title), storyMax)
		if i == 0 {
			out = say("also") + " " + next
		} else if joined := out + "; " + next; chars(joined) <= preheaderMax {
			out = joined
		} else {
			break
		}
	}
	if chars(out) >= preheaderMin {
		return out
	}
	if opening := v.opening(all); opening != "" {
		out = strings.TrimSpace(joined(". ", strings.TrimRight(out, "."), opening))
	}
	return sanitize.Short(out, preheaderMax)
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
