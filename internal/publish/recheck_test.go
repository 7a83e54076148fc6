package publish_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// What disappears or changes between the pull and the freeze, and what is
// printed instead. A dry run says the same.
func TestRecheck(t *testing.T) {
	spoken := func(id string) digest.Article {
		var comments []digest.Comment
		for i := range remarks {
			comments = append(comments, remark(id, i, wednesday.Add(time.Hour)))
		}
		return article(id, wednesday, comments...)
	}
	edited := spoken("a")
	edited.Title, edited.Comments = "Corrected", []digest.Comment{remark("a", 0, wednesday.Add(time.Hour))}
	edited.Comments[0].HTML += "<p>Edited: it was 13 years.</p>"
	for _, c := range []struct {
		name    string
		gone    []digest.Item
		edited  []digest.Article
		err     error
		without string // what may not be printed
		with    string // what must be
		prints  int    // comments under a
		warning string
	}{
		{name: "nothing", prints: 2, with: "Article a"},
		{name: "a comment is gone", gone: []digest.Item{{Article: "a", Comment: "a-0"}}, prints: 2, without: "12 years"},
		{name: "all but one are gone", gone: []digest.Item{{Article: "a", Comment: "a-0"}, {Article: "a", Comment: "a-1"}, {Article: "a", Comment: "a-2"}}, prints: 1, without: "12 years"},
		{name: "an article is gone", gone: []digest.Item{{Article: "a"}}, without: "Article a", with: "Article c"},
		{name: "edited", edited: []digest.Article{edited}, prints: 2, with: "Corrected"},
		{name: "the site does not answer", err: errDown, prints: 2, with: "Article a", warning: "could not be looked up again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.articles = []digest.Article{spoken("a"), article("b", wednesday), article("c", wednesday)}
			var looked []string
			w.site.recheck = func(asked []digest.Article) (digest.Harvest, error) {
				for _, a := range asked {
					looked = append(looked, a.ID)
					for _, k := range a.Comments {
						looked = append(looked, k.ID)
					}
				}
				return digest.Harvest{Gone: c.gone, Articles: c.edited}, c.err
			}
			w.now = sunday
			v, err := w.p.Preview(w.ctx, &w.newsletter)
			w.must(err)
			w.at(sunday)
			content, err := w.db.Content(w.ctx, w.last().ID)
			w.must(err)
			same(t, "frozen", articlesOf(content), articlesOf(v.Issue))
			if c.err == nil && !slices.Contains(looked, "a-0") {
				t.Errorf("looked up %q", looked)
			}
			text := string(v.Rendered.Text)
			if c.without != "" && strings.Contains(text, c.without) || !strings.Contains(text, c.with) {
				t.Errorf("prints %s", text)
			}
			for _, pick := range content.Lead {
				if pick.Article.ID == "a" && len(pick.Comments) != c.prints {
					t.Errorf("%d comments are printed, want %d", len(pick.Comments), c.prints)
				}
			}
			if got := strings.Join(content.Warnings, "; "); !strings.Contains(got, c.warning) || (got == "") != (c.warning == "") {
				t.Errorf("warnings %q", got)
			}
			w.wantMails(1, 1)
			// The library keeps what was found out.
			kept, err := w.db.Library(w.ctx, []string{"blog"}, time.Time{})
			w.must(err)
			for _, a := range kept {
				if slices.Contains(c.gone, digest.Item{Article: a.ID}) || slices.ContainsFunc(a.Comments, func(k digest.Comment) bool {
					return slices.Contains(c.gone, digest.Item{Article: a.ID, Comment: k.ID})
				}) {
					t.Errorf("the library still has %s", a.ID)
				}
			}
		})
	}
}

// A site on which everything disappears as soon as it is looked up ends, and
// prints nothing that it was told is gone.
func TestRecheckEnds(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a", "b", "c", "d") // more at once would be doubted
	gone := map[string]bool{}
	w.site.recheck = func(asked []digest.Article) (digest.Harvest, error) {
		var h digest.Harvest
		for _, a := range asked {
			gone[a.ID] = true
			h.Gone = append(h.Gone, digest.Item{Article: a.ID})
		}
		return h, nil
	}
	w.at(sunday)
	w.wantIssues("skipped")
	if len(gone) != 4 {
		t.Errorf("looked up %v", gone)
	}
}
