package wordpress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// due are the posts of the week, newest first.
var due = []string{"11", "10", "12", "14", "13"}

func TestPullWhole(t *testing.T) {
	site := riverbank()
	h := pullOf(t, source(t, site, sitetest.Switches{}), nil)
	if n := len(site.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	if len(h.Warnings) != 0 || h.Source != "river" || !h.At.Equal(now) {
		t.Errorf("harvest of %q at %v warns %q", h.Source, h.At, h.Warnings)
	}
	var ids []string
	for _, a := range h.Articles {
		ids = append(ids, a.ID)
		if !a.Whole || !strings.Contains(a.HTML, "LEAD-"+a.ID) || !strings.Contains(a.HTML, "TAIL-"+a.ID) {
			t.Errorf("article %s: whole %v, %s", a.ID, a.Whole, a.HTML)
		}
	}
	if fmt.Sprint(ids) != fmt.Sprint(due) {
		t.Errorf("articles %v, want %v", ids, due)
	}
}

func TestPullArticle(t *testing.T) {
	all := byID(pullOf(t, source(t, riverbank(), sitetest.Switches{}), nil))
	a := all["10"]
	if a.Title != "Herons & ferries" || a.Author != (digest.Author{Name: "Ada Quay", URL: "https://ada.test/", Bio: "Ada rows & writes."}) {
		t.Errorf("%q by %+v", a.Title, a.Author)
	}
	if !a.Published.Equal(ago(20)) || !a.Updated.IsZero() || a.Language != "en-US" || a.CommentsClosed {
		t.Errorf("published %v, updated %v, language %q, closed %v", a.Published, a.Updated, a.Language, a.CommentsClosed)
	}
	if !strings.HasSuffix(a.URL, "/herons/") || a.CommentsURL != a.URL+"#comments" {
		t.Errorf("at %s, comments at %s", a.URL, a.CommentsURL)
	}
	if a := all["11"]; a.Title != "" || a.Author != (digest.Author{}) {
		t.Errorf("an untitled post of a deleted author: %q by %+v", a.Title, a.Author)
	}
	if !all["13"].CommentsClosed {
		t.Error("post 13 is closed to comments")
	}
}

func TestPullComments(t *testing.T) {
	all := byID(pullOf(t, source(t, riverbank(), sitetest.Switches{}), nil))
	if n := all["10"].CommentCount; n != 4 {
		t.Fatalf("%d comments", n)
	}
	c := all["10"].Comments
	if c[0].Author.URL != "" || c[2].Author.URL != "https://mallory.test/" {
		t.Errorf("addresses %q, %q", c[0].Author.URL, c[2].Author.URL)
	}
	if !c[1].ByArticleAuthor || c[0].ByArticleAuthor || c[1].Parent != "100" || c[0].Parent != "" {
		t.Errorf("the author's answer: %+v", c[1])
	}
	if c[2].Author.Name != "Mallory Bcc: v@example.test" || c[3].Author.Name != "Abc gnp & Co" {
		t.Errorf("names %q, %q", c[2].Author.Name, c[3].Author.Name)
	}
	if !strings.HasSuffix(c[0].URL, "/herons/#comment-100") || !c[0].Published.Equal(ago(19)) || !strings.Contains(c[2].HTML, "two [sic]") {
		t.Errorf("comment %+v", c[0])
	}
	thread := all["14"].Comments
	if len(thread) != 24 || thread[23].ID != "240" || thread[23].Parent != "200" {
		t.Errorf("%d comments, the last %+v", len(thread), thread[len(thread)-1])
	}
}

// TestPullTrapped: whatever is wrong with a site, the harvest has what can be
// had, and says what cannot.
func TestPullTrapped(t *testing.T) {
	for name, c := range map[string]struct {
		on       sitetest.Switches
		requests int    // at most
		comments int    // of post 14, of 24
		warns    string // "": nothing
		lacks    string // the post whose tail is missing
	}{
		"closed":            {sitetest.Switches{RESTOff: 401}, 12, 23, "401 rest_cannot_access", "12"},
		"routes gone":       {sitetest.Switches{RESTOff: 404}, 12, 23, "404 rest_no_route", "12"},
		"plain":             {sitetest.Switches{Plain: true}, 2, 24, "", ""},
		"plain and closed":  {sitetest.Switches{Plain: true, RESTOff: 401}, 13, 23, "rest_cannot_access", "12"},
		"wall":              {sitetest.Switches{Wall: "rest"}, 13, 23, "403 with HTML", "12"},
		"wall says 200":     {sitetest.Switches{Wall200: true}, 13, 23, "200 with HTML", "12"},
		"wall before feeds": {sitetest.Switches{Wall: "feed"}, 2, 24, "", ""},
		"noise":             {sitetest.Switches{JunkREST: true}, 2, 24, "", ""},
		"cut off":           {sitetest.Switches{TruncateREST: true}, 13, 23, "broken JSON", "12"},
		"hidden posts":      {sitetest.Switches{HidePosts: true}, 13, 23, "though the feed does", "12"},
		"hidden users":      {sitetest.Switches{HideUsers: true}, 4, 24, "", ""},
		"no comments route": {sitetest.Switches{CommentsOff: true}, 12, 23, "rest_no_route", ""},
		"nothing for comments": {
			sitetest.Switches{CommentsOff: true, NoCommentFeed: true}, 12, 23, "23 of 24", "",
		},
		"excerpts":              {sitetest.Switches{RESTOff: 401, ExcerptFeeds: true}, 16, 23, "excerpts only", "12"},
		"excerpts, no comments": {sitetest.Switches{RESTOff: 401, ExcerptFeeds: true, NoCommentFeed: true}, 16, 23, "excerpts only", "12"},
		"short feeds":           {sitetest.Switches{RESTOff: 401, PerFeed: 2}, 14, 23, "23 of 24", "12"},
		"pages of comments":     {sitetest.Switches{RESTOff: 401, CommentsPerPage: 2}, 16, 23, "23 of 24", "12"},
		"worded dates":          {sitetest.Switches{RESTOff: 401, WordedDates: true}, 12, 23, "23 of 24", "12"},
		"endless":               {sitetest.Switches{Endless: true}, 4, 24, "", ""},
		"no counts":             {sitetest.Switches{NoCounts: true}, 2, 24, "", ""},
		"newer":                 {sitetest.Switches{MetaObject: true, EmbeddedReplies: 100}, 2, 24, "", ""},
		"links hidden":          {sitetest.Switches{HideLinks: true}, 2, 24, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			site := riverbank()
			h := pullOf(t, source(t, site, c.on), nil)
			if n := len(site.Requests()); n > c.requests {
				t.Errorf("%d requests, want at most %d", n, c.requests)
			}
			checkWeek(t, h, c.lacks)
			a := byID(h)["14"]
			if len(a.Comments) != c.comments || a.CommentCount != 24 || a.Whole != (c.comments == 24) {
				t.Errorf("%d of %d comments, whole %v", len(a.Comments), a.CommentCount, a.Whole)
			}
			if said := strings.Join(h.Warnings, "\n"); !strings.Contains(said, c.warns) || c.warns == "" && said != "" {
				t.Errorf("it warns %q, want %q", said, c.warns)
			}
		})
	}
}

// checkWeek says what of the week's articles is missing or changed.
func checkWeek(t *testing.T, h digest.Harvest, lacks string) {
	t.Helper()
	all := byID(h)
	if len(all) != len(due) {
		t.Errorf("%d articles", len(all))
	}
	for _, id := range due {
		a := all[id]
		if !strings.Contains(a.HTML, "LEAD-"+id) || strings.Contains(a.HTML, "TAIL-"+id) == (id == lacks) || strings.Contains(a.HTML, "Share this") {
			t.Errorf("article %s: %q", id, a.HTML)
		}
	}
	for id, name := range map[string]string{"10": "Ada Quay", "11": "", "12": "Old Pilot"} {
		if all[id].Author.Name != name {
			t.Errorf("article %s is by %q", id, all[id].Author.Name)
		}
	}
	if a := all["10"]; len(a.Comments) != 4 || !a.Whole {
		t.Errorf("%d comments under article 10, whole %v", len(a.Comments), a.Whole)
	}
	checkTimes(t, all["14"])
}

// checkTimes compares the thread's times and parents with the corpus.
func checkTimes(t *testing.T, a digest.Article) {
	t.Helper()
	for _, c := range a.Comments {
		i := int(number(c.ID)) - 210
		if i < 0 || i > 22 {
			continue
		}
		parent := ""
		if i > 5 {
			parent = fmt.Sprint(210 + i/2)
		}
		if !c.Published.Equal(ago(96-float64(i))) || c.Parent != parent {
			t.Errorf("comment %s answers %q at %v", c.ID, c.Parent, c.Published)
		}
	}
}

// TestPullFails: what gives nothing is an error, not an empty week.
func TestPullFails(t *testing.T) {
	for name, on := range map[string]sitetest.Switches{
		"down":            {Down: 500},
		"moved away":      {Down: 404},
		"wall":            {Wall: "all"},
		"neither of both": {RESTOff: 401, FeedOff: true},
	} {
		site := riverbank()
		h, err := source(t, site, on).Pull(t.Context(), sources.Request{Window: week})
		if err == nil || len(h.Articles) > 0 || len(h.State) > 0 {
			t.Errorf("%s: %d articles, state %q, error %v", name, len(h.Articles), h.State, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %v", name, err)
		}
		if n := len(site.Requests()); n > 4 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// TestPullStopsAtBusyHost: one that asks to be left alone is asked nothing else.
func TestPullStopsAtBusyHost(t *testing.T) {
	asked := 0
	g := plainGetter{fail: func(string) error {
		asked++
		return fmt.Errorf("fetch: %w", fetch.ErrBusy)
	}}
	_, err := sourceOf(t, riverbank(), sitetest.Switches{}, g).Pull(t.Context(), sources.Request{Window: week})
	if !errors.Is(err, fetch.ErrBusy) || asked != 1 {
		t.Errorf("%d requests, %v", asked, err)
	}
}

func TestPullCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	g := plainGetter{fail: func(string) error {
		asked++
		cancel()
		return ctx.Err()
	}}
	_, err := sourceOf(t, riverbank(), sitetest.Switches{}, g).Pull(ctx, sources.Request{Window: week})
	if !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("%d requests, %v", asked, err)
	}
}

// TestPullMidway: a page that fails in the middle costs what was on it, and the
// articles say that their comments are not all.
func TestPullMidway(t *testing.T) {
	site := sitetest.Generate(5, 250, now)
	h := pullOf(t, source(t, site, sitetest.Switches{FailPage: 2}), nil)
	if len(h.Articles) != 5 || !strings.Contains(strings.Join(h.Warnings, " "), "not all comments could be read: page 2") {
		t.Fatalf("%d articles, %q", len(h.Articles), h.Warnings)
	}
	total := 0
	for _, a := range h.Articles {
		total += len(a.Comments)
		if a.Whole {
			t.Errorf("article %s counts as whole", a.ID)
		}
	}
	if total != 100 {
		t.Errorf("%d comments", total)
	}
}

// TestPullTooLarge: answers beyond the limit are asked for in smaller pieces.
func TestPullTooLarge(t *testing.T) {
	g := plainGetter{fail: func(url string) error {
		if strings.Contains(url, "per_page=100") {
			return fetch.ErrTooLarge
		}
		return nil
	}}
	site := sitetest.Generate(30, 90, now)
	h := pullOf(t, sourceOf(t, site, sitetest.Switches{}, g), nil)
	if len(h.Articles) != 30 || len(h.Warnings) > 0 {
		t.Errorf("%d articles, %q", len(h.Articles), h.Warnings)
	}
	for _, a := range h.Articles {
		if len(a.Comments) != 3 || !a.Whole {
			t.Errorf("article %s: %d comments", a.ID, len(a.Comments))
		}
	}
}

// TestPullManyPosts: batches of posts and pages of comments fit together.
func TestPullManyPosts(t *testing.T) {
	site := sitetest.Generate(120, 600, now)
	h := pullOf(t, source(t, site, sitetest.Switches{}), nil)
	if len(h.Articles) != 120 {
		t.Fatalf("%d articles", len(h.Articles))
	}
	for i, a := range h.Articles {
		if len(a.Comments) != 5 || !a.Whole || i > 0 && a.Published.After(h.Articles[i-1].Published) {
			t.Errorf("article %s at %v: %d comments", a.ID, a.Published, len(a.Comments))
		}
	}
	if n := len(site.Requests()); n > 12 {
		t.Errorf("%d requests", n)
	}
}

// TestPullFeedBackToWindow: a feed of ten is followed until it covers the week.
func TestPullFeedBackToWindow(t *testing.T) {
	h := pullOf(t, source(t, sitetest.Generate(60, 0, now), sitetest.Switches{RESTOff: 401}), nil)
	if len(h.Articles) != 60 {
		t.Errorf("%d articles", len(h.Articles))
	}
}

// TestPullFeedRepeats: a feed that shows its first page again and again ends, and
// says that it did not reach back far enough.
func TestPullFeedRepeats(t *testing.T) {
	site := sitetest.Generate(60, 0, now)
	home := site.Start(t)
	site.Set(sitetest.Switches{RESTOff: 401})
	g := rewriteGetter{func(url string) string { url, _, _ = strings.Cut(url, "?paged="); return url }}
	s := New(g, "river", sources.Site{Home: home, API: home + "wp-json/"}, func() time.Time { return now })
	h := pullOf(t, s, nil)
	if len(h.Articles) != 10 || !strings.Contains(strings.Join(h.Warnings, " "), "reaches back to") {
		t.Errorf("%d articles, %q", len(h.Articles), h.Warnings)
	}
}

// rewriteGetter asks for another address than it is told.
type rewriteGetter struct{ to func(string) string }

func (g rewriteGetter) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	r.URL = g.to(r.URL)
	return plainGetter{}.Get(ctx, r)
}

// TestPullInSubdirectory: everything is looked for below the site's own address.
func TestPullInSubdirectory(t *testing.T) {
	for _, on := range []sitetest.Switches{{}, {RESTOff: 401}, {Plain: true}, {Plain: true, RESTOff: 404}} {
		site := riverbank()
		site.Prefix = "/blog"
		h := pullOf(t, source(t, site, on), nil)
		if len(h.Articles) != len(due) {
			t.Errorf("%+v: %d articles", on, len(h.Articles))
		}
	}
}

// TestPullOtherRoot: plain permalinks answer /wp-json/ with the front page.
func TestPullOtherRoot(t *testing.T) {
	site := riverbank()
	home := site.Start(t)
	site.Set(sitetest.Switches{Plain: true})
	s := New(plainGetter{}, "river", sources.Site{Home: home, API: home + "wp-json/"}, func() time.Time { return now })
	h := pullOf(t, s, nil)
	if len(h.Articles) != len(due) || len(h.Warnings) > 0 {
		t.Fatalf("%d articles, %q", len(h.Articles), h.Warnings)
	}
	site.Requests()
	if pullOf(t, s, h.State); len(site.Requests()) != 2 {
		t.Error("the root that worked was forgotten")
	}
	site.Set(sitetest.Switches{})
	if h := pullOf(t, s, h.State); len(h.Articles) != len(due) {
		t.Errorf("after the change back: %d articles", len(h.Articles))
	}
}

func TestPullWithoutHome(t *testing.T) {
	s := New(plainGetter{}, "river", sources.Site{Home: "nowhere"}, func() time.Time { return now })
	if _, err := s.Pull(t.Context(), sources.Request{Window: week}); err == nil {
		t.Error("no error")
	}
}

// TestPullKeepsWithinBounds: many threads that have to be read one by one do not
// become a flood of requests, nor of warnings; the newest come first.
func TestPullKeepsWithinBounds(t *testing.T) {
	site := sitetest.Generate(120, 2400, now)
	h := pullOf(t, source(t, site, sitetest.Switches{CommentsOff: true}), nil)
	if n := len(site.Requests()); n > maxThreadRequests+20 {
		t.Errorf("%d requests", n)
	}
	if len(h.Articles) != 120 || len(h.Warnings) > 3 || !strings.Contains(strings.Join(h.Warnings, " "), "more articles") {
		t.Errorf("%d articles, %d warnings: %q", len(h.Articles), len(h.Warnings), h.Warnings)
	}
	if first, last := h.Articles[0], h.Articles[119]; !first.Whole || len(first.Comments) != 20 || last.Whole {
		t.Errorf("%d comments under the newest, whole %v; the oldest whole %v", len(first.Comments), first.Whole, last.Whole)
	}
}

// TestPullQuietWeek: a site without news costs one more look, and no warning.
func TestPullQuietWeek(t *testing.T) {
	site := riverbank()
	site.Change(func(posts *[]sitetest.Post, _ *[]sitetest.Comment) {
		for i := range *posts {
			(*posts)[i].Date = (*posts)[i].Date.Add(-60 * 24 * time.Hour)
		}
	})
	h := pullOf(t, source(t, site, sitetest.Switches{}), nil)
	if n := len(site.Requests()); n != 2 || len(h.Articles)+len(h.Warnings) > 0 {
		t.Errorf("%d requests, %d articles, %q", n, len(h.Articles), h.Warnings)
	}
}

// TestPullWithdrawn: a post that is hidden between two requests costs nothing but itself.
func TestPullWithdrawn(t *testing.T) {
	site := riverbank()
	g := rewriteGetter{func(url string) string {
		if strings.Contains(url, "comments") {
			site.Change(func(posts *[]sitetest.Post, _ *[]sitetest.Comment) { (*posts)[1].Status = "trash" })
		}
		return url
	}}
	h := pullOf(t, sourceOf(t, site, sitetest.Switches{}, g), nil)
	all := byID(h)
	if _, ok := all["11"]; ok || len(all) != len(due)-1 || len(h.Warnings) > 0 {
		t.Errorf("%d articles, %q", len(all), h.Warnings)
	}
	for id, n := range map[string]int{"10": 4, "14": 24} {
		if a := all[id]; len(a.Comments) != n || !a.Whole {
			t.Errorf("article %s: %d comments, whole %v", id, len(a.Comments), a.Whole)
		}
	}
}

// TestPullWhileWriting: what appears between two pages moves nothing off them.
func TestPullWhileWriting(t *testing.T) {
	site := sitetest.Generate(130, 650, now)
	next := 5000
	g := rewriteGetter{func(url string) string {
		next++
		site.AddPost(sitetest.Post{ID: next, Slug: fmt.Sprint("new-", next), Title: "New", Content: "<p>x</p>", Author: 1, Date: now.Add(-time.Minute)})
		site.AddComment(sitetest.Comment{ID: next, Post: 1, Name: "New", Content: "<p>x</p>", Date: now.Add(-time.Minute)})
		return url
	}}
	h := pullOf(t, sourceOf(t, site, sitetest.Switches{}, g), nil)
	articles, comments := 0, 0
	for _, a := range h.Articles {
		if number(a.ID) < 1000 {
			articles++
		}
		for _, c := range a.Comments {
			if number(c.ID) < 5000 {
				comments++
			}
		}
	}
	if articles != 130 || comments != 650 {
		t.Errorf("%d articles, %d comments of those that were there all the time", articles, comments)
	}
}

// TestByArticleAuthor: nobody is the author of what has no author.
func TestByArticleAuthor(t *testing.T) {
	site := riverbank()
	site.AddPost(sitetest.Post{ID: 17, Slug: "anon", Title: "Anon", Content: "<p>x</p>", Date: ago(9)})
	site.AddComment(sitetest.Comment{ID: 170, Post: 17, Name: "Visitor", Content: "<p>x</p>", Date: ago(8)})
	if c := byID(pullOf(t, source(t, site, sitetest.Switches{}), nil))["17"].Comments; len(c) != 1 || c[0].ByArticleAuthor {
		t.Errorf("%+v", c)
	}
}

func TestShown(t *testing.T) {
	good := comment{ID: 1, Post: 1, Date: "2026-03-28T10:00:00", Type: "comment", Status: "approved"}
	for name, c := range map[string]struct {
		change func(*comment)
		want   bool
	}{
		"good":          {func(*comment) {}, true},
		"older":         {func(c *comment) { c.Type, c.Status = "", "" }, true},
		"pingback":      {func(c *comment) { c.Type = "pingback" }, false},
		"review":        {func(c *comment) { c.Type = "review" }, false},
		"on hold":       {func(c *comment) { c.Status = "hold" }, false},
		"protected":     {func(c *comment) { c.Content.Protected = true }, false},
		"without a day": {func(c *comment) { c.Date = "" }, false},
	} {
		one := good
		c.change(&one)
		if one.shown() != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// TestPullsAtOnce: one Source serves several pulls; none sees another's state.
func TestPullsAtOnce(t *testing.T) {
	s := source(t, riverbank(), sitetest.Switches{RESTOff: 401})
	var all errgroup.Group
	for range 4 {
		all.Go(func() error {
			h, err := s.Pull(t.Context(), sources.Request{Window: week})
			if err == nil && len(h.Articles) != len(due) {
				err = fmt.Errorf("%d articles", len(h.Articles))
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}

// TestPullWindow: the window's first instant is in it, its last is not, whatever
// zone the site keeps.
func TestPullWindow(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)} {
		site := sitetest.New()
		site.Zone = zone
		for i, d := range []time.Time{week.Since.Add(-time.Second), week.Since, week.Until.Add(-time.Second), week.Until} {
			site.AddPost(sitetest.Post{ID: i + 1, Slug: fmt.Sprint("p", i), Title: "P", Content: "<p>x</p>", Author: 1, Date: d})
		}
		for _, on := range []sitetest.Switches{{}, {RESTOff: 401}} {
			var got []string
			for _, a := range pullOf(t, source(t, site, on), nil).Articles {
				got = append(got, a.ID)
			}
			if fmt.Sprint(got) != "[3 2]" {
				t.Errorf("%v, %+v: %v", zone, on, got)
			}
		}
	}
}

// TestPullOrder: newest first, and among those of one second the later id.
func TestPullOrder(t *testing.T) {
	site := sitetest.New()
	for i := range 5 {
		site.AddPost(sitetest.Post{ID: 9 + i, Slug: fmt.Sprint("p", i), Title: "P", Content: "<p>x</p>", Author: 1, Date: ago(float64(10 - i/2))})
	}
	var got []string
	for _, a := range pullOf(t, source(t, site, sitetest.Switches{}), nil).Articles {
		got = append(got, a.ID)
	}
	if fmt.Sprint(got) != "[13 12 11 10 9]" {
		t.Errorf("%v", got)
	}
}
