package library

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// How many items, or comments, must be asked about for their disappearing to
// tell something about the site. A single article has four comments that are
// looked up.
const (
	doubtLeast    = 5
	doubtComments = 4
)

// Recheck asks the sources what became of the articles, and of those of their
// comments that they carry. Whoever cannot say so in a minute is passed over,
// with a warning; so is a source that says of nearly everything that it is gone.
func (l *Library) Recheck(ctx context.Context, all []Source, articles []digest.Article) ([]digest.Harvest, []string) {
	harvests := make([]digest.Harvest, len(all))
	warnings := make([]string, len(all))
	var group errgroup.Group
	group.SetLimit(together)
	for i, s := range all {
		group.Go(func() error {
			h, doubt, err := l.recheck(ctx, s, articles)
			if err != nil {
				doubt = fmt.Sprintf("what was chosen could not be looked up again: %v", err)
			}
			if doubt != "" {
				l.o.Log.Warn("what was chosen could not be looked up again", "source", s.Name, "why", doubt)
				warnings[i] = s.Name + ": " + doubt
			}
			harvests[i] = h
			return nil
		})
	}
	_ = group.Wait() // no goroutine fails
	return some(harvests), nonEmpty(warnings)
}

func (l *Library) recheck(ctx context.Context, s Source, articles []digest.Article) (h digest.Harvest, doubt string, err error) {
	var mine []digest.Article
	for _, a := range articles {
		if a.Source == s.Name {
			mine = append(mine, a)
		}
	}
	if len(mine) == 0 {
		return h, "", nil
	}
	m, err := l.memory(ctx, s)
	if err != nil {
		return h, "", err
	}
	q := m.names().question(mine)
	ctx, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	at := l.o.Now()
	h, err = s.Recheck(ctx, sources.Request{State: m.State}, q.listed)
	if err != nil {
		return digest.Harvest{}, "", err
	}
	h.Source, h.At = s.Name, at
	h, doubt = believe(q.answer(h), mine)
	return without(h, m.Redacted), doubt, nil
}

// question is what a source is asked about: articles under the names that it
// knows, and by these names under the library's ids.
type question struct {
	listed []digest.Article
	kept   map[string]digest.Article
}

// question asks by the name that the last harvest gave, which a dry run has not
// stored, else by the one that the library knows. An article whose name has
// become another's cannot be asked about.
func (n names) question(articles []digest.Article) question {
	q := question{kept: map[string]digest.Article{}}
	for _, harvested := range []bool{true, false} {
		for _, a := range articles {
			if (a.Alias != "") != harvested {
				continue
			}
			a, ok := n.remembered(a)
			name := cmp.Or(a.Alias, a.ID)
			if _, twice := q.kept[name]; ok && !twice {
				q.kept[name] = a
				q.listed = append(q.listed, renamed(a, name))
			}
		}
	}
	return q
}

// remembered is the article with what the library knows of it and it does not
// say itself; ok says whether it still has its name.
func (n names) remembered(a digest.Article) (_ digest.Article, ok bool) {
	k := n.kept[a.ID]
	if k == nil {
		return a, a.Alias != "" || n.current[a.ID] == nil
	}
	if a.Appeared.IsZero() {
		a.Appeared = k.Appeared
	}
	if a.Alias != "" {
		return a, true
	}
	a.Alias = k.Alias
	return a, n.current[k.name()] == k
}

// answer is a harvest under the library's ids, without what was not asked about
// and what is another article by now.
func (q question) answer(h digest.Harvest) digest.Harvest {
	var articles []digest.Article
	for _, a := range h.Articles {
		asked, ok := q.kept[a.ID]
		was := Known{Link: Link(asked.URL), Title: asked.Title, Published: asked.Published}
		if !ok || !was.plausible(a) {
			continue
		}
		a = renamed(a, asked.ID)
		a.Appeared, a.Alias = asked.Appeared, asked.Alias
		articles = append(articles, a)
	}
	var gone []digest.Item
	for _, item := range h.Gone {
		if asked, ok := q.kept[item.Article]; ok {
			gone = append(gone, digest.Item{Source: h.Source, Article: asked.ID, Comment: item.Comment})
		}
	}
	h.Articles, h.Gone = articles, gone
	return h
}

// believe takes out of an answer what it says is gone, and says so, if that is
// nearly all that was asked about: the site hides things just now.
func believe(h digest.Harvest, asked []digest.Article) (believed digest.Harvest, doubt string) {
	missing := missingFrom(h)
	var articles, goneArticles, comments, goneComments int
	for _, a := range asked {
		articles++
		if missing(digest.Item{Article: a.ID}) {
			goneArticles++
			continue // its comments went with it
		}
		for _, c := range a.Comments {
			comments++
			if missing(digest.Item{Article: a.ID, Comment: c.ID}) {
				goneComments++
			}
		}
	}
	all, gone := articles+comments, goneArticles+goneComments
	if !hides(goneArticles, articles, doubtLeast) && !hides(goneComments, comments, doubtComments) && !hides(gone, all, doubtLeast) {
		return h, ""
	}
	for i := range h.Articles {
		h.Articles[i].Whole = false
	}
	h.Gone = nil
	return h, fmt.Sprintf("%d of %d articles and comments that were looked up again are said to be gone, "+
		"which is not believed: are they still to be seen on the site?", gone, all)
}

func hides(gone, asked, least int) bool { return asked >= least && tooMany(gone, asked, 1) }

// missingFrom says what is gone by an answer's word, or is not in a thread that it
// has whole.
func missingFrom(h digest.Harvest) func(digest.Item) bool {
	gone := map[digest.Item]bool{}
	for _, item := range h.Gone {
		gone[digest.Item{Article: item.Article, Comment: item.Comment}] = true
	}
	shown, whole := map[digest.Item]bool{}, map[string]bool{}
	for _, a := range h.Articles {
		whole[a.ID] = a.Whole
		for _, c := range a.Comments {
			shown[digest.Item{Article: a.ID, Comment: c.ID}] = true
		}
	}
	return func(item digest.Item) bool {
		return gone[item] || item.Comment != "" && whole[item.Article] && !shown[item]
	}
}

// some are the harvests that say something.
func some(harvests []digest.Harvest) []digest.Harvest {
	var all []digest.Harvest
	for _, h := range harvests {
		if len(h.Articles)+len(h.Gone) > 0 {
			all = append(all, h)
		}
	}
	return all
}

func nonEmpty(lines []string) []string {
	var all []string
	for _, line := range lines {
		if line != "" {
			all = append(all, line)
		}
	}
	return all
}
