package library

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// counting is a source that counts what it is asked.
type counting struct {
	pulls     int
	rechecked []string
	articles  []digest.Article
	answer    digest.Harvest // of a recheck
	err       error
}

func (c *counting) Pull(context.Context, sources.Request) (digest.Harvest, error) {
	c.pulls++
	return digest.Harvest{Articles: c.articles, Warnings: []string{"w"}}, c.err
}

func (c *counting) Recheck(_ context.Context, _ sources.Request, articles []digest.Article) (digest.Harvest, error) {
	for _, a := range articles {
		c.rechecked = append(c.rechecked, a.ID)
	}
	return c.answer, c.err
}

func from(now time.Time) sources.Request {
	return sources.Request{Window: sources.Window{Since: now, Until: now.Add(time.Hour)}}
}

func wrapped(c *Cache, ref digest.SourceRef, s sources.Source) sources.Source {
	return c.Wrap([]Source{{SourceRef: ref, Source: s}})[0]
}

func TestCacheAsksOnce(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	blog := digest.SourceRef{Name: "blog", URL: "https://blog.test", Kind: "feed"}
	c := NewCache()
	site := &counting{articles: []digest.Article{{ID: "1"}, {ID: "2"}}}
	pull := func(s sources.Source, since time.Time) digest.Harvest {
		t.Helper()
		h, err := s.Pull(t.Context(), from(since))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := pull(wrapped(c, blog, site), now)
	h.Articles[0].ID, h.Warnings[0] = "changed by whoever got it", "changed"
	// The same source after the configuration was read again.
	again := &counting{articles: []digest.Article{{ID: "3"}}}
	required := blog
	required.Required = true
	got := pull(wrapped(c, required, again), now.Add(time.Minute))
	if diff := cmp.Diff([]digest.Article{{ID: "1"}, {ID: "2"}}, got.Articles); diff != "" || got.Warnings[0] != "w" {
		t.Errorf("what was kept is another: %s%v", diff, got.Warnings)
	}
	if site.pulls != 1 || again.pulls != 0 {
		t.Errorf("asked %d and %d times", site.pulls, again.pulls)
	}
	// A wider window, and another address, are other questions.
	if got := pull(wrapped(c, blog, again), now.Add(-time.Hour)); len(got.Articles) != 1 || again.pulls != 1 {
		t.Errorf("a wider window gave %v", got.Articles)
	}
	elsewhere := blog
	elsewhere.URL = "https://other.test"
	pull(wrapped(c, elsewhere, site), now)
	if site.pulls != 2 {
		t.Error("another address was not asked")
	}
}

func TestCacheKeepsNoFailures(t *testing.T) {
	c := NewCache()
	site := &counting{err: errors.New("down")}
	s := wrapped(c, digest.SourceRef{Name: "blog"}, site)
	for range 2 {
		if _, err := s.Pull(t.Context(), from(time.Time{})); err == nil {
			t.Error("a failure became a harvest")
		}
		if _, err := s.Recheck(t.Context(), sources.Request{}, []digest.Article{{ID: "1"}}); err == nil {
			t.Error("a failure became an answer")
		}
	}
	site.err = nil
	if _, err := s.Pull(t.Context(), from(time.Time{})); err != nil || site.pulls != 3 || len(site.rechecked) != 2 {
		t.Errorf("%v after %d pulls", err, site.pulls)
	}
}

func TestCacheRechecksOnlyWhatIsNew(t *testing.T) {
	said := func(ids ...string) (all []digest.Comment) {
		for _, id := range ids {
			all = append(all, digest.Comment{ID: id})
		}
		return all
	}
	c := NewCache()
	site := &counting{answer: digest.Harvest{
		Articles: []digest.Article{{ID: "1", Title: "edited", Comments: said("a")}},
		Gone:     []digest.Item{{Article: "2"}},
	}}
	s := wrapped(c, digest.SourceRef{Name: "blog"}, site)
	ask := func(articles ...digest.Article) digest.Harvest {
		t.Helper()
		h, err := s.Recheck(t.Context(), sources.Request{}, articles)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := ask(digest.Article{ID: "1", Comments: said("a")}, digest.Article{ID: "2"})
	if diff := cmp.Diff(site.answer, first); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(site.answer, ask(digest.Article{ID: "1", Comments: said("a")}, digest.Article{ID: "2"})); diff != "" {
		t.Error(diff)
	}
	if h := ask(digest.Article{ID: "2"}); len(h.Articles) != 0 || len(h.Gone) != 1 {
		t.Errorf("asked about one article, told %+v", h)
	}
	site.answer = digest.Harvest{Articles: []digest.Article{{ID: "1", Title: "edited twice", Comments: said("b")}}}
	h := ask(digest.Article{ID: "1", Comments: said("a", "b")})
	want := []digest.Article{{ID: "1", Title: "edited twice", Comments: said("b", "a")}}
	if diff := cmp.Diff(want, h.Articles); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "2", "1"}, site.rechecked); diff != "" {
		t.Errorf("asked the site again: %s", diff)
	}
}
