package sources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
)

// rig is a Found over a web, whose sources are played by the test.
type rig struct {
	t       *testing.T
	visitor *visitor
	now     time.Time
	made    []Site // the sites that sources were made of
	given   []string
	pull    func(site Site) (digest.Harvest, error)
}

func newRig(t *testing.T) *rig {
	feed := rss("The Heron", "https://heron.test/")
	return &rig{
		t: t, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
		visitor: &visitor{web: web{
			"https://heron.test/": {link: apiLink, body: html5(feedLink).body}, "https://heron.test/feed/": feed,
			"https://heron.test/wp-json/": apiOf("The Heron", "https://heron.test"),
		}},
		pull: func(Site) (digest.Harvest, error) {
			return digest.Harvest{State: []byte(`{"etag":"1"}`)}, nil
		},
	}
}

func (r *rig) found(address, kind string) *Found {
	build := func(_ string, site Site) Source {
		r.made = append(r.made, site)
		return player{r, site}
	}
	return NewFound(FoundOptions{
		Name: "heron", Address: address, Kind: kind, Getter: r.visitor, Log: slog.New(slog.DiscardHandler),
		Now:   func() time.Time { return r.now },
		Kinds: map[string]func(string, Site) Source{KindWordPress: build, KindFeed: build},
	})
}

// must pulls, and says how many requests discovery took.
func (r *rig) must(address, kind string, state []byte) (digest.Harvest, int) {
	r.t.Helper()
	before := len(r.visitor.asked)
	h, err := r.found(address, kind).Pull(r.t.Context(), Request{State: state})
	if err != nil {
		r.t.Fatal(err)
	}
	return h, len(r.visitor.asked) - before
}

// last is the site that a source was last made of.
func (r *rig) last() Site { return r.made[len(r.made)-1] }

// player is a source as the test wants it.
type player struct {
	rig  *rig
	site Site
}

func (p player) Pull(_ context.Context, r Request) (digest.Harvest, error) {
	p.rig.given = append(p.rig.given, string(r.State))
	return p.rig.pull(p.site)
}

func (p player) Recheck(_ context.Context, r Request, articles []digest.Article) (digest.Harvest, error) {
	p.rig.given = append(p.rig.given, string(r.State))
	return digest.Harvest{Articles: articles}, nil
}

func TestFoundRemembers(t *testing.T) {
	r := newRig(t)
	first, asked := r.must("heron.test", KindAuto, nil)
	if asked != 2 || r.last().Kind != KindWordPress {
		t.Fatalf("%d requests, %+v", asked, r.last())
	}
	if site, ok := Remembered(first.State); !ok || !cmp.Equal(site, r.last()) {
		t.Errorf("%+v is remembered", site)
	}
	r.pull = func(Site) (digest.Harvest, error) { return digest.Harvest{}, nil }
	second, asked := r.must("heron.test", KindAuto, first.State)
	if asked != 0 || !cmp.Equal(r.made[0], r.made[1]) {
		t.Errorf("%d requests, %+v", asked, r.made)
	}
	if _, asked := r.must("heron.test", KindAuto, second.State); asked != 0 {
		t.Errorf("%d requests", asked)
	}
	// An empty state of the source's means that it keeps the one that it has.
	if diff := cmp.Diff([]string{"", `{"etag":"1"}`, `{"etag":"1"}`}, r.given); diff != "" {
		t.Error(diff)
	}
	h, err := r.found("heron.test", KindAuto).Recheck(t.Context(), Request{State: first.State}, make([]digest.Article, 3))
	if err != nil || len(h.Articles) != 3 || r.given[3] != `{"etag":"1"}` {
		t.Errorf("%+v, %v", h, err)
	}
	if _, ok := Remembered([]byte(`{"etag":"1"}`)); ok {
		t.Error("a state of something else tells of a site")
	}
}

func TestFoundLooksAgain(t *testing.T) {
	for name, c := range map[string]struct {
		address, kind string
		later         time.Duration
		spoil         func(web)
		asked         bool
		given         string // the state that the source gets
		check         func(Site) bool
	}{
		"not within a week":        {later: 7*24*time.Hour - 1, given: `{"etag":"1"}`},
		"after a week":             {later: 7 * 24 * time.Hour, asked: true, given: `{"etag":"1"}`},
		"at another address":       {address: "https://heron.test/feed/", asked: true, check: func(s Site) bool { return s.Kind == KindFeed }},
		"under another kind":       {kind: KindFeed, asked: true, check: func(s Site) bool { return s.Kind == KindFeed && s.Feeds[0] == "https://heron.test/feed/" }},
		"while the site is down":   {later: 8 * 24 * time.Hour, asked: true, given: `{"etag":"1"}`, spoil: func(w web) { clear(w) }},
		"and its API has moved":    {later: 8 * 24 * time.Hour, asked: true, spoil: moveAPI, check: func(s Site) bool { return s.API == "https://heron.test/?rest_route=/" }},
		"and its API is hidden":    {later: 8 * 24 * time.Hour, asked: true, given: `{"etag":"1"}`, spoil: func(w web) { delete(w, "https://heron.test/wp-json/") }},
		"and it looks like a feed": {later: 8 * 24 * time.Hour, asked: true, given: `{"etag":"1"}`, spoil: func(w web) { w["https://heron.test/"] = html5(feedLink) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			h, _ := r.must("heron.test", KindAuto, nil)
			if c.spoil != nil {
				c.spoil(r.visitor.web)
			}
			if c.address == "" {
				c.address = "heron.test"
			}
			if c.kind == "" {
				c.kind = KindAuto
			}
			r.now = r.now.Add(c.later)
			_, asked := r.must(c.address, c.kind, h.State)
			if asked > 0 != c.asked || r.given[1] != c.given {
				t.Errorf("%d requests, given %q", asked, r.given[1])
			}
			if c.check == nil {
				c.check = func(s Site) bool { return s.Kind == KindWordPress && s.API == "https://heron.test/wp-json/" }
			}
			if !c.check(r.last()) {
				t.Errorf("%+v", r.last())
			}
		})
	}
}

// moveAPI makes the permalinks plain.
func moveAPI(w web) {
	w["https://heron.test/?rest_route=/"] = w["https://heron.test/wp-json/"]
	delete(w, "https://heron.test/wp-json/")
	w["https://heron.test/"] = answer{link: `<https://heron.test/?rest_route=/>; rel="https://api.w.org/"`, body: html5(feedLink).body}
}

func TestFoundFollowsASiteThatChanged(t *testing.T) {
	broken := errors.New("gone")
	for name, c := range map[string]struct {
		spoil func(web)
		fails error
		pulls int
		warns string
		ok    bool
	}{
		"the API moved":         {moveAPI, broken, 2, "", true},
		"it is a feed now":      {func(w web) { w["https://heron.test/"] = html5(feedLink); delete(w, "https://heron.test/wp-json/") }, broken, 2, "could no longer be read as wordpress, and was read as feed", true},
		"nothing has changed":   {func(web) {}, broken, 1, "", false},
		"it is down":            {func(w web) { clear(w) }, broken, 1, "", false},
		"it wants to be left":   {moveAPI, fmt.Errorf("x: %w", fetch.ErrBusy), 1, "", false},
		"it fails for now":      {moveAPI, fmt.Errorf("x: %w", ErrPassing), 1, "", false},
		"it is not to be asked": {moveAPI, fetch.ErrForbidden, 1, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			h, _ := r.must("heron.test", KindAuto, nil)
			was := r.last()
			c.spoil(r.visitor.web)
			r.made = nil
			r.pull = func(s Site) (digest.Harvest, error) {
				if s.equal(was) {
					return digest.Harvest{}, c.fails
				}
				return digest.Harvest{}, nil
			}
			h, err := r.found("heron.test", KindAuto).Pull(t.Context(), Request{State: h.State})
			if (err == nil) != c.ok || err != nil && !errors.Is(err, c.fails) || len(r.made) != c.pulls {
				t.Errorf("%v after %d pulls", err, len(r.made))
			}
			if got := strings.Join(h.Warnings, "\n"); !strings.Contains(got, c.warns) || (got == "") != (c.warns == "") {
				t.Errorf("warnings: %q", got)
			}
			if site, _ := Remembered(h.State); c.ok && !cmp.Equal(site, r.last()) {
				t.Errorf("%+v is remembered", site)
			}
		})
	}
}

func TestFoundDoesNotGuessTwice(t *testing.T) {
	r := newRig(t)
	r.pull = func(Site) (digest.Harvest, error) { return digest.Harvest{}, errors.New("broken") }
	if _, err := r.found("heron.test", KindAuto).Pull(t.Context(), Request{}); err == nil || len(r.made) != 1 || len(r.visitor.asked) != 2 {
		t.Errorf("%v after %d pulls, %v", err, len(r.made), r.visitor.asked)
	}
	_, err := r.found("nowhere.test", KindAuto).Pull(t.Context(), Request{})
	if !errors.Is(err, errRefused) || !strings.HasPrefix(err.Error(), "find the site at nowhere.test: ") {
		t.Error(err)
	}
	if _, err := r.found("nowhere.test", KindAuto).Recheck(t.Context(), Request{}, nil); !errors.Is(err, errRefused) {
		t.Error(err)
	}
	if _, err := r.found("heron.test", "gopher").Pull(t.Context(), Request{}); err == nil || !strings.Contains(err.Error(), `"gopher"`) {
		t.Error(err)
	}
}

// TestFoundSurvivesBrokenStates: what a database or a source gives may be anything.
func TestFoundSurvivesBrokenStates(t *testing.T) {
	for _, state := range []string{"", "x", "[]", "null", `{"site":3}`, `{"address":"heron.test","kind":"auto"}`} {
		r := newRig(t)
		r.pull = func(Site) (digest.Harvest, error) { return digest.Harvest{State: []byte("no JSON")}, nil }
		h, asked := r.must("heron.test", KindAuto, []byte(state))
		if _, ok := Remembered(h.State); !ok || asked == 0 {
			t.Errorf("%q: %s after %d requests", state, h.State, asked)
		}
	}
}

func TestWordPressWithoutItsAPIIsLookedAtDaily(t *testing.T) {
	if d := (Site{Kind: KindWordPress}).goodFor(); d != weakGoodFor {
		t.Error(d)
	}
	if d := heron().goodFor(); d != goodFor {
		t.Error(d)
	}
	if d := (Site{Kind: KindFeed}).goodFor(); d != goodFor {
		t.Error(d)
	}
}
