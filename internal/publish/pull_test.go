package publish_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/sources"
)

func TestPullNow(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.site.warnings = []string{"half of it"}
	results, err := w.p.PullNow(w.ctx, &w.newsletter)
	w.must(err)
	if len(results) != 1 || results[0].Source.Name != "blog" || results[0].Articles != 1 || len(results[0].Warnings) != 1 {
		t.Errorf("results %+v", results)
	}
	library, err := w.db.Library(w.ctx, []string{"blog"}, time.Time{})
	if err != nil || len(library) != 1 || library[0].ID != "a" {
		t.Errorf("the library has %v, %v", library, err)
	}
	w.wantIssues("")
	w.site.err = errDown
	_, err = w.p.PullNow(w.ctx, &w.newsletter)
	if !errors.Is(err, digest.ErrHeld) || err.Error() != "source blog: connection refused" {
		t.Errorf("a required source that fails: %v", err)
	}
}

// A site is asked for what the issue would choose from, and for the week before
// that, which may still be discussed.
func TestWindow(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.at(second)
	const week = 7 * 24 * time.Hour
	want := []sources.Window{
		{Since: sunday.Add(-w.newsletter.Window - week), Until: sunday},
		{Since: sunday.Add(-2 * week), Until: second},
	}
	if len(w.site.windows) != len(want) {
		t.Fatalf("pulled %d times", len(w.site.windows))
	}
	for i, got := range w.site.windows {
		if !got.Since.Equal(want[i].Since) || !got.Until.Equal(want[i].Until) {
			t.Errorf("window %v, want %v", got, want[i])
		}
	}
}

// What a feed no longer shows is printed from the library, with its comments.
func TestLibraryOutlivesTheFeed(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.MaxArticles = 5
	w.start()
	w.site.articles = []digest.Article{article("a", wednesday, remark("a", 0, wednesday)), article("b", wednesday, remark("b", 1, wednesday))}
	_, err := w.p.PullNow(w.ctx, &w.newsletter)
	w.must(err)
	w.site.articles = []digest.Article{article("b", wednesday, remark("b", 2, sunday.Add(-time.Hour)))}
	w.at(sunday)
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	comments := map[string]int{}
	for _, p := range content.Lead {
		comments[p.Article.ID] = len(p.Comments)
	}
	if comments["a"] != 1 || comments["b"] != 2 {
		t.Errorf("comments printed: %v", comments)
	}
}

// A site that never answers is given up after a while.
type stuck struct{ left time.Duration }

func (s *stuck) Pull(ctx context.Context, _ sources.Request) (digest.Harvest, error) {
	deadline, ok := ctx.Deadline()
	if ok {
		s.left = time.Until(deadline)
	}
	return digest.Harvest{}, context.DeadlineExceeded
}

func (s *stuck) Recheck(context.Context, sources.Request, []digest.Article) (digest.Harvest, error) {
	return digest.Harvest{}, nil
}

func TestPullIsBounded(t *testing.T) {
	w := newWorld(t, 1)
	s := &stuck{}
	w.newsletter.Sources = []library.Source{{SourceRef: digest.SourceRef{Name: "stuck"}, Source: s}}
	w.start()
	_, err := w.p.PullNow(w.ctx, &w.newsletter)
	w.must(err)
	if s.left <= 0 || s.left > 5*time.Minute {
		t.Errorf("the site has %s", s.left)
	}
}
