package rank

import (
	"runtime"
	"slices"
	"sync"
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
	t, twice := rankAll(a, now, o)
	return t.result(a, twice)
}

// rankAll computes everything about a's comments but which of them to take.
func rankAll(a digest.Article, now time.Time, o Options) (t *thread, twice []digest.Comment) {
	entries, twice := inOrder(a, now)
	t = &thread{
		options: o, now: now, published: a.Published, writer: authorKey(a.Author),
		article: articleWording(a), vouched: vouchedByArticle(a, o), entries: entries,
	}
	linkParents(entries)
	blocked := newPhrases(o.BlockedWords)
	eachOnAllCores(entries, func(e *entry) { e.said = read(e.comment.HTML, blocked) })
	if !o.Unguarded {
		t.vetoOwn()
		t.vetoCopies()
		t.vetoLinks()
	}
	t.describe()
	t.scoreAll()
	return t, twice
}

// articleWording is what copies of the article are recognised by.
func articleWording(a digest.Article) wording {
	w := wording{unbounded: true}
	for _, html := range []string{a.HTML, a.Summary} {
		w.take(fold(sanitize.Text(firstBytes(html, maxArticle))).text)
	}
	w.take(fold(a.Title).text)
	return w
}

// eachOnAllCores is for work on single entries only, so that it cannot change
// what comes out.
func eachOnAllCores(entries []*entry, work func(*entry)) {
	const batch = 256
	if len(entries) <= batch { // starting others would take longer
		for _, e := range entries {
			work(e)
		}
		return
	}
	var wg sync.WaitGroup
	todo := make(chan []*entry)
	for range min(runtime.GOMAXPROCS(0), 1+len(entries)/batch) {
		wg.Go(func() {
			for part := range todo {
				for _, e := range part {
					work(e)
				}
			}
		})
	}
	for part := range slices.Chunk(entries, batch) {
		todo <- part
	}
	close(todo)
	wg.Wait()
}

// result chooses and explains.
func (t *thread) result(a digest.Article, twice []digest.Comment) Result {
	picks, reserves := max(0, t.options.PerArticle), max(0, t.options.Reserves)
	candidates := t.candidates()
	taken := candidates[:min(picks+reserves, len(candidates))]
	if !t.options.Unguarded {
		taken = choose(candidates, picks+reserves)
	}
	explainRest(candidates, taken)
	res := Result{
		Read: len(t.entries), Good: len(candidates), Writers: writers(candidates),
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

// writers is how many people wrote these; the nameless count as one.
func writers(entries []*entry) int {
	names := map[string]bool{}
	for _, e := range entries {
		names[e.author] = true
	}
	return len(names)
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
