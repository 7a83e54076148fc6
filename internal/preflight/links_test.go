package preflight_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/fetch"
	"digest.example/internal/preflight"
)

// web answers as it is told, by address; all else is found.
type web struct {
	status map[string]int
	fail   map[string]error
	slow   time.Duration

	mu    sync.Mutex
	asked map[string]int
	busy  map[string]bool // hosts
}

func (w *web) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	host := strings.Split(r.URL, "/")[2]
	w.mu.Lock()
	if w.asked == nil {
		w.asked, w.busy = map[string]int{}, map[string]bool{}
	}
	w.asked[r.URL]++
	if w.busy[host] {
		panic("asked for two pages of " + host + " at a time")
	}
	w.busy[host] = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy[host] = false
		w.mu.Unlock()
	}()
	if w.slow > 0 {
		select {
		case <-time.After(w.slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := w.fail[r.URL]; err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	status := w.status[r.URL]
	if status == 0 {
		status = 200
	}
	return &fetch.Response{URL: r.URL, Status: status}, nil
}

// linking is a mail with these links, beside our own.
func linking(links ...string) (preflight.Mail, preflight.Facts) {
	m, f := good()
	for _, l := range links {
		m.HTML += `<a href="` + l + `">x</a>`
	}
	return m, f
}

func still(int, int) {}

func TestCheckLinks(t *testing.T) {
	m, f := linking(
		"https://a.test/gone", "https://a.test/fine#part", "https://a.test/fine", "https://b.test/410",
		"https://nowhere.test/", "https://b.test/timeout", "https://c.test/robots", "https://c.test/broken", "https://c.test/down",
		"mailto:x@harbour.test", "#top", "http://[bad", site+"/about", site+"/archive/weekly/7", site+"/archive/weekly/",
	)
	f.Pending = []string{site + "/archive/weekly/7"}
	w := &web{
		status: map[string]int{
			"https://a.test/gone": 404, "https://b.test/410": 410, "https://c.test/robots": 403, "https://c.test/broken": 500,
			site + "/about": 404, site + "/archive/weekly/7": 404, leave: 404,
		},
		fail: map[string]error{
			"https://nowhere.test/":  &net.DNSError{Err: "no such host", Name: "nowhere.test", IsNotFound: true},
			"https://c.test/down":    errors.New("connection refused"),
			"https://b.test/timeout": &net.DNSError{Err: "timeout", IsTimeout: true},
		},
	}
	var mu sync.Mutex
	var steps []int
	found, looked := preflight.CheckLinks(t.Context(), m, f, w, func(done, of int) {
		mu.Lock()
		defer mu.Unlock()
		if of != 12 {
			t.Errorf("a step of %d", of)
		}
		steps = append(steps, done)
	})
	if diff := cmp.Diff([]string{"blocks dead-link", "warns dead-link"}, told(found)); diff != "" {
		t.Fatal(diff)
	}
	if !strings.Contains(found[0].Why, site+"/about") {
		t.Errorf("ours: %s", found[0].Why)
	}
	for _, want := range []string{`a.test/gone" (404)`, `b.test/410" (410)`, `nowhere.test/" (no such host)`} {
		if !strings.Contains(found[1].Why, want) {
			t.Errorf("others: %s, want %s", found[1].Why, want)
		}
	}
	if strings.Contains(found[1].Why, "c.test") || strings.Contains(found[1].Why, "fine") {
		t.Errorf("others: %s", found[1].Why)
	}
	want := preflight.Looked{Links: 12, Checked: 8, Unclear: 4}
	if looked != want || looked.String() != "looked up 12 of 12 links; 4 did not say whether they lead anywhere" {
		t.Errorf("%+v: %s", looked, looked)
	}
	if slices.Sort(steps); len(steps) != 12 || steps[11] != 12 {
		t.Errorf("steps %v", steps)
	}
	for address, n := range w.asked {
		if n != 1 || address == leave || strings.Contains(address, "#") || address == site+"/archive/weekly/7" {
			t.Errorf("asked %d times for %s", n, address)
		}
	}
	if !slices.Contains(slices.Collect(maps.Keys(w.asked)), "https://a.test/fine") {
		t.Error("a link with a fragment was not asked for")
	}
}

// Many links, and sites that never answer, end in time.
func TestCheckLinksIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var links []string
		for i := range 250 {
			links = append(links, fmt.Sprintf("https://h%d.test/%d", i%40, i))
		}
		m, f := linking(links...)
		start := time.Now()
		w := &web{slow: 10 * time.Second}
		found, looked := preflight.CheckLinks(t.Context(), m, f, w, still)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		if len(found) != 0 || looked.Links != 252 || looked.Checked == 0 || looked.Unclear != 0 || looked.Left != 252-looked.Checked {
			t.Errorf("%+v, %+v", found, looked)
		}
		if !strings.Contains(looked.String(), fmt.Sprintf("; %d were left out", looked.Left)) {
			t.Error(looked.String())
		}
	})
}

func TestCheckLinksAsksForSoManyAtMost(t *testing.T) {
	var links []string
	for i := range 250 {
		links = append(links, fmt.Sprintf("https://h%d.test/%d", i%40, i))
	}
	m, f := linking(links...)
	w := &web{}
	_, looked := preflight.CheckLinks(t.Context(), m, f, w, still)
	if len(w.asked) != 200 || looked != (preflight.Looked{Links: 252, Checked: 200, Left: 52}) {
		t.Errorf("asked for %d: %+v", len(w.asked), looked)
	}
}

func TestCheckLinksStops(t *testing.T) {
	m, f := linking("https://a.test/")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &web{}
	found, looked := preflight.CheckLinks(ctx, m, f, w, still)
	if len(found) != 0 || len(w.asked) != 0 || looked.Left != 3 {
		t.Errorf("%v, %+v", found, looked)
	}
}
