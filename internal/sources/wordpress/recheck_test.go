package wordpress

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// ask rechecks articles and returns what is gone as article#comment.
func ask(t *testing.T, s *Source, articles []digest.Article) (digest.Harvest, []string) {
	t.Helper()
	h, err := s.Recheck(t.Context(), sources.Request{Window: week}, articles)
	if err != nil {
		t.Fatal(err)
	}
	var gone []string
	for _, i := range h.Gone {
		if i.Source != "river" || i.Section != "" {
			t.Errorf("gone: %+v", i)
		}
		gone = append(gone, strings.TrimSuffix(i.Article+"#"+i.Comment, "#"))
	}
	slices.Sort(gone)
	return h, gone
}

// disturb edits, hides and deletes.
func disturb(s *sitetest.Site) {
	s.Change(func(posts *[]sitetest.Post, comments *[]sitetest.Comment) {
		for i := range *posts {
			switch p := &(*posts)[i]; p.ID {
			case 10:
				p.Content, p.Slug = "<p>LEAD-10 rewritten TAIL-10</p>", "herons-again"
			case 11:
				p.Password = true
			case 13:
				p.Status = "trash"
			}
		}
		for i := range *comments {
			switch c := &(*comments)[i]; c.ID {
			case 100:
				c.Content = "<p>First, corrected</p>"
			case 103, 212:
				c.Hidden = true
			}
		}
	})
}

func TestRecheck(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{})
	before := pullOf(t, s, nil)
	site.Requests()
	h, gone := ask(t, s, before.Articles)
	if len(gone) > 0 || len(h.Articles) != len(before.Articles) {
		t.Errorf("nothing has changed, and %v is gone", gone)
	}
	if n := len(site.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	disturb(site)
	h, gone = ask(t, s, before.Articles)
	if fmt.Sprint(gone) != "[10#103 11 13 14#212]" {
		t.Errorf("gone: %v", gone)
	}
	a := byID(h)["10"]
	if !strings.Contains(a.HTML, "rewritten") || !strings.HasSuffix(a.URL, "/herons-again/") || a.Whole || a.CommentCount != 4 {
		t.Errorf("article 10: %+v", a)
	}
	if len(a.Comments) != 3 || !strings.Contains(a.Comments[0].HTML, "corrected") || !a.Comments[1].ByArticleAuthor {
		t.Errorf("its comments: %+v", a.Comments)
	}
}

// TestRecheckOnlyWhatIsAsked: other comments of an article are not looked up.
func TestRecheckOnlyWhatIsAsked(t *testing.T) {
	s := source(t, riverbank(), sitetest.Switches{})
	h, gone := ask(t, s, []digest.Article{
		{Source: "river", ID: "14", Comments: []digest.Comment{{ID: "211"}, {ID: "99999"}}},
		{Source: "river", ID: "404404"},
		{Source: "river", ID: "https://old-home.test/?p=1"},
	})
	if fmt.Sprint(gone) != "[14#99999 404404]" || len(h.Articles) != 1 || len(h.Articles[0].Comments) != 1 {
		t.Errorf("gone %v, articles %+v", gone, h.Articles)
	}
}

// TestRecheckByPage: without the API the pages say what is gone, and nothing
// about what a theme would not show anyway.
func TestRecheckByPage(t *testing.T) {
	for _, on := range []sitetest.Switches{{RESTOff: 401}, {RESTOff: 404}, {Wall200: true}, {Wall: "rest"}} {
		site := riverbank()
		s := source(t, site, sitetest.Switches{})
		before := pullOf(t, s, nil)
		site.Set(on)
		if _, gone := ask(t, s, before.Articles); len(gone) > 0 {
			t.Errorf("%+v: nothing has changed, and %v is gone", on, gone)
		}
		disturb(site)
		site.Change(func(posts *[]sitetest.Post, _ *[]sitetest.Comment) { (*posts)[0].Slug = "herons" })
		_, gone := ask(t, s, before.Articles)
		if fmt.Sprint(gone) != "[11 13 14#212]" { // nothing newer than 103 is there to tell that it is gone
			t.Errorf("%+v: gone: %v", on, gone)
		}
	}
}

// TestRecheckPagesOfComments: of a thread on several pages one page tells nothing.
func TestRecheckPagesOfComments(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{})
	before := pullOf(t, s, nil)
	site.Set(sitetest.Switches{RESTOff: 401, CommentsPerPage: 2})
	if _, gone := ask(t, s, before.Articles); len(gone) > 0 {
		t.Errorf("gone: %v", gone)
	}
}

// TestRecheckFails: what cannot be asked is not gone.
func TestRecheckFails(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{})
	before := pullOf(t, s, nil)
	site.Requests()
	for _, on := range []sitetest.Switches{{Down: 500}, {Wall: "all"}, {Down: 403}} {
		site.Set(on)
		h, err := s.Recheck(t.Context(), sources.Request{Window: week}, before.Articles)
		if err == nil || len(h.Gone) > 0 || len(h.Articles) > 0 {
			t.Errorf("%+v: %v, gone %v", on, err, h.Gone)
		}
		if n := len(site.Requests()); n > 5 {
			t.Errorf("%+v: %d requests", on, n)
		}
	}
	busy := plainGetter{fail: func(string) error { return fetch.ErrBusy }}
	if h, err := sourceOf(t, site, sitetest.Switches{}, busy).Recheck(t.Context(), sources.Request{}, before.Articles); err == nil {
		t.Errorf("a busy host: %+v", h)
	}
}

// TestRecheckStub: an empty list from something that is not WordPress is no proof.
func TestRecheckStub(t *testing.T) {
	s := sourceOf(t, riverbank(), sitetest.Switches{}, stubGetter{})
	if h, gone := ask(t, s, []digest.Article{{Source: "river", ID: "10", URL: s.site.Home + "herons/"}}); len(gone) > 0 {
		t.Errorf("gone: %v, %+v", gone, h)
	}
}

// stubGetter is a cache that knows nothing of the API and calls it an empty list.
type stubGetter struct{}

func (stubGetter) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	if strings.Contains(r.URL, "wp-json") {
		return &fetch.Response{URL: r.URL, Status: 200, Header: http.Header{}, Body: []byte("[]")}, nil
	}
	return plainGetter{}.Get(ctx, r)
}

func TestRecheckNothing(t *testing.T) {
	site := riverbank()
	h, gone := ask(t, source(t, site, sitetest.Switches{}), nil)
	if len(gone)+len(h.Articles)+len(site.Requests()) != 0 {
		t.Errorf("%v, %v", gone, h)
	}
}

// TestRecheckUnasked: a cache that ignores the question answers another one,
// which says nothing about what is gone.
func TestRecheckUnasked(t *testing.T) {
	for _, route := range []string{"posts", "comments"} {
		g := rewriteGetter{func(address string) string {
			if strings.Contains(address, "wp/v2/"+route) {
				return strings.ReplaceAll(address, "include=", "ignored=")
			}
			return address
		}}
		s := sourceOf(t, riverbank(), sitetest.Switches{}, g)
		h, gone := ask(t, s, []digest.Article{
			{Source: "river", ID: "14", URL: s.site.Home + "thread/", Comments: []digest.Comment{{ID: "211"}, {ID: "99999"}}},
			{Source: "river", ID: "777", URL: s.site.Home + "?nothing=1"},
		})
		if len(h.Articles) > 0 || slices.Contains(gone, "14") || slices.Contains(gone, "14#99999") {
			t.Errorf("%s: gone %v, %+v", route, gone, h.Articles)
		}
	}
}

// TestRecheckStrange: what stands in an answer in no known form may be the very
// item that was asked for, and one without a date is there nevertheless.
func TestRecheckStrange(t *testing.T) {
	const post = `{"id":14,"date_gmt":"2026-03-28T10:00:00","link":"https://paper.test/a/"}`
	const said = `{"id":211,"post":14,"date_gmt":"2026-03-28T10:00:00"}`
	for name, c := range map[string]struct {
		posts, comments string
		gone            string
		fails           bool
	}{
		"good":              {`[` + post + `]`, `[` + said + `]`, "[14#212 15]", false},
		"post of no form":   {`[` + post + `,{"ID":15}]`, `[` + said + `]`, "[]", true},
		"comment of none":   {`[` + post + `]`, `[` + said + `,{"code":1}]`, "[]", true},
		"another post":      {`[` + post + `,` + strings.Replace(post, "14", "16", 1) + `]`, `[]`, "[]", true},
		"another comment":   {`[` + post + `]`, `[` + strings.Replace(said, "211", "213", 1) + `]`, "[]", true},
		"undated post":      {`[` + post + `,{"id":15,"link":"https://paper.test/b/"}]`, `[` + said + `]`, "[14#212]", false},
		"undated comment":   {`[` + post + `]`, `[` + said + `,{"id":212,"post":14}]`, "[15]", false},
		"protected comment": {`[` + post + `]`, `[` + said + `,{"id":212,"post":14,"content":{"protected":true}}]`, "[14#212 15]", false},
		"no list":           {`{"posts":[]}`, `[]`, "[]", true},
	} {
		asked := 0
		s := New(cannedGetter{[]byte(c.posts), []byte(c.comments), &asked}, "river",
			sources.Site{Home: "https://paper.test/", API: "https://paper.test/wp-json/"}, source(t, riverbank(), sitetest.Switches{}).now)
		h, err := s.Recheck(t.Context(), sources.Request{}, []digest.Article{
			{ID: "14", URL: "https://paper.test/posts/", Comments: []digest.Comment{{ID: "211"}, {ID: "212"}}}, {ID: "15", URL: "https://paper.test/posts/"},
		})
		var gone []string
		for _, i := range h.Gone {
			gone = append(gone, strings.TrimSuffix(i.Article+"#"+i.Comment, "#"))
		}
		slices.Sort(gone)
		if fmt.Sprint(gone) != c.gone || (err != nil) != c.fails {
			t.Errorf("%s: gone %v, %v", name, gone, err)
		}
	}
}

// TestRecheckPartOfPage: only what a page shows others around is known to be gone.
func TestRecheckPartOfPage(t *testing.T) {
	pg := page{id: 1, comments: []pageComment{{id: "10"}, {id: "40", parent: "10"}, {id: "20"}, {id: "30"}, {id: "31", parent: "30"}}}
	for c, want := range map[digest.Comment]bool{
		{ID: "5"}:                false, // the page may begin later
		{ID: "20"}:               false, // there
		{ID: "15"}:               true,
		{ID: "35"}:               false, // a thread of its own, beyond the last
		{ID: "35", Parent: "30"}: true,
		{ID: "35", Parent: "33"}: false, // hidden with what it answers
		{ID: "41", Parent: "10"}: false, // written after the page was kept
		{ID: "41"}:               false,
	} {
		p := &pull{Source: &Source{name: "river"}}
		p.recheckPage(digest.Article{ID: "1", Comments: []digest.Comment{c}}, pg)
		if got := len(p.gone) == 1; got != want {
			t.Errorf("comment %s to %q: gone %v", c.ID, c.Parent, got)
		}
	}
}

// TestRecheckMany: more than a hundred items take more than one question.
func TestRecheckMany(t *testing.T) {
	site := sitetest.Generate(120, 360, now)
	s := source(t, site, sitetest.Switches{})
	before := pullOf(t, s, nil)
	site.Change(func(posts *[]sitetest.Post, comments *[]sitetest.Comment) {
		(*posts)[119].Status, (*comments)[0].Hidden = "trash", true
	})
	site.Requests()
	h, gone := ask(t, s, before.Articles)
	if fmt.Sprint(gone) != "[1#1000 120]" || len(h.Articles) != 119 {
		t.Errorf("gone %v, %d articles", gone, len(h.Articles))
	}
	if n := len(site.Requests()); n > 8 {
		t.Errorf("%d requests", n)
	}
}
