package publish

import (
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/rank"
)

// overlap is how far an issue looks back before the cut-off of the last one that
// was sent: what a site publishes late with an earlier date is not lost.
const overlap = 7 * 24 * time.Hour

// reserves is how many further comments an issue keeps for an article, should
// those that were chosen disappear.
const reserves = 3

// History is what earlier issues of an edition printed.
type History struct {
	Printed []digest.Item
	CutOff  time.Time // of the last issue that was sent; zero: none was
}

// Choice is what Choose chooses from.
type Choice struct {
	Newsletter digest.Newsletter
	Number     int
	Slot       digest.Slot
	Library    []digest.Article
	Warnings   []string
	History    History
	Note       string
	Now        time.Time
}

// since is the beginning of the span that an issue chooses from.
func since(n digest.Newsletter, h History, now time.Time) time.Time {
	switch {
	case h.CutOff.IsZero():
		return now.Add(-n.Window)
	case h.CutOff.After(now): // a clock ran ahead, and nothing is newer than that
		return now.Add(-overlap)
	default:
		return h.CutOff.Add(-overlap)
	}
}

// Choose makes an issue: what to print, in which order, and why. It is pure:
// the same choice gives the same issue.
func Choose(c Choice) digest.Issue {
	issue := digest.Issue{
		Newsletter: c.Newsletter.Name, Edition: digest.EditionScheduled,
		Number: c.Number, Slot: c.Slot,
		CutOff: c.Now, Since: since(c.Newsletter, c.History, c.Now),
		Note: c.Note, Warnings: c.Warnings,
	}
	printed := map[digest.Item]bool{}
	for _, item := range c.History.Printed {
		item.Section = ""
		printed[item] = true
	}
	var fresh []digest.Article
	for _, a := range c.Library {
		if why := unfit(a, issue, printed); why != "" {
			issue.Left = append(issue.Left, digest.Omission{Source: a.Source, Article: a.ID, Title: a.Title, Why: why})
			continue
		}
		fresh = append(fresh, a)
	}
	for i, a := range rank.Articles(fresh, c.Now, c.Now.Sub(issue.Since)) {
		if i >= c.Newsletter.MaxArticles {
			issue.More = append(issue.More, title(a))
			continue
		}
		pick, lost := lead(a, c)
		issue.Lead = append(issue.Lead, pick)
		issue.Left = append(issue.Left, lost...)
	}
	slices.SortFunc(issue.Left, compareOmissions)
	return issue
}

// unfit says why an article is not for this issue, or nothing if it is.
func unfit(a digest.Article, issue digest.Issue, printed map[digest.Item]bool) string {
	switch {
	case printed[digest.Item{Source: a.Source, Article: a.ID}]:
		return "printed in an earlier issue"
	case a.Published.After(issue.CutOff):
		return "dated in the future"
	case a.Published.Before(issue.Since):
		return "older than this issue reaches"
	default:
		return ""
	}
}

// title is an article that is printed as a title.
func title(a digest.Article) digest.Pick {
	read := len(a.Comments)
	a.Comments, a.HTML, a.Summary = nil, "", ""
	return digest.Pick{Article: a, Read: read, Why: []string{"new, beyond the articles that are printed in full"}}
}

// lead is an article that is printed in full with its best comments.
func lead(a digest.Article, c Choice) (digest.Pick, []digest.Omission) {
	r := rank.Thread(a, c.Now, rank.Options{
		PerArticle: c.Newsletter.PerArticle, Reserves: reserves, MinAge: c.Newsletter.MinAge,
	})
	a.Comments = nil
	return digest.Pick{Article: a, Comments: r.Picks, Reserves: r.Reserves, Read: r.Read, Why: []string{"new"}}, r.Lost
}

func compareOmissions(a, b digest.Omission) int {
	return slices.Compare([]string{a.Source, a.Article, a.Comment, a.Title, a.Why},
		[]string{b.Source, b.Article, b.Comment, b.Title, b.Why})
}
