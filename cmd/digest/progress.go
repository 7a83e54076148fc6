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

// bar is a progress bar.
type bar struct {
	out io.Writer
	bar *progressbar.ProgressBar
}

func (b *bar) Begin(issue string, total, done int) {
	b.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.out),
		progressbar.OptionSetDescription("sending "+issue), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))
	_ = b.bar.Set(done)
}

func (b *bar) Step(delivery.State) { _ = b.bar.Add(1) }

func (b *bar) End() {
	_ = b.bar.Exit()
	fmt.Fprintln(b.out)
}

// lineEvery is how often plain progress says something.
const lineEvery = 10 * time.Second

// lines are progress for logs.
type lines struct {
	say func(text string)
	now func() time.Time

	mu          sync.Mutex
	issue       string
	total, done int
	last        time.Time
	counts      delivery.Counts
}

func (l *lines) Begin(issue string, total, done int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.issue, l.total, l.done, l.last, l.counts = issue, total, done, l.now(), delivery.Counts{}
	l.say("sending " + issue + " to " + plural(total-done, "recipient"))
}

func (l *lines) Step(s delivery.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	l.counts[s]++
	if now := l.now(); now.Sub(l.last) >= lineEvery {
		l.last = now
		l.say(fmt.Sprintf("sending %s: %d of %d", l.issue, l.done, l.total))
	}
}

func (l *lines) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line := countLine(l.counts); line != "" {
		l.say("sent " + l.issue + ": " + line)
	}
}

// logged is progress for a process that nobody watches.
func (a *app) logged() publish.Progress {
	return &lines{say: func(text string) { a.log().Info(text) }, now: time.Now}
}

// silent shows nothing.
type silent struct{}

func (silent) Begin(string, int, int) {}
func (silent) Step(delivery.State)    {}
func (silent) End()                   {}
