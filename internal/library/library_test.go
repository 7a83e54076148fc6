package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// shelf is a Store in memory.
type shelf struct {
	mu      sync.Mutex
	memory  map[string]Memory
	saved   []digest.Harvest
	amended []digest.Harvest
	failed  map[string]string
	pruned  []time.Time
	left    int // of pruning, in steps
	err     error
}

func (s *shelf) Memory(_ context.Context, source string, _, _ time.Time) (Memory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory[source], s.err
}

func (s *shelf) SaveHarvest(_ context.Context, h digest.Harvest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = append(s.saved, h)
	return s.err
}

func (s *shelf) Amend(_ context.Context, h digest.Harvest) error {
	s.amended = append(s.amended, h)
	return s.err
}

func (s *shelf) SaveFailure(_ context.Context, source string, _ time.Time, cause string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[source] = cause
	return nil
}

func (s *shelf) SourceHealth(context.Context) ([]digest.SourceHealth, error) {
	return []digest.SourceHealth{{Name: "blog", Failures: 2}}, s.err
}

func (s *shelf) PruneLibrary(_ context.Context, before time.Time, _ int) (bool, error) {
	s.pruned = append(s.pruned, before)
	s.left--
	return s.left > 0, s.err
}

// site is a source that does what it is told.
type site struct {
	harvest digest.Harvest
	err     error
	wait    time.Duration
	asked   []digest.Article // to look up
	request sources.Request
}

func (s *site) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	s.request = r
	select {
	case <-time.After(s.wait):
		return s.harvest, s.err
	case <-ctx.Done():
		return digest.Harvest{}, ctx.Err()
	}
}

func (s *site) Recheck(ctx context.Context, r sources.Request, asked []digest.Article) (digest.Harvest, error) {
	s.asked = asked
	return s.Pull(ctx, r)
}

func named(name string, s *site) Source {
	return Source{SourceRef: digest.SourceRef{Name: name}, Source: s}
}

func opened(s *shelf) *Library {
	s.failed = map[string]string{}
	return New(s, Options{Now: func() time.Time { return sunday }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func TestPull(t *testing.T) {
	articles, memory := base()
	memory.State = []byte(`{"etag":"x"}`)
	articles[0].Comments = []digest.Comment{{ID: "1"}, {ID: "2"}}
	good := &site{harvest: digest.Harvest{Source: "a lie", Articles: articles, Warnings: []string{"half"}}}
	bad := &site{err: errors.New("no route")}
	var moved []digest.Article
	for _, a := range articles {
		a.ID += "2"
		moved = append(moved, a)
	}
	odd := &site{harvest: digest.Harvest{Articles: moved}}
	s := &shelf{memory: map[string]Memory{"blog": memory, "odd": memory}}
	window := sources.Window{Since: monday, Until: sunday}
	results, err := opened(s).Pull(t.Context(), []Source{named("blog", good), named("bad", bad), named("odd", odd)}, window, nil)
	if err != nil || len(results) != 3 {
		t.Fatalf("%v, %v", results, err)
	}
	if r := results[0]; r.Source.Name != "blog" || r.Articles != 3 || r.Comments != 2 || r.Err != nil || r.Warnings[0] != "half" {
		t.Errorf("%+v", r)
	}
	if string(good.request.State) != `{"etag":"x"}` || good.request.Window != window {
		t.Errorf("asked %+v", good.request)
	}
	var rejected *Rejection
	if results[1].Err == nil || !errors.As(results[2].Err, &rejected) {
		t.Errorf("%v, %v", results[1].Err, results[2].Err)
	}
	if len(s.saved) != 1 || s.saved[0].Source != "blog" || !s.saved[0].At.Equal(sunday) {
		t.Errorf("saved %+v", s.saved)
	}
	if s.failed["bad"] != "no route" || !strings.Contains(s.failed["odd"], "another id") || len(s.failed) != 2 {
		t.Errorf("failures %q", s.failed)
	}
	if _, err := opened(s).Pull(t.Context(), []Source{named("odd", odd)}, window, []string{CodeMoved}); err != nil || len(s.saved) != 2 {
		t.Errorf("forced: %v, %d saved", err, len(s.saved))
	}
}

// Peeking is pulling that leaves no trace.
func TestPeek(t *testing.T) {
	articles, memory := base()
	s := &shelf{memory: map[string]Memory{"blog": memory}}
	var seen []digest.Harvest
	results, err := opened(s).Peek(t.Context(),
		[]Source{named("blog", &site{harvest: digest.Harvest{Articles: articles}}), named("bad", &site{err: io.EOF})},
		sources.Window{}, nil, func(_ context.Context, h digest.Harvest) error { seen = append(seen, h); return nil })
	if err != nil || len(results) != 2 || results[1].Err == nil || len(seen) != 1 || seen[0].Source != "blog" {
		t.Errorf("%+v, %v; seen %+v", results, err, seen)
	}
	if len(s.saved)+len(s.failed) != 0 {
		t.Errorf("saved %v, failed %v", s.saved, s.failed)
	}
}

// All sites are asked at once, and one that never answers is given up.
func TestSlowSites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []Source
		for i := range together {
			all = append(all, named(fmt.Sprint("site", i), &site{wait: time.Minute}))
		}
		all[7] = named("stuck", &site{wait: time.Hour})
		start := time.Now()
		results, err := opened(&shelf{}).Pull(t.Context(), all, sources.Window{}, nil)
		if err != nil || results[7].Err == nil || results[8].Err != nil {
			t.Errorf("%v, %v, %v", err, results[7].Err, results[8].Err)
		}
		if took := time.Since(start); took != pullTime {
			t.Errorf("took %s", took)
		}
	})
}

func TestBrokenDatabase(t *testing.T) {
	broken := errors.New("disk full")
	l := opened(&shelf{err: broken})
	if _, err := l.Pull(t.Context(), []Source{named("blog", &site{})}, sources.Window{}, nil); !errors.Is(err, broken) {
		t.Errorf("pull: %v", err)
	}
	if _, err := l.Health(t.Context()); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := l.Prune(t.Context(), time.Hour); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := l.Amend(t.Context(), digest.Harvest{}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// What is looked up goes by the id that the site knows, and comes back under
// the library's.
func TestRecheck(t *testing.T) {
	memory := Memory{State: []byte("{}"), Articles: []Known{{ID: "a", Alias: "a2", Appeared: monday}, {ID: "b"}}}
	blog := &site{harvest: digest.Harvest{
		Articles: []digest.Article{{ID: "a2", Title: "edited", Comments: []digest.Comment{{ID: "1", Article: "a2"}}}},
		Gone:     []digest.Item{{Article: "a2", Comment: "2"}, {Article: "b"}},
	}}
	down := &site{err: errors.New("no route")}
	idle := &site{err: errors.New("nobody asked")}
	s := &shelf{memory: map[string]Memory{"blog": memory}}
	harvests, warnings := opened(s).Recheck(t.Context(), []Source{named("blog", blog), named("down", down), named("idle", idle)},
		[]digest.Article{
			{Source: "blog", ID: "a", Comments: []digest.Comment{{ID: "1", Article: "a"}}},
			{Source: "blog", ID: "b"},
			{Source: "down", ID: "c"},
		})
	if len(blog.asked) != 2 || blog.asked[0].ID != "a2" || blog.asked[0].Comments[0].Article != "a2" || blog.asked[1].ID != "b" {
		t.Errorf("asked for %+v", blog.asked)
	}
	if len(harvests) != 1 || len(warnings) != 1 || !strings.Contains(warnings[0], "down: what was chosen could not be looked up again: no route") {
		t.Fatalf("%+v, %q", harvests, warnings)
	}
	a := harvests[0].Articles[0]
	if a.ID != "a" || a.Alias != "a2" || a.Comments[0].Article != "a" || !a.Appeared.Equal(monday) {
		t.Errorf("came back as %+v", a)
	}
	want := []digest.Item{{Source: "blog", Article: "a", Comment: "2"}, {Source: "blog", Article: "b"}}
	if !slices.Equal(harvests[0].Gone, want) {
		t.Errorf("gone: %+v", harvests[0].Gone)
	}
}

func TestPruneAndHealth(t *testing.T) {
	s := &shelf{left: 3}
	l := opened(s)
	if err := l.Prune(t.Context(), 48*time.Hour); err != nil || len(s.pruned) != 3 || !s.pruned[0].Equal(sunday.AddDate(0, 0, -2)) {
		t.Errorf("%v; pruned %v", err, s.pruned)
	}
	if h, err := l.Health(t.Context()); err != nil || h["blog"].Failures != 2 {
		t.Errorf("%v, %v", h, err)
	}
}
