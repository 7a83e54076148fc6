package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// speech is what a run says, to be read while it goes on.
type speech struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (w *speech) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
	return w.text.Write(p)
}

func (w *speech) read() (string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String(), w.changed
}

// observed is a run whose words a test waits for.
type observed struct {
	*child
	t     testing.TB
	words speech
}

// observe starts the program's sending of what is due.
func (v *victim) observe() *observed {
	v.Helper()
	return v.observeAs(func(*exec.Cmd) {})
}

// observeAs is observe with a command that was changed first.
func (v *victim) observeAs(change func(*exec.Cmd)) *observed {
	v.Helper()
	v.ahead += between
	o := &observed{t: v.TB, words: speech{changed: make(chan struct{})}}
	o.child = &child{
		Cmd:  v.command("send", "--wait", "0", "--force", "unsubscribe-unreachable"),
		over: make(chan struct{}),
	}
	o.Stdout, o.Stderr = &o.words, &o.words
	change(o.Cmd)
	if err := o.Start(); err != nil {
		v.Fatal(err)
	}
	go func() {
		defer close(o.over)
		_ = o.Wait()
	}()
	v.Cleanup(func() { o.kill() })
	return o
}

func (o *observed) signal(s syscall.Signal) {
	o.t.Helper()
	if err := o.Process.Signal(s); err != nil {
		o.t.Fatalf("%v:\n%s", err, o.said())
	}
}

// insist sends the signal until it has its effect: what comes right after another
// counts as the same.
func (o *observed) insist(s syscall.Signal) {
	again := time.NewTicker(echo / 2)
	defer again.Stop()
	limit := time.After(time.Minute)
	for {
		_ = o.Process.Signal(s) // fails once it has ended
		select {
		case <-again.C:
		case <-o.over:
			return
		case <-limit:
			return // ends says so
		}
	}
}

func (o *observed) said() string {
	text, _ := o.words.read()
	return text
}

// says waits until the program has said it so many times.
func (o *observed) says(what string, times int) {
	o.t.Helper()
	if n := o.await(what, times); n < times {
		o.t.Fatalf("ended without saying %q:\n%s", what, o.said())
	}
}

// saysOrEnds waits until the program has said it or has ended.
func (o *observed) saysOrEnds(what string) {
	o.t.Helper()
	o.await(what, 1)
}

// await waits until something was said so many times, or the program has ended,
// and returns how many times it was.
func (o *observed) await(what string, times int) int {
	o.t.Helper()
	limit := time.After(time.Minute)
	for {
		text, more := o.words.read()
		n := strings.Count(text, what)
		if n >= times || o.ended() {
			return n
		}
		select {
		case <-more:
		case <-o.over:
			return strings.Count(o.said(), what)
		case <-limit:
			o.t.Fatalf("never says %q:\n%s", what, text)
		}
	}
}

// ends waits for the end and wants one of these exit codes.
func (o *observed) ends(codes ...int) int {
	o.t.Helper()
	select {
	case <-o.over:
	case <-time.After(time.Minute):
		o.t.Fatalf("does not end:\n%s", o.said())
	}
	code := o.ProcessState.ExitCode()
	if !slices.Contains(codes, code) {
		o.t.Fatalf("ends with %s, not %d:\n%s", o.ProcessState, codes, o.said())
	}
	return code
}

// newPatient is a victim with so many subscribers, and its relay.
func newPatient(t *testing.T, recipients int, script smtptest.Script) (*victim, *smtptest.Server) {
	t.Helper()
	return newPatientAt(t, "", recipients, script)
}

// newPatientAt is newPatient with a database of its own.
func newPatientAt(t *testing.T, dsn string, recipients int, script smtptest.Script) (*victim, *smtptest.Server) {
	t.Helper()
	server := smtptest.New(t, smtptest.Options{Script: script, Extensions: []string{"PIPELINING"}})
	v := newVictim(t, dsn)
	v.port = server.Port()
	v.subscribe(recipients)
	return v, server
}

// stopped is a run in the midst of sending: its relay has taken some messages and
// holds every connection at its dot until it is told to go on.
func stopped(t *testing.T, recipients, after int) (*victim, *smtptest.Server, *observed, func()) {
	t.Helper()
	return stoppedAt(t, "", recipients, after)
}

// stoppedAt is stopped with a database of its own.
func stoppedAt(t *testing.T, dsn string, recipients, after int) (*victim, *smtptest.Server, *observed, func()) {
	t.Helper()
	gate, held := make(chan struct{}), make(chan struct{}, recipients)
	var dots atomic.Int64
	v, server := newPatientAt(t, dsn, recipients, func(e smtptest.Event) smtptest.Action {
		if e.Stage != smtptest.Dot || dots.Add(1) <= int64(after) {
			return smtptest.Action{}
		}
		held <- struct{}{}
		return smtptest.Action{Wait: gate}
	})
	o := v.observe()
	for range connections {
		select {
		case <-held:
		case <-o.over:
			t.Fatalf("it has ended:\n%s", o.said())
		}
	}
	return v, server, o, func() { close(gate) }
}

// copies wants that each of the n recipients got so many copies.
func copies(t *testing.T, server *smtptest.Server, n int, want func(i int) int) {
	t.Helper()
	got := server.Accepted()
	for i := range n {
		if got[address(i)] != want(i) {
			t.Errorf("%s got %d copies, not %d", address(i), got[address(i)], want(i))
		}
	}
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("breaches of SMTP: %q", v)
	}
}

func oneCopy(int) int { return 1 }

func noCopy(int) int { return 0 }

// accounted wants that everybody has one copy, or else is in doubt or still to
// be sent to; and at most so many in doubt.
func (v *victim) accounted(server *smtptest.Server, n, doubts int) {
	v.Helper()
	got, missing := server.Accepted(), v.missing("weekly/1")
	inDoubt := 0
	for i := range n {
		switch state := missing[address(i)]; {
		case state == delivery.InDoubt && got[address(i)] <= 1:
			inDoubt++
		case state == "" && got[address(i)] == 1:
		case state == delivery.Ready && got[address(i)] == 0:
		default:
			v.Errorf("%s is %q and got %d copies", address(i), state, got[address(i)])
		}
	}
	if inDoubt > doubts {
		v.Errorf("%d in doubt, not %d", inDoubt, doubts)
	}
}
