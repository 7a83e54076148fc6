package library

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
)

// numbered are posts under consecutive ids, newest first, a day apart.
func numbered(first, n int) []digest.Article {
	var all []digest.Article
	for i := range n {
		a := listed(fmt.Sprint(first+i), fmt.Sprint("post-", i), monday.AddDate(0, 0, i-n))
		all = append([]digest.Article{a}, all...)
	}
	return all
}

// A site whose ids have moved by ten, so that most are another article's old ones.
func TestRenumbered(t *testing.T) {
	m := remember(Memory{}, digest.Harvest{At: monday, Articles: numbered(30, 14)})
	moved := append([]digest.Article{listed("34", "brand-new", sunday)}, numbered(20, 14)...)
	h := digest.Harvest{At: sunday, Articles: moved}
	if _, err := reconcile(h, m, nil); err == nil {
		t.Error("a site that has moved is let in")
	}
	for pull := range 2 {
		got, err := reconcile(h, m, []string{CodeMoved})
		if err != nil || len(got.Articles) != 15 {
			t.Fatalf("%v, %v", got.Articles, err)
		}
		if own := got.Articles[0]; !strings.HasPrefix(own.ID, "34~") || own.Alias != "34" || pull == 1 && own.ID != m.Articles[14].ID {
			t.Errorf("pull %d: the new one is kept as %s, listed as %s", pull, own.ID, own.Alias)
		}
		for i, a := range got.Articles[1:] {
			if want := fmt.Sprint(43 - i); a.ID != want || a.Alias != moved[i+1].ID {
				t.Errorf("pull %d: %s is %s, alias %s, was %s", pull, a.Title, a.ID, a.Alias, want)
			}
		}
		m = remember(m, got)
	}
}

// Who a listed article is among known ones.
func TestRecognise(t *testing.T) {
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	old := Known{ID: "34", Link: "blog.harbour.test/old", Title: "old", Published: monday}
	with := func(k Known, change func(*Known)) Known { change(&k); return k }
	thread := func(id, title string, published time.Time) digest.Article {
		a := listed(id, "old", published)
		a.Title = title
		return a
	}
	for _, c := range []struct {
		name  string
		known []Known
		list  []digest.Article
		want  string // ids; ~ stands for an id of its own
	}{
		{"its former id is another's", []Known{with(old, func(k *Known) { k.Alias = "24" })}, []digest.Article{listed("34", "new", day(5)), listed("24", "old", monday)}, "34~ 34"},
		{"its former id is another's, and it has left the list", []Known{with(old, func(k *Known) { k.Alias = "24" })}, []digest.Article{listed("34", "new", day(1))}, "34~"},
		{"it has its former id again", []Known{with(old, func(k *Known) { k.Alias = "24" })}, []digest.Article{listed("34", "old", monday)}, "34"},
		{"its id is another's since it left the list", []Known{old}, []digest.Article{listed("34", "new", day(5))}, "34~"},
		{"its id is another's, which nothing tells", []Known{{ID: "34", Link: "blog.harbour.test/old"}}, []digest.Article{listed("34", "new", day(5))}, "34"},
		{"edited: title, address", []Known{old}, []digest.Article{listed("34", "new", day(1))}, "34"},
		{"edited: address, date", []Known{old}, []digest.Article{{ID: "34", URL: "https://blog.harbour.test/new", Title: "old", Published: day(9)}}, "34"},
		{"edited: title, date", []Known{old}, []digest.Article{thread("34", "new", day(9))}, "34"},
		{"edited, and another under its address", []Known{old}, []digest.Article{{ID: "34", URL: "https://blog.harbour.test/new", Title: "old", Published: monday.Add(time.Microsecond)}, thread("35", "second", day(1))}, "34 35"},
		{"a page that is written anew", []Known{old}, []digest.Article{thread("35", "second", day(7))}, "35"},
		{"a page that is written anew, many times", []Known{
			old, with(old, func(k *Known) { k.ID, k.Published, k.Title = "35", day(7), "second" }),
		}, []digest.Article{thread("36", "second", day(7))}, "35"},
		{"another id, another title", []Known{old}, []digest.Article{thread("35", "new", day(2))}, "34"},
		{"another id, another date", []Known{old}, []digest.Article{thread("35", "old", day(20))}, "34"},
		{"another id, no date", []Known{old}, []digest.Article{thread("35", "new", time.Time{})}, "34"},
		{"another id, nothing known", []Known{{ID: "34", Link: old.Link}}, []digest.Article{thread("35", "new", day(9))}, "34"},
		{"another id after a long time", []Known{with(old, func(k *Known) { k.Seen = sunday.Add(-memoryTime) })}, []digest.Article{thread("35", "old", monday)}, "35"},
		{"its alias after a long time", []Known{with(old, func(k *Known) { k.Alias, k.Seen = "24", sunday.Add(-memoryTime) })}, []digest.Article{thread("24", "old", monday)}, "34"},
		{"two known ones had the name, and address tells", []Known{
			with(old, func(k *Known) { k.Seen = day(1) }), {ID: "7", Alias: "34", Link: "blog.harbour.test/7", Title: "7", Published: monday, Seen: day(5)},
		}, []digest.Article{listed("34", "old", monday)}, "34"},
		{"two known ones had the name, the later one is edited", []Known{
			with(old, func(k *Known) { k.Seen = day(1) }), {ID: "7", Alias: "34", Link: "blog.harbour.test/7", Title: "7", Published: monday, Seen: day(5)},
		}, []digest.Article{listed("34", "new", monday)}, "7"},
		{"another's alias", []Known{{ID: "7", Alias: "35", Link: "blog.harbour.test/7", Title: "7", Published: monday}}, []digest.Article{listed("35", "new", day(5))}, "35~"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := reconcile(digest.Harvest{At: sunday, Articles: c.list}, Memory{Articles: c.known}, []string{CodeMoved})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range h.Articles {
				id, _, own := strings.Cut(a.ID, "~")
				if own {
					id += "~"
				}
				got = append(got, id)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What cannot be told apart is left out, rather than one under the other's id.
func TestNeverTwoUnderOneID(t *testing.T) {
	a := listed("34", "new", monday)
	own := ownID(a)
	for _, c := range []struct {
		known []Known
		list  []digest.Article
		want  string
	}{
		{[]Known{{ID: "34", Alias: "24", Link: "x"}}, []digest.Article{a, listed(own, "other", monday)}, own},
		{[]Known{{ID: "34", Alias: "24", Link: "x"}, {ID: own, Alias: "9", Link: "y"}}, []digest.Article{a, listed("b", "b", monday)}, "b"},
	} {
		h, err := reconcile(digest.Harvest{At: sunday, Articles: c.list}, Memory{Articles: c.known}, nil)
		if err != nil || ids(h.Articles) != c.want || len(h.Warnings) != 1 || !strings.Contains(h.Warnings[0], own) {
			t.Errorf("%q, want %q; %q, %v", ids(h.Articles), c.want, h.Warnings, err)
		}
	}
}

// What a harvest says is gone goes by the name that its source uses now.
func TestGoneByName(t *testing.T) {
	m := Memory{Articles: []Known{{ID: "34", Alias: "24"}, {ID: "b"}}}
	h, err := reconcile(digest.Harvest{Source: "blog", At: sunday, Gone: []digest.Item{
		{Article: "24", Comment: "1"}, {Article: "34"}, {Article: "b"}, {Article: "c"},
	}}, m, nil)
	want := []digest.Item{{Source: "blog", Article: "34", Comment: "1"}, {Source: "blog", Article: "b"}, {Source: "blog", Article: "c"}}
	if err != nil || !slices.Equal(h.Gone, want) {
		t.Errorf("%+v, %v", h.Gone, err)
	}
}

// Whatever a site calls its articles from pull to pull, as long as their
// addresses stay: each is one article in the library, for ever.
func TestIdentityProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Memory
		kept := map[string]string{} // by address: the id in the library
		at := monday
		for range rapid.IntRange(1, 6).Draw(t, "pulls") {
			at = at.Add(time.Hour)
			var articles []digest.Article
			for path := range rapid.IntRange(0, 6).Draw(t, "articles") {
				id := fmt.Sprint(path, "-", rapid.IntRange(0, 2).Draw(t, "version"))
				articles = append(articles, listed(id, fmt.Sprint("post-", path), monday))
			}
			h, err := reconcile(digest.Harvest{At: at, Articles: articles}, m, []string{CodeMoved})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range h.Articles {
				if id := kept[a.URL]; id != "" && id != a.ID {
					t.Fatalf("%s is %s, was %s", a.URL, a.ID, id)
				}
				kept[a.URL] = a.ID
			}
			m = remember(m, h)
			for i, a := range h.Articles {
				if now := m.names().question([]digest.Article{a}).listed[0]; now.ID != articles[i].ID {
					t.Fatalf("%s is looked up as %s, the site calls it %s", a.ID, now.ID, articles[i].ID)
				}
			}
		}
	})
}

// world is a site with what it really has: an article is told by its place in
// truth, whatever it is called.
type world struct {
	truth  []digest.Article
	shown  []int // of the last list
	lastID int
	slugs  int
}

func (w *world) publish() {
	n := len(w.truth)
	w.lastID++
	w.truth = append(w.truth, listed(fmt.Sprint(w.lastID), fmt.Sprint("post-", n), monday.AddDate(0, 0, 3*n)))
}

// renumber gives all articles new ids, close to the old ones, as a site does
// that is moved into another database.
func (w *world) renumber(t *rapid.T) {
	w.lastID = rapid.IntRange(0, 6).Draw(t, "start")
	for i := range w.truth {
		w.lastID += rapid.IntRange(1, 2).Draw(t, "step")
		w.truth[i].ID = fmt.Sprint(w.lastID)
	}
}

// edit changes title or address, or both, of what was listed last.
func (w *world) edit(t *rapid.T) {
	for _, i := range w.shown {
		how := rapid.IntRange(0, 3).Draw(t, "how")
		w.slugs++
		if how&1 != 0 {
			w.truth[i].Title = fmt.Sprint("title-", w.slugs)
		}
		if how&2 != 0 {
			w.truth[i].URL = fmt.Sprint("https://blog.harbour.test/edited-", w.slugs)
		}
	}
}

// list shows some articles in some order.
func (w *world) list(t *rapid.T, must []int) (articles []digest.Article) {
	w.shown = must
	for i := range w.truth {
		if !slices.Contains(must, i) && rapid.Bool().Draw(t, "shown") {
			w.shown = append(w.shown, i)
		}
	}
	w.shown = rapid.Permutation(w.shown).Draw(t, "order")
	for _, i := range w.shown {
		articles = append(articles, w.truth[i])
	}
	return articles
}

// A site may renumber its articles, edit them, show some of them in any order
// and publish more under ids that were others': in the library each stays what it
// is under one id, and no id ever stands for two.
func TestOneIDForEachProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Memory
		w := &world{lastID: rapid.IntRange(0, 9).Draw(t, "ids")}
		idOf, is := map[int]string{}, map[string]int{}
		at := monday.AddDate(0, 1, 0)
		for range rapid.IntRange(2, 10).Draw(t, "pulls") {
			at = at.Add(time.Hour)
			for range rapid.IntRange(0, 3).Draw(t, "new") {
				w.publish()
			}
			var must []int
			switch rapid.IntRange(0, 2).Draw(t, "change") {
			case 0:
				w.renumber(t)
			case 1:
				w.edit(t)
				must = slices.Clone(w.shown) // nobody could tell what it was otherwise
			}
			h, err := reconcile(digest.Harvest{At: at, Articles: w.list(t, must)}, m, []string{CodeMoved})
			if err != nil || len(h.Articles) != len(w.shown) {
				t.Fatalf("%d of %d: %v, %q", len(h.Articles), len(w.shown), err, h.Warnings)
			}
			for i, a := range h.Articles {
				real := w.shown[i]
				if id, known := idOf[real]; known && id != a.ID {
					t.Fatalf("article %d is %s, was %s", real, a.ID, id)
				}
				if other, known := is[a.ID]; known && other != real {
					t.Fatalf("%s is article %d, was %d", a.ID, real, other)
				}
				idOf[real], is[a.ID] = a.ID, real
			}
			m = remember(m, h)
			q := m.names().question(slices.Clone(h.Articles))
			if len(q.listed) != len(w.shown) {
				t.Fatalf("%d of %d are looked up", len(q.listed), len(w.shown))
			}
		}
	})
}
