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
	l.Begin("weekly/47", 1000, 400)
	l.Step(delivery.Accepted)
	now = now.Add(lineEvery)
	l.Step(delivery.Accepted)
	l.Step(delivery.InDoubt)
	now = now.Add(lineEvery - 1)
	l.Step(delivery.Accepted)
	l.End()
	want := []string{
		"sending weekly/47 to 600 recipients",
		"sending weekly/47: 402 of 1000",
		"sent weekly/47: 3 accepted, 1 in doubt",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLinesOfNothing(t *testing.T) {
	var said []string
	l := &lines{say: func(text string) { said = append(said, text) }, now: time.Now}
	l.Begin("weekly/47", 1, 0)
	l.End()
	if len(said) != 1 || said[0] != "sending weekly/47 to 1 recipient" {
		t.Errorf("said %q", said)
	}
}

func TestBarTakesStepsFromManySides(t *testing.T) {
	var out bytes.Buffer
	b := &bar{out: &out}
	b.Begin("weekly/47", 100, 20)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				b.Step(delivery.Accepted)
			}
		})
	}
	all.Wait()
	b.End()
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
