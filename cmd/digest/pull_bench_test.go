package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/library"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
	"digest.example/internal/store"
)

// The size of BenchmarkPull.
const (
	benchSites    = 100
	benchPosts    = 50
	benchComments = 2000
	benchLatency  = 50 * time.Millisecond
)

// BenchmarkPull pulls a hundred WordPress sites that answer in 50 ms into a
// database as users have it, and reports how much longer that takes than the
// slowest of them alone (x-slowest), how much longer asking alone takes
// (x-slowest-unstored), and the peak of the heap. The sites run in the same
// process, from memory.
func BenchmarkPull(b *testing.B) {
	now := time.Now()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	all := benchSources(b, now, quiet)
	window := sources.Window{Since: now.AddDate(0, 0, -30), Until: now}
	pull := func(which []library.Source, keep bool) time.Duration {
		b.Helper()
		s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "digest.db"), store.Options{Mode: store.ReadWrite, Logger: quiet})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		l := library.New(s, library.Options{Now: time.Now, Log: quiet})
		start := time.Now()
		var results []library.Result
		if keep {
			results, err = l.Pull(b.Context(), which, window, nil)
		} else {
			results, err = l.Peek(b.Context(), which, window, nil, func(context.Context, digest.Harvest) error { return nil })
		}
		took := time.Since(start)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil || r.Articles != benchPosts || r.Comments != benchComments {
				b.Fatalf("%s: %d articles, %d comments, %v %v", r.Source.Name, r.Articles, r.Comments, r.Warnings, r.Err)
			}
		}
		return took
	}
	var ratios, unstored []float64
	pull(all[:1], true)
	var peak atomic.Uint64
	for b.Loop() {
		alone := max(pull(all[:1], true), pull(all[1:2], true), pull(all[2:3], true))
		done := make(chan struct{})
		go watchHeap(done, &peak)
		ratios = append(ratios, pull(all, true).Seconds()/alone.Seconds())
		close(done)
		unstored = append(unstored, pull(all, false).Seconds()/alone.Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(unstored)
	b.ReportMetric(ratios[len(ratios)/2], "x-slowest")
	b.ReportMetric(unstored[len(unstored)/2], "x-slowest-unstored")
	b.ReportMetric(float64(peak.Load())/(1<<20), "MiB-heap")
}

// watchHeap keeps the largest heap in use until done.
func watchHeap(done chan struct{}, peak *atomic.Uint64) {
	var m runtime.MemStats
	for {
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
		}
	}
}

// benchSources are the sites, each at an address of its own.
func benchSources(b *testing.B, now time.Time, quiet *slog.Logger) []library.Source {
	b.Helper()
	var urls, allow []string
	pages := &replay{site: sitetest.Generate(benchPosts, benchComments, now), kept: map[string]*httptest.ResponseRecorder{}}
	for range benchSites {
		server := httptest.NewServer(pages)
		b.Cleanup(server.Close)
		urls = append(urls, server.URL)
		allow = append(allow, strings.TrimPrefix(server.URL, "http://"))
	}
	client, err := fetch.New(fetch.Options{UserAgent: "digest/bench", AllowHosts: allow, Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	kinds := siteKinds{getter: client, log: quiet}
	var all []library.Source
	for i, url := range urls {
		ref := digest.SourceRef{Name: fmt.Sprint("site", i), URL: url, Kind: "auto"}
		s, err := kinds.source(ref)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, library.Source{SourceRef: ref, Source: s})
	}
	return all
}

// replay answers from memory what the site answered once.
type replay struct {
	site http.Handler
	mu   sync.Mutex
	kept map[string]*httptest.ResponseRecorder // by path and query
}

// anyHost stands for the asked host in what is kept.
const anyHost = "site.harbour.test:12345"

func (p *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(benchLatency)
	p.mu.Lock()
	kept := p.kept[r.URL.RequestURI()]
	if kept == nil {
		kept = httptest.NewRecorder()
		once := r.Clone(r.Context())
		once.Host = anyHost
		p.site.ServeHTTP(kept, once)
		p.kept[r.URL.RequestURI()] = kept
	}
	p.mu.Unlock()
	for name, values := range kept.Header() {
		for _, v := range values {
			w.Header().Add(name, strings.ReplaceAll(v, anyHost, r.Host))
		}
	}
	w.WriteHeader(kept.Code)
	_, _ = w.Write(bytes.ReplaceAll(kept.Body.Bytes(), []byte(anyHost), []byte(r.Host)))
}
