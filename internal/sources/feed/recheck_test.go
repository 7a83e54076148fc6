package feed

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
)

func TestRecheck(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(50), 4), item("2", ago(50), 0), item("3", ago(50), 1)))
	thread := func(texts map[int]string) string {
		var all []string
		for n := 20; n > 0; n-- {
			if texts[n] != "" {
				all = append(all, comment("1", n, ago(40-n), texts[n]))
			}
		}
		return rss(all...)
	}
	s.put("/1/feed/", thread(map[int]string{11: "a", 12: "b", 13: "c", 14: "d"}))
	s.put("/3/feed/", rss(comment("3", 31, ago(1), "x")))
	for _, path := range []string{"/1/", "/2/", "/3/"} {
		s.putAs(path, answerOf{kind: "text/html", body: "<html>"})
	}
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	if len(h.Articles[0].Comments) != 4 {
		t.Fatalf("%+v", h.Articles[0])
	}
	// 11 has become older than all that is shown, 12 is the oldest, 13 was
	// edited, 14 deleted; the second article is gone, the third's feed broken.
	s.put("/1/feed/", thread(map[int]string{12: "b", 13: "c, corrected", 15: "new"}))
	s.putAs("/2/", answerOf{410, "text/html", "gone"})
	s.put("/feed/", rss(item("1", ago(50), 4), item("3", ago(50), 1)))
	s.putAs("/3/feed/", answerOf{500, "text/html", "oops"})
	s.requests()
	got, err := source.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Articles) != 1 || got.Articles[0].Title != "Post 1" || s.talk(got.Articles[0]) != "1#comment-12 1#comment-13" || got.Articles[0].Whole {
		t.Errorf("present: %+v", got.Articles)
	}
	if !slices.ContainsFunc(got.Articles[0].Comments, func(c digest.Comment) bool { return c.HTML == "c, corrected" }) {
		t.Errorf("the old version: %+v", got.Articles[0].Comments)
	}
	want := []digest.Item{
		{Source: "harbour", Article: s.URL + "/?p=1", Comment: s.URL + "/?p=1#comment-14"},
		{Source: "harbour", Article: s.URL + "/?p=2"},
	}
	if !slices.Equal(got.Gone, want) {
		t.Errorf("gone: %+v", got.Gone)
	}
	if !warned(got, "500") || len(s.requests()) != 6 {
		t.Errorf("warnings %q", got.Warnings)
	}
	if len(got.State) != 0 {
		t.Error("a recheck changes no state")
	}
}

// Nothing is called gone because a site is down, hides behind a wall or shows
// an empty feed.
func TestRecheckCannotTell(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(50), 1)))
	s.put("/1/feed/", rss(comment("1", 11, ago(3), "a")))
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	undated := strings.Replace(rss(comment("1", 9, ago(9), "z")), "pubDate", "noDate", 2)
	for name, change := range map[string]func(){
		"empty feed":   func() { s.put("/1/feed/", rss()) },
		"no dates":     func() { s.put("/1/feed/", undated) },
		"no feed":      func() { s.remove("/1/feed/") },
		"wall":         func() { s.putAs("/1/feed/", answerOf{200, "text/html", "<html><body>Log in</body></html>"}) },
		"server error": func() { s.putAs("/1/", answerOf{503, "text/html", ""}) },
	} {
		s.putAs("/1/", answerOf{200, "text/html", "<html>"})
		s.remove("/1/feed/")
		change()
		got, err := source.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles)
		if err != nil || len(got.Gone) != 0 || len(got.Articles) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	down := s.source(getter{map[string]error{"/1/": errDown}}, "/feed/")
	if got, err := down.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles); err != nil || len(got.Gone) != 0 || len(got.Warnings) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// askedAgain looks all articles of a pull up again and names those that are gone.
func (s *site) askedAgain(t *testing.T, source *Source, h digest.Harvest) (gone string, again digest.Harvest) {
	t.Helper()
	again, err := source.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range again.Gone {
		if item.Comment != "" {
			t.Errorf("comment %v is gone", item)
		}
		all = append(all, s.short(item.Article))
	}
	return strings.Join(all, " "), again
}

// An article is gone where both its page and the feed say so.
func TestRecheckGoneArticles(t *testing.T) {
	const html = "text/html"
	one, two, three := item("1", ago(1), 0), item("2", ago(2), 0), item("3", ago(3), 0)
	here, missing, deleted := answerOf{200, html, "<html>"}, answerOf{404, html, "x"}, answerOf{410, html, "x"}
	locked := answerOf{200, html, "<html><body>" + askPassword}
	moved := strings.ReplaceAll(two, "/?p=2", "/?p=20")
	for name, tt := range map[string]struct {
		pages [3]answerOf // of the articles, in order
		feed  answerOf    // at the time of the recheck
		gone  string
		warns string
		asked int // requests
	}{
		"all there":              {[3]answerOf{here, here, here}, answerOf{body: rss(two)}, "", "", 3},
		"a passing 404":          {[3]answerOf{here, missing, here}, answerOf{body: rss(one, two, three)}, "", "", 4},
		"deleted":                {[3]answerOf{here, missing, here}, answerOf{body: rss(one, three)}, "2", "", 4},
		"deleted, 410":           {[3]answerOf{here, deleted, here}, answerOf{body: rss(one, three)}, "2", "", 4},
		"listed by another id":   {[3]answerOf{here, missing, here}, answerOf{body: rss(one, moved, three)}, "", "", 4},
		"slid off and deleted":   {[3]answerOf{here, here, missing}, answerOf{body: rss(one)}, "3", "", 4},
		"slid off":               {[3]answerOf{here, here, here}, answerOf{body: rss(one)}, "", "", 3},
		"always 404":             {[3]answerOf{missing, missing, missing}, answerOf{body: rss(one, two, three)}, "", "that the feed lists", 4},
		"always 404, slid off":   {[3]answerOf{missing, missing, missing}, answerOf{body: rss(one)}, "", "that the feed lists", 4},
		"one 404 is listed":      {[3]answerOf{here, missing, missing}, answerOf{body: rss(one, two)}, "3", "", 4},
		"two of three deleted":   {[3]answerOf{here, missing, missing}, answerOf{body: rss(one)}, "2 3", "", 4},
		"the feed fails":         {[3]answerOf{here, missing, here}, answerOf{500, html, "oops"}, "", "500", 4},
		"the feed is missing":    {[3]answerOf{here, missing, here}, answerOf{404, html, "oops"}, "", "404", 4},
		"the feed is empty":      {[3]answerOf{here, missing, here}, answerOf{body: rss()}, "", "is empty", 4},
		"server error":           {[3]answerOf{here, {503, html, ""}, here}, answerOf{body: rss(one, three)}, "", "", 3},
		"protected":              {[3]answerOf{here, locked, here}, answerOf{body: rss(one, two, three)}, "2", "", 3},
		"protected in the feed":  {[3]answerOf{here, missing, here}, answerOf{body: rss(one, strings.Replace(two, "Text 2", askPassword, 1))}, "2", "", 4},
		"password, by the style": {[3]answerOf{here, {200, html, "<style>.post-password-form{}</style>"}, here}, answerOf{body: rss(one)}, "", "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.put("/feed/", rss(one, two, three))
			source := s.source(getter{}, "/feed/")
			h := pullOf(t, source, nil)
			for i, path := range []string{"/1/", "/2/", "/3/"} {
				s.putAs(path, tt.pages[i])
			}
			s.putAs("/feed/", tt.feed)
			s.requests()
			gone, again := s.askedAgain(t, source, h)
			if gone != tt.gone {
				t.Errorf("gone: %q, want %q", gone, tt.gone)
			}
			if (tt.warns != "") != (len(again.Warnings) > 0) || !warned(again, tt.warns) && tt.warns != "" {
				t.Errorf("warnings %q", again.Warnings)
			}
			if asked := s.requests(); len(asked) != tt.asked || slices.Contains(asked, "/feed/ 304") {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

// All articles of a site are not deleted in the same hour.
func TestRecheckDoubts(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(1), 0), item("2", ago(2), 0), item("3", ago(3), 0)))
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	s.put("/feed/", rss(item("9", ago(0), 0)))
	got, err := source.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles)
	if err == nil || !strings.Contains(err.Error(), "all 3 articles seem to be gone") || len(got.Gone) != 0 {
		t.Errorf("%+v, %v", got.Gone, err)
	}
	h.Articles = h.Articles[:2]
	if gone, _ := s.askedAgain(t, source, h); gone != "1 2" {
		t.Errorf("gone %q", gone)
	}
}

// The feed that is read is the one whose ids the articles have.
func TestRecheckReadsTheChosenFeed(t *testing.T) {
	s := newSite(t)
	s.put("/atom", rss(item("1", ago(1), 0)))
	source := s.source(getter{}, "/feed/", "/atom")
	h := pullOf(t, source, nil)
	s.put("/feed/", rss(item("9", ago(0), 0)))
	if gone, again := s.askedAgain(t, source, h); gone != "" {
		t.Errorf("gone %q, %q", gone, again.Warnings)
	}
}

func TestRecheckLeavesBusySitesAlone(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(1), 0), item("2", ago(2), 0)))
	h := pullOf(t, s.source(getter{}, "/feed/"), nil)
	s.requests()
	busy := s.source(getter{map[string]error{"/2/": fetch.ErrBusy}}, "/feed/")
	gone, again := s.askedAgain(t, busy, h)
	if asked := s.requests(); gone != "" || !warned(again, fetch.ErrBusy.Error()) || !slices.Equal(asked, []string{"/1/"}) {
		t.Errorf("gone %q, asked %q, warned %q", gone, asked, again.Warnings)
	}
	down := s.source(getter{map[string]error{"/2/": errors.New("reset")}}, "/feed/")
	if gone, _ := s.askedAgain(t, down, h); gone != "" {
		t.Errorf("gone %q", gone)
	}
}

// A comment may be in the part of a feed that could not be read.
func TestRecheckBrokenComments(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(50), 3)))
	s.putAs("/1/", answerOf{200, "text/html", "<html>"})
	three, two, first := comment("1", 13, ago(1), "c"), comment("1", 12, ago(2), "b"), comment("1", 11, ago(3), "a")
	s.put("/1/feed/", rss(three, two, first))
	source := s.source(getter{}, "/feed/")
	h := pullOf(t, source, nil)
	s.put("/1/feed/", rss(three, strings.Replace(two, "<guid", "<guid <", 1), first))
	if gone, again := s.askedAgain(t, source, h); gone != "" || len(again.Articles) != 1 {
		t.Errorf("%+v", again)
	}
	s.put("/1/feed/", rss(three, first))
	again, err := source.Recheck(t.Context(), sources.Request{State: h.State}, h.Articles)
	if err != nil || len(again.Gone) != 1 || again.Gone[0].Comment != s.URL+"/?p=1#comment-12" {
		t.Errorf("%+v, %v", again.Gone, err)
	}
}
