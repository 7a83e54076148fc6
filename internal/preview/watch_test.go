package preview

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWatch drives the loop tick by tick.
func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ticks := make(chan time.Time)
	states := []string{"a", "a", "b", "b", "c"} // the first before anything is made
	var looks, made int
	done := make(chan struct{})
	go func() {
		defer close(done)
		Watch(ctx, ticks, func() string {
			s := states[min(looks, len(states)-1)]
			looks++
			return s
		}, func() { made++ })
	}()
	for range len(states) + 1 {
		ticks <- time.Time{}
	}
	cancel()
	<-done
	if made != 3 {
		t.Errorf("made %d times", made)
	}
}

// What changes while a preview is made is not lost.
func TestWatchSeesAChangeDuringAChange(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ticks := make(chan time.Time, 1)
	state, made := "a", 0
	ticks <- time.Time{}
	Watch(ctx, ticks, func() string { return state }, func() {
		if made++; made == 1 {
			state = "b" // written while the first was read
			return
		}
		cancel()
	})
	if made != 2 {
		t.Errorf("made %d times", made)
	}
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "NEXT.md"), filepath.Join(dir, "mine")
	inside := filepath.Join(folder, "issue.html")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	last := ""
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		what  string
		do    func()
		alike bool
	}{
		{"nothing there", func() {}, false},
		{"nothing done", func() {}, true},
		{"a file made", func() { must(os.WriteFile(file, []byte("one"), 0o600)); must(os.Chtimes(file, at, at)) }, false},
		{"nothing done", func() {}, true},
		{"written with the same size", func() {
			must(os.WriteFile(file, []byte("two"), 0o600))
			must(os.Chtimes(file, at.Add(time.Nanosecond), at.Add(time.Nanosecond)))
		}, false},
		{"written at the same time", func() {
			must(os.WriteFile(file, []byte("three"), 0o600))
			must(os.Chtimes(file, at.Add(time.Nanosecond), at.Add(time.Nanosecond)))
		}, false},
		{"a folder made", func() { must(os.Mkdir(folder, 0o700)) }, false},
		{"a file in it", func() { must(os.WriteFile(inside, nil, 0o600)) }, false},
		{"nothing done", func() {}, true},
		{"renamed", func() { must(os.Rename(inside, inside+"~")) }, false},
		{"removed", func() { must(os.RemoveAll(folder)) }, false},
	} {
		step.do()
		now := Look([]string{file, folder})
		if i > 0 && (now == last) != step.alike {
			t.Errorf("%s: %q, then %q", step.what, last, now)
		}
		last = now
	}
}
