package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"digest.example/internal/delivery"
	"digest.example/internal/publish"
)

// progress shows how a delivery goes: a bar on a terminal, plain lines elsewhere.
func (a *app) progress() publish.Progress {
	if isTerminal(a.err) {
		return &bar{out: a.err}
	}
	return &lines{say: func(text string) { fmt.Fprintln(a.err, text) }, now: time.Now}
}

// bar is a progress bar, for one issue at a time.
type bar struct{ out io.Writer }

func (b *bar) Begin(issue string, total, done int) (step func(delivery.State), end func()) {
	shown := progressbar.NewOptions(total, progressbar.OptionSetWriter(b.out),
		progressbar.OptionSetDescription("sending "+issue), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))
	_ = shown.Set(done)
	return func(delivery.State) { _ = shown.Add(1) }, func() {
		_ = shown.Exit()
		fmt.Fprintln(b.out)
	}
}

// lineEvery is how often plain progress says something.
const lineEvery = 10 * time.Second

// lines are progress for logs.
type lines struct {
	say func(text string)
	now func() time.Time
}

func (l *lines) Begin(issue string, total, done int) (step func(delivery.State), end func()) {
	t := &account{lines: l, issue: issue, total: total, done: done, last: l.now(), counts: delivery.Counts{}}
	l.say("sending " + issue + " to " + plural(total-done, "recipient"))
	return t.step, t.end
}

// account is what lines say of one issue.
type account struct {
	*lines
	issue string
	total int

	mu     sync.Mutex
	done   int
	last   time.Time
	counts delivery.Counts
}

func (t *account) step(s delivery.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.counts[s]++
	if now := t.now(); now.Sub(t.last) >= lineEvery {
		t.last = now
		t.say(fmt.Sprintf("sending %s: %d of %d", t.issue, t.done, t.total))
	}
}

func (t *account) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line := countLine(t.counts); line != "" {
		t.say("sent " + t.issue + ": " + line)
	}
}

// logged is progress for a process that nobody watches.
func (a *app) logged() publish.Progress {
	return &lines{say: func(text string) { a.log().Info(text) }, now: time.Now}
}

// silent shows nothing.
type silent struct{}

func (silent) Begin(string, int, int) (func(delivery.State), func()) {
	return func(delivery.State) {}, func() {}
}
