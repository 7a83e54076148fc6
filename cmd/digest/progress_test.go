package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/delivery"
)

func TestLines(t *testing.T) {
	now := time.Date(2026, 7, 5, 9, 0, 0, 0, time.UTC)
	var said []string
	l := &lines{say: func(text string) { said = append(said, text) }, now: func() time.Time { return now }}
	step, end := l.Begin("weekly/47", 1000, 400)
	step(delivery.Accepted)
	now = now.Add(lineEvery)
	step(delivery.Accepted)
	step(delivery.InDoubt)
	now = now.Add(lineEvery - 1)
	step(delivery.Accepted)
	end()
	want := []string{
		"sending weekly/47 to 600 recipients",
		"sending weekly/47: 402 of 1000",
		"sent weekly/47: 3 accepted, 1 in doubt",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Issues that take turns are told of each by itself.
func TestLinesOfTwoIssues(t *testing.T) {
	now := time.Date(2026, 7, 5, 9, 0, 0, 0, time.UTC)
	var said []string
	l := &lines{say: func(text string) { said = append(said, text) }, now: func() time.Time { return now }}
	step, end := l.Begin("weekly/47", 10, 0)
	other, endOther := l.Begin("daily/3", 5, 0)
	other(delivery.Accepted)
	now = now.Add(lineEvery)
	step(delivery.Failed)
	endOther()
	end()
	want := []string{
		"sending weekly/47 to 10 recipients",
		"sending daily/3 to 5 recipients",
		"sending weekly/47: 1 of 10",
		"sent daily/3: 1 accepted",
		"sent weekly/47: 1 failed",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLinesOfNothing(t *testing.T) {
	var said []string
	l := &lines{say: func(text string) { said = append(said, text) }, now: time.Now}
	_, end := l.Begin("weekly/47", 1, 0)
	end()
	if len(said) != 1 || said[0] != "sending weekly/47 to 1 recipient" {
		t.Errorf("said %q", said)
	}
}

func TestBarTakesStepsFromManySides(t *testing.T) {
	var out bytes.Buffer
	b := &bar{out: &out}
	step, end := b.Begin("weekly/47", 100, 20)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				step(delivery.Accepted)
			}
		})
	}
	all.Wait()
	end()
	if !strings.Contains(out.String(), "sending weekly/47") || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("drew %q", &out)
	}
}

func TestBarOnlyOnATerminal(t *testing.T) {
	a := &app{err: &bytes.Buffer{}}
	if _, plain := a.progress().(*lines); !plain {
		t.Errorf("%T where nobody watches", a.progress())
	}
}
