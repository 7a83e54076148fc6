package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

func (s *shelf) PruneLibrary(_ context.Context, now time.Time, keep time.Duration, _ int) (bool, error) {
	s.pruned = append(s.pruned, now.Add(-keep))
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
	inside  func() // while it is asked
}

func (s *site) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	s.request = r
	if s.inside != nil {
		s.inside()
	}
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

// A harvest is of the instant in which its source was asked: what one that was
// asked for later brings meanwhile is newer.
func TestHarvestIsOfWhenItWasAskedFor(t *testing.T) {
	now := sunday
	slow := &site{inside: func() { now = now.Add(time.Minute) }, harvest: digest.Harvest{Articles: []digest.Article{{ID: "a"}}}}
	s := &shelf{failed: map[string]string{}}
	l := New(s, Options{Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if _, err := l.Pull(t.Context(), []Source{named("blog", slow)}, sources.Window{}, nil); err != nil || !s.saved[0].At.Equal(sunday) {
		t.Errorf("%v; saved %+v", err, s.saved)
	}
	later := now
	harvests, _ := l.Recheck(t.Context(), []Source{named("blog", slow)}, []digest.Article{{Source: "blog", ID: "a"}})
	if len(harvests) != 1 || !harvests[0].At.Equal(later) {
		t.Errorf("looked up: %+v", harvests)
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
