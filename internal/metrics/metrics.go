// Package metrics tells a monitor how it is going: numbers read from the
// database, written in Prometheus's text format. It keeps nothing but the last
// answer, and names nobody: no label holds an address.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// Store is where the numbers are.
type Store interface {
	// ListCounts counts the people of all newsletters.
	ListCounts(ctx context.Context) ([]digest.ListCount, error)
	// Issues returns the newest n issues of a newsletter, newest first.
	Issues(ctx context.Context, newsletter string, n int) ([]digest.IssueRecord, error)
	// Counts is how many recipients of an issue are in which state.
	Counts(ctx context.Context, issue string) (delivery.Counts, error)
	// LetterCounts is the same of the outbox.
	LetterCounts(ctx context.Context) (delivery.Counts, error)
	// SourcesInFull tells how the sources are, and what the library has of them.
	SourcesInFull(ctx context.Context) ([]digest.SourceHealth, error)
}

// Options are what New needs; all are required.
type Options struct {
	Store       Store
	Newsletters []string // names
	Version     string   // of this program
	Started     time.Time
	Now         func() time.Time
	Log         *slog.Logger
}

// Fresh is how long an answer is given again: counting a million people takes
// its time, and several monitors must not make it a load.
const Fresh = 30 * time.Second

// patience is shorter than what Prometheus waits by default.
const patience = 8 * time.Second

type handler struct {
	Options

	mu   sync.Mutex // held while reading, so that one reads for all who ask
	body string
	read time.Time
}

// New makes the handler of /metrics. If the database does not answer it answers
// with 503, which a monitor sees as down.
func New(o Options) http.Handler {
	h := &handler{Options: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", h.serve)
	return mux
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	body, err := h.latest(ctx)
	if err != nil {
		h.Log.Error("the metrics cannot be read", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	_, _ = w.Write([]byte(body)) // the monitor may be gone
}

func (h *handler) latest(ctx context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	if age := now.Sub(h.read); h.body != "" && age >= 0 && age < Fresh {
		return h.body, nil
	}
	var e exposition
	h.process(&e)
	for _, part := range []func(context.Context, *exposition) error{h.people, h.issues, h.letters, h.sources} {
		if err := part(ctx, &e); err != nil {
			return "", err
		}
	}
	h.body, h.read = e.b.String(), now
	return h.body, nil
}
