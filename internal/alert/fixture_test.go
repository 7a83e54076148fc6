package alert

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 123, time.FixedZone("CET", 3600))

// record is a log that a test can read.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// newAlerter returns one with the log that it writes.
func newAlerter(t *testing.T, o Options) (*Alerter, *record) {
	t.Helper()
	r := &record{}
	o.Now = func() time.Time { return noon }
	o.Log = slog.New(slog.NewTextHandler(r, nil))
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(context.Background()) })
	return a, r
}

// closed delivers all that waits.
func closed(t *testing.T, a *Alerter) {
	t.Helper()
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func wantLog(t *testing.T, r *record, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(r.String(), p) {
			t.Errorf("the log does not say %q: %s", p, r)
		}
	}
	if len(parts) == 0 && r.String() != "" {
		t.Errorf("logged: %s", r)
	}
}
