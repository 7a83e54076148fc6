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
	Note       string   // Markdown
	Subject    string   // the editor's; empty: made from the articles
	Preheader  string   // the same
	Pins       []string // addresses of what the editor wants first
	Drops      []string // and does not want at all
	Now        time.Time
}

// since is the beginning of the span that an issue chooses from; cutOff is the
// last sent issue's, zero if there is none.
func since(n digest.Newsletter, cutOff, now time.Time) time.Time {
	switch {
	case cutOff.IsZero():
		return now.Add(-n.Window)
	case cutOff.After(now): // a clock ran ahead, and nothing is newer than that
		return now.Add(-overlap)
	default:
		return cutOff.Add(-overlap)
	}
}

// since is the beginning of the span of the issue. A first issue that was held
// reaches as far back as if it had not been.
func (c Choice) since() time.Time {
	begin := since(c.Newsletter, c.History.CutOff, c.Now)
	if at := c.Slot.At; c.History.CutOff.IsZero() && !at.IsZero() && at.Before(c.Now) {
		begin = at.Add(-c.Newsletter.Window)
	}
	return begin
}

// Choose makes an issue: what to print, in which order, and why. It is pure:
// the same choice gives the same issue.
func Choose(c Choice) digest.Issue {
	issue := digest.Issue{
		Newsletter: c.Newsletter.Name, Edition: digest.EditionScheduled,
		Number: c.Number, Slot: c.Slot,
		CutOff: c.Now, Since: c.since(),
		Note: c.Note, Subject: c.Subject, Preheader: c.Preheader,
		Warnings: slices.Concat(c.Warnings, lostPins(c)),
	}
	ch := chooser{Choice: c, printed: map[digest.Item]bool{}, vouched: rank.Vouched(c.Library, c.Now)}
	for _, item := range c.History.Printed {
		item.Section = ""
		ch.printed[item] = true
	}
	var fresh, older []digest.Article
	left := map[digest.Item]string{}
	for _, a := range c.Library {
		why, old := ch.unfit(a, issue)
		switch {
		case why == "":
			fresh = append(fresh, a)
			continue
		case old:
			older = append(older, a)
		}
		left[itemOf(a)] = why
	}
	issue.Discussed = ch.discussed(older)
	for _, p := range issue.Discussed {
		delete(left, itemOf(p.Article))
	}
	for _, a := range c.Library {
		if why := left[itemOf(a)]; why != "" {
			issue.Left = append(issue.Left, digest.Omission{Source: a.Source, Article: a.ID, Title: a.Title, URL: a.URL, Why: why})
		}
	}
	for i, a := range pinArticles(rank.Articles(fresh, c.Now, c.Now.Sub(issue.Since)), c.Pins) {
		if i >= c.Newsletter.MaxArticles {
			issue.More = append(issue.More, title(a))
			continue
		}
		pick, lost := ch.lead(a)
		issue.Lead = append(issue.Lead, pick)
		issue.Left = append(issue.Left, lost...)
	}
	slices.SortFunc(issue.Left, compareOmissions)
	return issue
}

// chooser is a choice on its way.
type chooser struct {
	Choice
	printed map[digest.Item]bool // without their sections
	vouched []string             // sites that several readers link to
}

func itemOf(a digest.Article) digest.Item { return digest.Item{Source: a.Source, Article: a.ID} }

// unfit says why an article is not a new one for this issue, or nothing if it
// is, and whether it may still come as one that is being discussed.
func (c chooser) unfit(a digest.Article, issue digest.Issue) (why string, old bool) {
	switch {
	case slices.Contains(c.Drops, a.URL):
		return "dropped by the editor", false
	case a.Published.After(issue.CutOff):
		return "dated in the future", false
	case c.printed[itemOf(a)]:
		return "printed in an earlier issue", true
	case a.Listed().Before(issue.Since):
		return "older than this issue reaches", true
	default:
		return "", false
	}
}

// title is an article that is printed as a title.
func title(a digest.Article) digest.Pick {
	read := len(a.Comments)
	a.Comments, a.HTML, a.Summary = nil, "", ""
	return digest.Pick{Article: a, Read: read, Why: []string{"new, beyond the articles that are printed in full"}}
}

// lead is an article that is printed in full with its best comments.
func (c chooser) lead(a digest.Article) (digest.Pick, []digest.Omission) {
	r := pinComments(a, rank.Thread(a, c.Now, c.options(a)), c.Pins, c.Newsletter.PerArticle)
	why := "new"
	if slices.Contains(c.Pins, a.URL) {
		why = pinned
	}
	addresses := map[string]string{}
	for _, k := range a.Comments {
		addresses[k.ID] = k.URL
	}
	for i := range r.Lost {
		r.Lost[i].URL = addresses[r.Lost[i].Comment]
	}
	a.Comments = nil
	return digest.Pick{Article: a, Comments: r.Picks, Reserves: r.Reserves, Read: r.Read, Why: []string{why}}, r.Lost
}

// options are how the comments of an article are ranked.
func (c chooser) options(a digest.Article) rank.Options {
	n := c.Newsletter
	o := rank.Options{
		PerArticle: n.PerArticle, Reserves: reserves, MinAge: n.MinAge,
		Vouched: c.vouched, BlockedWords: n.BlockedWords, BlockedAuthors: n.BlockedAuthors,
		Candidate: func(k digest.Comment) bool {
			return !slices.Contains(c.Drops, k.URL)
		},
	}
	if len(c.printed) > 0 {
		wanted := o.Candidate
		o.Candidate = func(k digest.Comment) bool {
			return wanted(k) && !c.printed[digest.Item{Source: a.Source, Article: a.ID, Comment: k.ID}]
		}
	}
	if n.Bar > 0 {
		o.Bar = &n.Bar
	}
	return o
}

func compareOmissions(a, b digest.Omission) int {
	return slices.Compare([]string{a.Source, a.Article, a.Comment, a.Title, a.Why},
		[]string{b.Source, b.Article, b.Comment, b.Title, b.Why})
}
