package sample

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, name string, now time.Time) *Source {
	t.Helper()
	src, err := New(name, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func pull(t *testing.T, now time.Time, back time.Duration) digest.Harvest {
	t.Helper()
	h, err := open(t, "sample", now).Pull(t.Context(), between(now.Add(-back), now))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const (
	week  = 7 * 24 * time.Hour
	month = 30 * 24 * time.Hour
)

// TestAWeekIsAWeekAtAnyHour: whenever somebody tries it, the last seven days
// hold the same eight articles, and the older one lies ten to twelve days back.
func TestAWeekIsAWeekAtAnyHour(t *testing.T) {
	for hour := range 48 {
		now := noon.Add(time.Duration(hour)*time.Hour + 59*time.Minute)
		if n := len(pull(t, now, week).Articles); n != 8 {
			t.Errorf("%v: %d articles in a week", now, n)
		}
		all := pull(t, now, month).Articles
		old := all[len(all)-1]
		if age := now.Sub(old.Published); len(all) != 9 || age < 10*24*time.Hour || age > 12*24*time.Hour {
			t.Errorf("%v: %d articles in a month, the oldest of %v", now, len(all), old.Published)
		}
		for _, a := range all {
			for _, c := range a.Comments {
				if c.Published.After(now) || !c.Published.After(a.Published) {
					t.Errorf("%s %s: %v", a.Title, c.ID, c.Published)
				}
			}
		}
	}
}

func TestTheWindowIsObeyed(t *testing.T) {
	all := pull(t, noon, month).Articles
	src := open(t, "sample", noon)
	for i, a := range all[1:] {
		w := between(a.Published, all[i].Published)
		h, err := src.Pull(t.Context(), w)
		if err != nil || len(h.Articles) != 1 || h.Articles[0].ID != a.ID {
			t.Errorf("%v: got %v, %v, want only %s", w, h.Articles, err, a.ID)
		}
	}
}

func TestTheSameDayGivesTheSameHarvest(t *testing.T) {
	first, later := pull(t, noon, week), pull(t, noon.Add(11*time.Hour), week)
	if diff := cmp.Diff(first.Articles, later.Articles); diff != "" {
		t.Error(diff)
	}
	tomorrow := pull(t, noon.Add(24*time.Hour), week)
	for i, a := range tomorrow.Articles {
		if a.ID != first.Articles[i].ID || a.URL != first.Articles[i].URL {
			t.Errorf("%s has become %s", first.Articles[i].ID, a.ID)
		}
	}
}

func TestTheNameIsTaken(t *testing.T) {
	h, err := open(t, "other", noon).Pull(t.Context(), between(time.Time{}, noon))
	if err != nil || h.Source != "other" || h.Articles[0].Source != "other" || h.Articles[0].Comments[0].Source != "other" {
		t.Errorf("%v %v", h.Source, err)
	}
}

func TestACancelledPullEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := open(t, "sample", noon).Pull(ctx, sources.Request{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestItemsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	once := func(key string) {
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
	for _, a := range pull(t, noon, month).Articles {
		once("article " + a.ID)
		once(a.URL)
		wellFormed(t, a.ID, a.Title, a.Author.Name, a.HTML, a.URL)
		if !strings.HasPrefix(a.URL, base) || a.CommentCount != len(a.Comments) {
			t.Errorf("%s: %s, %d comments", a.ID, a.URL, a.CommentCount)
		}
		for _, c := range a.Comments {
			once("comment " + c.ID)
			once(c.URL)
			wellFormed(t, c.ID, c.Author.Name, c.HTML, c.URL)
			if c.Article != a.ID || !strings.HasPrefix(c.URL, a.URL+"#") {
				t.Errorf("%s: %s, %s", c.ID, c.Article, c.URL)
			}
			if c.ByArticleAuthor != (c.Author.Name == a.Author.Name) {
				t.Errorf("%s: whether %s wrote %q is not what it says", c.ID, c.Author.Name, a.Title)
			}
		}
	}
}

func wellFormed(t *testing.T, id string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if s == "" || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%s: %q", id, s)
		}
	}
}

// TestPromisedFeatures: each of these is there for a part of the digest that a
// dry run is to show.
func TestPromisedFeatures(t *testing.T) {
	articles := pull(t, noon, month).Articles
	for name, has := range map[string]func(digest.Article) bool{
		"a long thread with answers": func(a digest.Article) bool {
			return len(a.Comments) >= 40 && count(a, func(c digest.Comment) bool { return c.Parent != "" }) >= 20
		},
		"a reply to a comment that is gone": func(a digest.Article) bool { return count(a, orphan(a)) > 0 },
		"figures, questions and a link": func(a digest.Article) bool {
			return count(a, contains("kWh")) > 0 && count(a, contains("?")) > 5 && count(a, contains("archive.example.net")) > 0
		},
		"spam, shouting and a few words": func(a digest.Article) bool {
			return count(a, contains("spam.example")) > 0 && count(a, contains("!!!")) > 0 && count(a, contains("<p>first</p>")) > 0
		},
		"a title from right to left": func(a digest.Article) bool {
			return a.Language == "ar" && strings.ContainsFunc(a.Title, arabic) &&
				count(a, func(c digest.Comment) bool { return strings.ContainsFunc(c.HTML, arabic) }) >= 3
		},
		"code": func(a digest.Article) bool {
			return strings.Contains(a.HTML, "<pre><code") && count(a, contains("<pre><code>")) > 0
		},
		"a table":         func(a digest.Article) bool { return strings.Contains(a.HTML, "<table>") },
		"a closed thread": func(a digest.Article) bool { return a.CommentsClosed && len(a.Comments) > 0 },
		"no comments":     func(a digest.Article) bool { return len(a.Comments) == 0 },
		"an original":     func(a digest.Article) bool { return a.Original != "" },
		"votes": func(a digest.Article) bool {
			return len(a.Comments) > 5 && count(a, func(c digest.Comment) bool { return c.Votes != nil }) == len(a.Comments)
		},
		"the author's answer": func(a digest.Article) bool {
			return count(a, func(c digest.Comment) bool { return c.ByArticleAuthor && c.Parent != "" }) > 0
		},
		"no comment worth printing": func(a digest.Article) bool {
			return len(a.Comments) >= 5 && count(a, func(c digest.Comment) bool { return len(strings.Fields(c.HTML)) < 5 }) >= 3
		},
		"an old thread in a burst": func(a digest.Article) bool {
			recent := func(c digest.Comment) bool { return c.Published.After(noon.Add(-5 * 24 * time.Hour)) }
			return noon.Sub(a.Published) > 10*24*time.Hour && count(a, recent) >= 5
		},
		"a thread that has not settled": func(a digest.Article) bool {
			return noon.Sub(a.Published) < 24*time.Hour && len(a.Comments) > 0
		},
	} {
		found := false
		for _, a := range articles {
			found = found || has(a)
		}
		if !found {
			t.Errorf("no article with %s", name)
		}
	}
}

func count(a digest.Article, has func(digest.Comment) bool) int {
	n := 0
	for _, c := range a.Comments {
		if has(c) {
			n++
		}
	}
	return n
}

func contains(s string) func(digest.Comment) bool {
	return func(c digest.Comment) bool { return strings.Contains(c.HTML, s) }
}

func orphan(a digest.Article) func(digest.Comment) bool {
	ids := map[string]bool{"": true}
	for _, c := range a.Comments {
		ids[c.ID] = true
	}
	return func(c digest.Comment) bool { return !ids[c.Parent] }
}

func arabic(r rune) bool { return unicode.Is(unicode.Arabic, r) }

func between(since, until time.Time) sources.Request {
	return sources.Request{Window: sources.Window{Since: since, Until: until}}
}
