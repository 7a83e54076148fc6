package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// facts is a store that counts how often it is asked.
type facts struct {
	asked int
	fail  map[string]error
}

func (f *facts) ListCounts(context.Context) ([]digest.ListCount, error) {
	f.asked++
	return []digest.ListCount{{Newsletter: "weekly", State: "active", People: 1000000}, {Newsletter: "weekly", State: "pending", People: 3}}, f.fail["lists"]
}

func (f *facts) Issues(_ context.Context, newsletter string, n int) ([]digest.IssueRecord, error) {
	if newsletter != "weekly" || n != 1 {
		return nil, f.fail["issues"]
	}
	return []digest.IssueRecord{{
		ID: "i", Newsletter: "weekly", Number: 47, Slot: digest.Slot{At: noon.Add(-time.Hour)}, State: digest.IssueSending,
	}}, f.fail["issues"]
}

func (f *facts) Counts(context.Context, string) (delivery.Counts, error) {
	return delivery.Counts{delivery.Accepted: 17, delivery.InDoubt: 1}, f.fail["counts"]
}

func (f *facts) LetterCounts(context.Context) (delivery.Counts, error) {
	return delivery.Counts{delivery.Ready: 2}, f.fail["letters"]
}

func (f *facts) SourcesInFull(context.Context) ([]digest.SourceHealth, error) {
	return []digest.SourceHealth{
		{Name: "blog", Succeeded: noon.Add(-time.Minute), Articles: 50, Comments: 700},
		{Name: "new", Failures: 4},
	}, f.fail["sources"]
}

// monitor is a handler, its facts and its clock.
func monitor() (http.Handler, *facts, *time.Time) {
	f, now := &facts{fail: map[string]error{}}, noon
	return New(Options{
		Store: f, Newsletters: []string{"weekly", "without issues"}, Version: "v1.2.3", Started: noon.Add(-time.Hour),
		Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}), f, &now
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestMetrics(t *testing.T) {
	h, _, _ := monitor()
	w := ask(h, "GET", "/metrics")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != ContentType {
		t.Errorf("%d %s", w.Code, w.Header())
	}
	got, err := read(w.Body.String())
	if err != nil {
		t.Fatalf("%v:\n%s", err, w.Body)
	}
	for key, want := range map[string]float64{
		`digest_subscribers{newsletter="weekly",state="active"}`:  1e6,
		`digest_subscribers{newsletter="weekly",state="pending"}`: 3,
		`digest_issue_number{newsletter="weekly"}`:                47,
		`digest_issue_age_seconds{newsletter="weekly"}`:           3600,
		`digest_issue_state{newsletter="weekly",state="sending"}`: 1,
		`digest_issue_state{newsletter="weekly",state="held"}`:    0,
		`digest_deliveries{newsletter="weekly",state="accepted"}`: 17,
		`digest_deliveries{newsletter="weekly",state="in_doubt"}`: 1,
		`digest_letters{state="ready"}`:                           2,
		`digest_source_success_age_seconds{source="blog"}`:        60,
		`digest_source_failures{source="new"}`:                    4,
		`digest_library_articles{source="blog"}`:                  50,
		`digest_library_comments{source="blog"}`:                  700,
		`process_start_time_seconds`:                              float64(noon.Add(-time.Hour).Unix()),
	} {
		if v, ok := got[key]; !ok || v != want {
			t.Errorf("%s is %v (%v), want %v", key, v, ok, want)
		}
	}
	if _, ok := got[`digest_source_success_age_seconds{source="new"}`]; ok {
		t.Error("a source that never gave anything has an age")
	}
	if got["go_goroutines"] < 1 {
		t.Errorf("%v goroutines", got["go_goroutines"])
	}
}

// Several monitors read the database once.
func TestAnswersAreKept(t *testing.T) {
	h, f, now := monitor()
	for _, c := range []struct {
		later time.Duration
		asked int
	}{{0, 1}, {Fresh - time.Second, 1}, {time.Second, 2}, {-time.Hour, 3}, {time.Second, 3}} {
		*now = now.Add(c.later)
		if w := ask(h, "GET", "/metrics"); w.Code != http.StatusOK || f.asked != c.asked {
			t.Errorf("%v later: %d, asked %d times, want %d", c.later, w.Code, f.asked, c.asked)
		}
	}
}

func TestDatabaseDoesNotAnswer(t *testing.T) {
	for _, part := range []string{"lists", "issues", "counts", "letters", "sources"} {
		h, f, _ := monitor()
		f.fail[part] = errors.New("broken at /secret/path")
		w := ask(h, "GET", "/metrics")
		if w.Code != http.StatusServiceUnavailable || w.Body.String() != "the database does not answer\n" {
			t.Errorf("%s: %d %q", part, w.Code, w.Body)
		}
		delete(f.fail, part)
		if w := ask(h, "GET", "/metrics"); w.Code != http.StatusOK {
			t.Errorf("%s: %d once it does", part, w.Code)
		}
	}
}

func TestOnlyMetrics(t *testing.T) {
	h, f, _ := monitor()
	for path, want := range map[string]int{"GET /": 404, "POST /metrics": 405, "GET /metrics/x": 404, "GET /healthz": 404} {
		method, at, _ := strings.Cut(path, " ")
		if w := ask(h, method, at); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if f.asked > 0 {
		t.Error("the database was asked")
	}
}

func TestResident(t *testing.T) {
	for in, want := range map[string]int64{"100 42 7 1 0 5 0\n": 42, "": -1, "100": -1, "1 x": -1} {
		n, ok := resident(in)
		if !ok {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d, want %d", in, n, want)
		}
	}
}
