package metrics

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// process tells of this program. Its names are those that Prometheus's own
// libraries use.
func (h *handler) process(e *exposition) {
	e.single("digest_build_info", "The version of digest; always 1.", 1,
		label{"version", h.Version}, label{"goversion", runtime.Version()})
	e.single("process_start_time_seconds", "When the process started, in seconds since 1970.",
		float64(h.Started.UnixMilli())/1000)
	if b, err := os.ReadFile("/proc/self/statm"); err == nil { // Linux only
		if n, ok := resident(string(b)); ok {
			e.single("process_resident_memory_bytes", "Resident memory.", float64(n)*float64(os.Getpagesize()))
		}
	}
	e.single("go_goroutines", "Goroutines that exist.", float64(runtime.NumGoroutine()))
}

// resident is the second number of statm, in pages (proc_pid_statm(5)).
func resident(statm string) (pages int64, ok bool) {
	fields := strings.Fields(statm)
	if len(fields) < 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(fields[1], 10, 64)
	return n, err == nil
}

func (h *handler) people(ctx context.Context, e *exposition) error {
	const name = "digest_subscribers"
	counts, err := h.Store.ListCounts(ctx)
	if err != nil {
		return fmt.Errorf("count the subscribers: %w", err)
	}
	e.gauge(name, "People by newsletter and what they agreed to.")
	for _, c := range counts {
		e.sample(name, float64(c.People), label{"newsletter", c.Newsletter}, label{"state", c.State})
	}
	return nil
}

// issueStates are those of which one is 1.
var issueStates = []digest.IssueState{
	digest.IssuePlanning, digest.IssueHeld, digest.IssueSending, digest.IssuePaused,
	digest.IssueDone, digest.IssueSkipped, digest.IssueCancelled,
}

// newest is a newsletter's last issue.
type newest struct {
	digest.IssueRecord
	counts delivery.Counts
}

// issues tells of each newsletter's last issue; of one without any, nothing.
func (h *handler) issues(ctx context.Context, e *exposition) error {
	var all []newest
	for _, name := range h.Newsletters {
		records, err := h.Store.Issues(ctx, name, 1)
		if err != nil {
			return fmt.Errorf("read the last issue of %s: %w", name, err)
		}
		if len(records) == 0 {
			continue
		}
		counts, err := h.Store.Counts(ctx, records[0].ID)
		if err != nil {
			return fmt.Errorf("count the deliveries of %s: %w", records[0].Name(), err)
		}
		all = append(all, newest{records[0], counts})
	}
	e.gauge("digest_issue_number", "The number of the last issue.")
	for _, r := range all {
		e.sample("digest_issue_number", float64(r.Number), label{"newsletter", r.Newsletter})
	}
	e.gauge("digest_issue_age_seconds", "How long ago the slot of the last issue was.")
	for _, r := range all {
		e.sample("digest_issue_age_seconds", h.Now().Sub(r.Slot.At).Seconds(), label{"newsletter", r.Newsletter})
	}
	e.gauge("digest_issue_state", "1 for the state that the last issue is in, 0 for the others.")
	for _, r := range all {
		for _, s := range issueStates {
			e.sample("digest_issue_state", truth(r.State == s), label{"newsletter", r.Newsletter}, label{"state", string(s)})
		}
	}
	e.gauge("digest_deliveries", "Recipients of the last issue by state.")
	for _, r := range all {
		for _, s := range slices.Sorted(maps.Keys(r.counts)) {
			e.sample("digest_deliveries", float64(r.counts[s]), label{"newsletter", r.Newsletter}, label{"state", string(s)})
		}
	}
	return nil
}

func (h *handler) letters(ctx context.Context, e *exposition) error {
	const name = "digest_letters"
	counts, err := h.Store.LetterCounts(ctx)
	if err != nil {
		return fmt.Errorf("count the letters: %w", err)
	}
	e.gauge(name, "Letters of the last month, such as confirmations, by state.")
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		e.sample(name, float64(counts[s]), label{"state", string(s)})
	}
	return nil
}

func (h *handler) sources(ctx context.Context, e *exposition) error {
	all, err := h.Store.SourcesInFull(ctx)
	if err != nil {
		return fmt.Errorf("read how the sources are: %w", err)
	}
	now := h.Now()
	for _, m := range []struct {
		name, help string
		value      func(digest.SourceHealth) float64
		never      bool // also of a source that never gave anything
	}{
		{
			"digest_source_success_age_seconds", "How long ago a source last gave something.",
			func(s digest.SourceHealth) float64 { return now.Sub(s.Succeeded).Seconds() }, false,
		},
		{
			"digest_source_failures", "Pulls of a source that failed in a row.",
			func(s digest.SourceHealth) float64 { return float64(s.Failures) }, true,
		},
		{
			"digest_library_articles", "Articles in the library.",
			func(s digest.SourceHealth) float64 { return float64(s.Articles) }, true,
		},
		{
			"digest_library_comments", "Comments in the library.",
			func(s digest.SourceHealth) float64 { return float64(s.Comments) }, true,
		},
	} {
		e.gauge(m.name, m.help)
		for _, s := range all {
			if m.never || !s.Succeeded.IsZero() {
				e.sample(m.name, m.value(s), label{"source", s.Name})
			}
		}
	}
	return nil
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
