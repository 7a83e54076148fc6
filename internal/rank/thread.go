package rank

import (
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// thread is one article's comments while they are ranked.
type thread struct {
	options   Options
	now       time.Time
	published time.Time // the article's, zero where unknown
	writer    string    // authorKey of the article's author
	article   wording
	vouched   map[string]bool            // sites that need nobody's word
	linked    map[string]map[string]bool // the people who link to each other site
	entries   []*entry                   // in canonical order
	mostVotes float64
}

// Thread ranks the comments of a as they stand at now.
func Thread(a digest.Article, now time.Time, o Options) Result {
	entries, twice := inOrder(a, now)
	t := &thread{
		options: o, now: now, published: a.Published, writer: authorKey(a.Author),
		vouched: vouchedByArticle(a, o.Site), entries: entries,
	}
	t.article.unbounded = true
	t.article.take(a.Title + "\n" + sanitize.Text(firstBytes(a.HTML, maxArticle)) + "\n" + sanitize.Text(firstBytes(a.Summary, maxArticle)))
	linkParents(entries)
	blocked := lowered(o.BlockedWords)
	for _, e := range entries {
		e.said = read(e.comment.HTML, blocked)
	}
	t.vetoOwn()
	t.vetoCopies()
	t.vetoLinks()
	t.describe()
	t.scoreAll()
	return t.result(a, twice)
}

// result chooses and explains.
func (t *thread) result(a digest.Article, twice []digest.Comment) Result {
	picks, reserves := max(0, t.options.PerArticle), max(0, t.options.Reserves)
	candidates := t.candidates()
	taken := choose(candidates, picks+reserves)
	explainRest(candidates, taken)
	res := Result{
		Read: len(t.entries), Good: len(candidates),
		Settled: t.now.Sub(t.published) >= t.options.MinAge,
	}
	standing := t.standing()
	isTaken := map[*entry]bool{}
	for i, e := range taken {
		isTaken[e] = true
		p := digest.CommentPick{Comment: e.comment, Why: t.why(e, standing), Answers: t.answeredPerson(e)}
		if i < picks {
			res.Picks = append(res.Picks, p)
		} else {
			res.Reserves = append(res.Reserves, p)
		}
	}
	for _, e := range t.entries {
		if !isTaken[e] {
			res.Lost = append(res.Lost, omission(a, e.comment, e.veto+e.lost))
		}
	}
	for _, c := range twice {
		res.Lost = append(res.Lost, omission(a, c, "listed twice under one id"))
	}
	return res
}

// answeredPerson is the name of whom e replies to, where that is somebody else.
func (t *thread) answeredPerson(e *entry) string {
	if e.parent < 0 {
		return ""
	}
	p := t.entries[e.parent]
	if p.author != "" && p.author == e.author {
		return ""
	}
	return p.comment.Author.Name
}

func omission(a digest.Article, c digest.Comment, why string) digest.Omission {
	return digest.Omission{Source: a.Source, Article: a.ID, Comment: c.ID, Title: a.Title, Why: why}
}
