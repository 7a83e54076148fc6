package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

const year = 365 * 24 * time.Hour

// pruned forgets what is to be forgotten, n rows at a time, and returns in how
// many steps it did.
func (w *world) pruned(now time.Time, n int) (steps int) {
	w.Helper()
	for more := true; more; steps++ {
		if steps > 1000 {
			w.Fatal("there is no end")
		}
		before := w.rows()
		var err error
		more, err = w.PruneLibrary(w.ctx, now, year, n)
		w.must(err)
		if after := w.rows(); before-after > 3*n {
			w.Fatalf("%d rows at once", before-after)
		}
	}
	return steps
}

func (w *world) rows() (n int) {
	w.Helper()
	w.must(w.read.QueryRowContext(w.ctx, `SELECT (SELECT COUNT(*) FROM article) + (SELECT COUNT(*) FROM comment)`).Scan(&n))
	return n
}

// kept are the articles of the library with the numbers of their comments.
func (w *world) kept() string {
	w.Helper()
	all, err := w.Library(w.ctx, []string{"blog", "other"}, time.Time{})
	w.must(err)
	var left []string
	for _, a := range all {
		left = append(left, fmt.Sprint(a.ID, len(a.Comments)))
	}
	return strings.Join(left, " ")
}

// Old things are forgotten, unless they are still to be seen.
func testPruneLibrary(t *testing.T, w *world) {
	old, recent := noon.AddDate(-2, 0, 0), noon.AddDate(0, 0, -1)
	long := article("long", old, comment("long", "ahead", noon.AddDate(9, 0, 0)))
	for i := range 20 {
		long.Comments = append(long.Comments, comment("long", fmt.Sprint(i), old))
	}
	for _, h := range []digest.Harvest{
		{Source: "blog", At: old, Articles: []digest.Article{
			article("gone", old, comment("gone", "1", old)), article("seen", old, comment("seen", "1", old), comment("seen", "2", old)),
			article("embargo", recent, comment("embargo", "1", noon)), long, article("bare", old), article("undated", time.Time{}),
		}},
		{Source: "blog", At: recent, Articles: []digest.Article{article("seen", old, comment("seen", "2", old)), article("new", recent)}},
	} {
		w.must(w.SaveHarvest(w.ctx, h))
	}
	const want = "embargo1 new0 seen1"
	steps := w.pruned(noon, 3)
	if got := w.kept(); got != want {
		t.Errorf("left %q after %d steps, want %q", got, steps, want)
	}
	if again := w.pruned(noon, 3); again != 1 || w.kept() != want {
		t.Errorf("again: left %q after %d steps", w.kept(), again)
	}
}

// A clock that is years ahead forgets nothing that was not old when the source
// was last pulled; and what is still being pulled for the first time is not
// touched.
func testPruneByAWrongClock(t *testing.T, w *world) {
	old := noon.AddDate(-2, 0, 0)
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: old, Articles: []digest.Article{article("old", old)}}))
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: noon, Articles: []digest.Article{article("new", noon)}}))
	w.must(w.Amend(w.ctx, digest.Harvest{Source: "other", At: old, Articles: []digest.Article{article("o", old)}}))
	w.must(w.SaveFailure(w.ctx, "other", noon, "no route"))
	w.pruned(noon.AddDate(10, 0, 0), 10)
	if got := w.kept(); got != "new0 o0" {
		t.Errorf("left %q", got)
	}
	w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "other", At: noon}))
	w.pruned(noon, 10)
	if got := w.kept(); got != "new0" {
		t.Errorf("after a pull: left %q", got)
	}
}

// What was saved by a clock that was years ahead takes in what is newer all the
// same, and one that is years behind spoils nothing either.
func testSaveAfterAWrongClock(t *testing.T, w *world) {
	save := func(at time.Time, title string, ids ...string) {
		t.Helper()
		a, undated := article("a", noon), article("undated", time.Time{})
		a.Title, a.Whole = title, true
		for _, id := range ids {
			a.Comments = append(a.Comments, comment("a", id, noon))
		}
		w.must(w.SaveHarvest(w.ctx, digest.Harvest{Source: "blog", At: at, Articles: []digest.Article{a, undated}}))
	}
	check := func(title string, comments int) {
		t.Helper()
		all, err := w.Library(w.ctx, []string{"blog"}, time.Time{})
		w.must(err)
		if len(all) != 2 || all[0].Title != title || len(all[0].Comments) != comments {
			t.Errorf("%+v", all)
		}
	}
	save(noon.AddDate(10, 0, 0), "ahead", "1", "2", "3")
	save(noon, "right", "1", "2")
	check("right", 2)
	all, err := w.Library(w.ctx, []string{"blog"}, noon.AddDate(0, 0, 1))
	if err != nil || len(all) != 0 {
		t.Errorf("published tomorrow: %+v, %v", all, err)
	}
	w.must(w.Amend(w.ctx, digest.Harvest{Source: "blog", At: noon, Gone: []digest.Item{{Article: "a", Comment: "1"}}}))
	check("right", 1)
	save(time.UnixMilli(1).UTC(), "behind", "1", "2")
	save(noon.Add(time.Hour), "right again", "2")
	check("right again", 1)
	save(noon.AddDate(10, 0, 0), "ahead", "2")
	w.must(w.Amend(w.ctx, digest.Harvest{Source: "blog", At: noon, Gone: []digest.Item{{Article: "a"}, {Article: "undated"}}}))
	if got := w.kept(); got != "" {
		t.Errorf("gone, but %q is left", got)
	}
}

// What is asked of a long library is found by an index: nothing is scanned.
func TestLibraryIsIndexed(t *testing.T) {
	w := file(t)
	for _, q := range []string{
		knownArticles, publishedBetween, oldComments, oldThreads, oldArticles,
		forgetComment, forgetUnder, forgetArticle, dropUnseen, nextConfirm, planChunk,
	} {
		args := []any{1, 1, 1, 1}
		for len(args) > 2 && !strings.Contains(q, fmt.Sprint("$", len(args))) {
			args = args[:len(args)-1]
		}
		w.must(each(w.ctx, w.read, func(scan scan) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			whole := strings.Contains(step, "(source=?)") && !strings.Contains(step, "article_alias")
			if whole || strings.HasPrefix(step, "SCAN ") && step != "SCAN a" && step != "SCAN chunk" { // these are subqueries
				t.Errorf("%s\n%s", q, step)
			}
			return err
		}, `EXPLAIN QUERY PLAN `+q, args...))
	}
}
