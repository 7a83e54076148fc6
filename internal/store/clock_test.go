package store

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
)

// A clock that is behind the ledger pauses what has not ended, and is told once.
func testAhead(t *testing.T, w *world) {
	_, issue := w.sending(4)
	// Where there is a server, its clock has to be behind too.
	future := time.Now().AddDate(1, 0, 0).Truncate(time.Millisecond).UTC()
	ahead := func(now, want time.Time) {
		t.Helper()
		got, err := w.Ahead(w.ctx, now, time.Hour)
		if err != nil || !got.Equal(want) {
			t.Errorf("at %s ahead %s, %v; want %s", now, got, err, want)
		}
	}
	state := func(want digest.IssueState) {
		t.Helper()
		if r, err := w.Issue(w.ctx, issue); err != nil || r.State != want || (want == digest.IssuePaused && r.Reason == "") {
			t.Errorf("issue %+v, %v; want %s", r, err, want)
		}
	}
	claimed := func(at time.Time) {
		t.Helper()
		_, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: at, Lease: time.Minute, N: 1})
		w.must(err)
	}
	ahead(noon, time.Time{})
	claimed(future)
	ahead(future.Add(-time.Hour), time.Time{})
	state(digest.IssueSending)
	ahead(future.Add(-61*time.Minute), future)
	state(digest.IssuePaused)
	w.move(issue, digest.IssuePaused, digest.IssueSending)
	ahead(noon, time.Time{}) // its operator has been told
	state(digest.IssueSending)
	claimed(noon)
	ahead(noon.Add(-time.Minute), time.Time{}) // it was right after all

	later := future.Add(-time.Minute)
	claimed(later)
	ahead(noon, later)
	state(digest.IssuePaused)
	ahead(noon, time.Time{}) // nothing is left to be paused
	w.move(issue, digest.IssuePaused, digest.IssueSending)
	claimed(later.Add(time.Hour))
	w.move(issue, digest.IssueSending, digest.IssueDone)
	ahead(noon, time.Time{}) // what has ended does no harm

	r, _, err := w.OpenIssue(w.ctx, "weekly", digest.EditionScheduled, slot(2), later.Add(2*time.Hour))
	w.must(err)
	issue = r.ID
	ahead(noon, later.Add(2*time.Hour))
	state(digest.IssuePaused)
}

// The clock of a machine that differs from the server's is told of.
func TestClocksDiffer(t *testing.T) {
	for name, url := range map[string]string{
		"sqlite": filepath.Join(t.TempDir(), "digest.db"), "postgres": pgtest.Start(t).Database(t),
	} {
		for _, by := range []time.Duration{-61 * time.Minute, -59 * time.Minute, 59 * time.Minute, 61 * time.Minute} {
			var log bytes.Buffer
			s := opened(t, url, Options{Mode: ReadWrite, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if _, err := s.Ahead(t.Context(), time.Now().Add(by), time.Hour); err != nil {
				t.Fatal(err)
			}
			want := name == "postgres" && by.Abs() > time.Hour
			if told := strings.Contains(log.String(), "clocks of this machine"); told != want {
				t.Errorf("%s, off by %s: %q", name, by, log.String())
			}
		}
	}
}
