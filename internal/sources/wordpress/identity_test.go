package wordpress

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// TestIdentity: whichever way a post is read, it is the same post, and its
// comments are the same comments.
func TestIdentity(t *testing.T) {
	site := riverbank()
	want := byID(pullOf(t, source(t, site, sitetest.Switches{}), nil))
	for _, on := range []sitetest.Switches{
		{RESTOff: 401}, {RESTOff: 401, ExcerptFeeds: true}, {CommentsOff: true}, {Plain: true}, {Plain: true, RESTOff: 404}, {Wall200: true},
	} {
		for id, a := range byID(pullOf(t, source(t, site, on), nil)) {
			w, ok := want[id]
			if !ok || a.Title != w.Title || !a.Published.Equal(w.Published) {
				t.Errorf("%+v: %s is %q of %v, want %q of %v", on, id, a.Title, a.Published, w.Title, w.Published)
			}
			known := map[string]string{}
			for _, c := range w.Comments {
				known[c.ID] = c.Author.Name
			}
			for _, c := range a.Comments {
				if name, ok := known[c.ID]; !ok || name != c.Author.Name {
					t.Errorf("%+v: comment %s by %q, want %q", on, c.ID, c.Author.Name, name)
				}
			}
		}
	}
}

// TestIdentityOfMoved: the number in a guid of another host is no id of this
// one, even where the page cannot be asked.
func TestIdentityOfMoved(t *testing.T) {
	site := riverbank()
	first := pullOf(t, source(t, site, sitetest.Switches{}), nil)
	deaf := plainGetter{fail: func(url string) error {
		if strings.HasSuffix(url, "/moved/") {
			return errDown
		}
		return nil
	}}
	again := byID(pullOf(t, sourceOf(t, site, sitetest.Switches{RESTOff: 401}, deaf), first.State))
	if a, ok := again["12"]; !ok || a.Title != "Moved here" {
		t.Errorf("with the state of an earlier pull: %v", again["12"])
	}
	without := pullOf(t, sourceOf(t, site, sitetest.Switches{RESTOff: 401}, deaf), nil)
	all := byID(without)
	const guid = "https://old-home.test/?p=999"
	if _, wrong := all["999"]; wrong || all[guid].Title != "Moved here" {
		t.Errorf("without a state: %q", all[guid].Title)
	}
	back := byID(pullOf(t, source(t, site, sitetest.Switches{}), without.State))
	if _, twice := back["12"]; twice || back[guid].Title != "Moved here" {
		t.Error("the API came back, and the post got another name")
	}
}

// TestClosedIsRemembered: a closed API is asked once a day, one that stumbles every time.
func TestClosedIsRemembered(t *testing.T) {
	for _, c := range []struct {
		on    sitetest.Switches
		after time.Duration
		asks  bool
	}{
		{sitetest.Switches{RESTOff: 401}, time.Hour, false},
		{sitetest.Switches{RESTOff: 401}, 25 * time.Hour, true},
		{sitetest.Switches{RESTOff: 404}, time.Hour, false},
		{sitetest.Switches{TruncateREST: true}, time.Hour, true},
		{sitetest.Switches{FailPage: 1}, time.Hour, true},
	} {
		site := riverbank()
		s := source(t, site, c.on)
		h := pullOf(t, s, nil)
		site.Requests()
		s.now = func() time.Time { return now.Add(c.after) }
		second := pullOf(t, s, h.State)
		asked := strings.Contains(strings.Join(site.Requests(), " "), "wp%2Fv2") || strings.Contains(second.Warnings[0], "page 1 of")
		if asked != c.asks {
			t.Errorf("%+v after %v: asked %v", c.on, c.after, asked)
		}
		if !strings.Contains(second.Warnings[0], "REST API cannot be used") {
			t.Errorf("it does not say why: %q", second.Warnings)
		}
	}
}

// TestStateOpensAgain: the first answer after a failure ends it.
func TestStateOpensAgain(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{RESTOff: 401})
	h := pullOf(t, s, nil)
	site.Set(sitetest.Switches{})
	s.now = func() time.Time { return now.Add(25 * time.Hour) }
	h = pullOf(t, s, h.State)
	var st state
	if err := json.Unmarshal(h.State, &st); err != nil || !st.Closed.IsZero() || st.Why != "" || len(h.Warnings) > 0 {
		t.Errorf("state %s, warnings %q, %v", h.State, h.Warnings, err)
	}
}

func TestStateOfStrangers(t *testing.T) {
	for _, b := range []string{"", "null", "[]", "{", `{"closed":"never"}`, `{"names":7}`} {
		if s := readState([]byte(b)); s.closed(now) || s.API != "" || len(s.Names) > 0 {
			t.Errorf("%q gives %+v", b, s)
		}
	}
}

func TestStateIsBounded(t *testing.T) {
	s := readState(nil)
	for i := range 10 * maxNames {
		s.learn(fmt.Sprintf("https://host.test/%s?p=%d", strings.Repeat("x", 400), i), fmt.Sprint(i))
	}
	s.learn(strings.Repeat("y", 501), "1")
	if b := s.bytes(); len(b) > 200<<10 || len(s.Names) != maxNames || s.known(s.Names[maxNames-1].GUID) != fmt.Sprint(10*maxNames-1) {
		t.Errorf("%d bytes, %d names", len(b), len(s.Names))
	}
}

// TestFutureState: a clock that was set back does not close the API for ever.
func TestFutureState(t *testing.T) {
	s := state{Closed: now.Add(48 * time.Hour)}
	if s.closed(now) {
		t.Error("closed by a time that has not come")
	}
	if s.Closed = now.Add(-time.Hour); !s.closed(now) {
		t.Error("open an hour later")
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct{ root, want string }{
		{"https://a.test/wp-json/", "https://a.test/wp-json/wp/v2/posts?page=2"},
		{"https://a.test/wp-json", "https://a.test/wp-json/wp/v2/posts?page=2"},
		{"https://a.test/blog/wp-json/", "https://a.test/blog/wp-json/wp/v2/posts?page=2"},
		{"https://a.test/?rest_route=/", "https://a.test/?page=2&rest_route=%2Fwp%2Fv2%2Fposts"},
		{"https://a.test/index.php?lang=en&rest_route=/", "https://a.test/index.php?lang=en&page=2&rest_route=%2Fwp%2Fv2%2Fposts"},
		{"https://a.test/index.php/wp-json/", "https://a.test/index.php/wp-json/wp/v2/posts?page=2"},
	} {
		if got, err := address(c.root, "wp/v2/posts", map[string][]string{"page": {"2"}}); err != nil || got != c.want {
			t.Errorf("%s gives %s, %v", c.root, got, err)
		}
	}
	if _, err := address("http://[", "x", nil); err == nil {
		t.Error("a broken root is no error")
	}
}

// TestNoAPI: a site without one is read from its feed, found or guessed.
func TestNoAPI(t *testing.T) {
	for _, feeds := range [][]string{nil, {"nowhere/"}, {"feed/"}} {
		site := riverbank()
		home := site.Start(t)
		site.Set(sitetest.Switches{RESTOff: 404})
		known := sources.Site{Home: home}
		for _, f := range feeds {
			known.Feeds = append(known.Feeds, home+f)
		}
		s := New(plainGetter{}, "river", known, func() time.Time { return now })
		h := pullOf(t, s, nil)
		if len(h.Articles) != len(due) || !strings.Contains(h.Warnings[0], "none was found") {
			t.Errorf("%v: %d articles, %q", feeds, len(h.Articles), h.Warnings)
		}
	}
}

// TestSharedGUID: an import may leave two posts with one guid; they stay two.
func TestSharedGUID(t *testing.T) {
	site := riverbank()
	site.AddPost(sitetest.Post{ID: 16, Slug: "twin", Title: "Twin", Content: "<p>LEAD-16</p>", Author: 1, Date: ago(51), GUID: "https://old-home.test/?p=999"})
	s := source(t, site, sitetest.Switches{})
	first := pullOf(t, s, nil)
	for _, h := range []map[string]bool{ids(first.Articles), ids(pullOf(t, s, first.State).Articles)} {
		if !h["12"] || !h["16"] || len(h) != len(due)+1 {
			t.Errorf("articles %v", h)
		}
	}
}

func ids(articles []digest.Article) map[string]bool {
	out := map[string]bool{}
	for _, a := range articles {
		out[a.ID] = true
	}
	return out
}
