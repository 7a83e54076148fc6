package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// TestKilledAtRandom kills the program again and again while it sends an extra
// issue, and counts at the receiving side who got how much.
func TestKilledAtRandom(t *testing.T) {
	const recipients, connections, kills = 2000, 4, 20
	server := smtptest.New(t, smtptest.Options{})
	v := newVictim(t, server, connections)
	v.subscribe(recipients)

	started := time.Now()
	seed := uint64(started.UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	args := []string{"send", "--now", "--force", "unsubscribe-unreachable"}
	killed, left := 0, ""
	for killed < kills {
		had := len(server.Messages())
		c := v.start(args...)
		args = []string{"send", "--force", "unsubscribe-unreachable"} // from now on: what is unfinished
		// Not at a time, but after so many messages more: kills then fall into
		// the sending however fast the machine is.
		goal := had + 1 + random.IntN(recipients/kills)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := server.Await(ctx, "the next kill", func() bool {
			return len(server.Messages()) >= goal || c.ended()
		})
		cancel()
		if err != nil {
			t.Fatalf("%v: %s", err, c.output.String())
		}
		if c.kill() {
			killed++
		}
		if killed == kills/2 && left == "" {
			left = v.removeOneOf(server.Accepted(), recipients)
		}
		if len(server.Messages()) >= recipients-killed*connections {
			break // too few are left to kill anything
		}
	}
	final := v.start(args...)
	code := final.wait()

	missing := v.missing("weekly/1")
	arrived := server.Accepted()
	for address, n := range arrived {
		if n > 1 {
			t.Errorf("%s got it %d times", address, n)
		}
	}
	for i := range recipients {
		address := fmt.Sprintf("r%d@example.org", i)
		if address == left {
			continue
		}
		if arrived[address] == 0 && missing[address] != delivery.InDoubt {
			t.Errorf("%s did not get it and nobody says so", address)
		}
	}
	if left == "" || arrived[left] > 0 {
		t.Errorf("%q had left and got mail", left)
	}
	doubts, taken := 0, 0
	for address, state := range missing {
		if state == delivery.InDoubt {
			doubts++
			taken += min(arrived[address], 1)
		} else if address != left {
			t.Errorf("%s is left %s", address, state)
		}
	}
	if doubts > killed*connections {
		t.Errorf("%d in doubt after %d kills of %d connections", doubts, killed, connections)
	}
	want := exitOK
	if doubts > 0 {
		want = exitIncomplete
	}
	if code != want {
		t.Errorf("the last send exits with %d, want %d: %s", code, want, final.output.String())
	}
	t.Logf("%d kills: %d arrived, %d in doubt of whom %d arrived", killed, len(arrived), doubts, taken)

	// A second send sends nothing.
	had := len(server.Messages())
	v.start("send", "--force", "unsubscribe-unreachable").wait()
	if now := len(server.Messages()); now != had {
		t.Errorf("a second send sent %d", now-had)
	}
}

// TestStoppedAtRandom asks the program politely: then nobody is left in doubt.
func TestStoppedAtRandom(t *testing.T) {
	const recipients, stops = 600, 10
	server := smtptest.New(t, smtptest.Options{})
	v := newVictim(t, server, 4)
	v.subscribe(recipients)
	args := []string{"send", "--now", "--force", "unsubscribe-unreachable"}
	for range stops {
		had := len(server.Messages())
		c := v.start(args...)
		args = []string{"send", "--force", "unsubscribe-unreachable"}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := server.Await(ctx, "the next stop", func() bool { return len(server.Messages()) >= had+20 || c.ended() })
		cancel()
		if err != nil {
			t.Fatalf("%v: %s", err, c.output.String())
		}
		_ = c.Process.Signal(syscall.SIGTERM)
		if code := c.wait(); code != exitIncomplete {
			t.Errorf("stopped, it exits with %d: %s", code, c.output.String())
		}
		for address, doubt := range v.missing("weekly/1") {
			if doubt == delivery.InDoubt || doubt == delivery.Committing || doubt == delivery.Claimed {
				t.Fatalf("%s is %s: %s", address, doubt, c.output.String())
			}
		}
	}
	if code := v.start(args...).wait(); code != exitOK {
		t.Errorf("the last send exits with %d", code)
	}
	for address, n := range server.Accepted() {
		if n != 1 {
			t.Errorf("%s got it %d times", address, n)
		}
	}
	if n := len(server.Accepted()); n != recipients {
		t.Errorf("%d of %d got it", n, recipients)
	}
}

// victim is an installation of the program in a folder of its own.
type victim struct {
	t      *testing.T
	binary string
	folder string
}

func newVictim(t *testing.T, server *smtptest.Server, connections int) *victim {
	t.Helper()
	v := &victim{t: t, folder: t.TempDir(), binary: filepath.Join(t.TempDir(), "digest")}
	if out, err := exec.Command("go", "build", "-o", v.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	config := fmt.Sprintf(`
web: {public_url: "http://127.0.0.1:1"}
smtp: {host: %s, port: %d, tls: none, connections: %d}
newsletters:
  - name: weekly
    title: The Example Weekly
    from: The Example Weekly <digest@example.org>
    postal_address: Example Press, 12 Harbour Street, Bristol
    schedule: "0 9 * * SUN"
    timezone: Europe/London
    sources: [{name: sample, kind: sample}]
`, server.Host(), server.Port(), connections)
	if err := os.WriteFile(filepath.Join(v.folder, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *victim) subscribe(n int) {
	v.t.Helper()
	var addresses strings.Builder
	for i := range n {
		fmt.Fprintf(&addresses, "r%d@example.org\n", i)
	}
	c := exec.Command(v.binary, "subscribers", "add", "-")
	c.Dir, c.Stdin = v.folder, strings.NewReader(addresses.String())
	if out, err := c.CombinedOutput(); err != nil {
		v.t.Fatalf("subscribe: %v\n%s", err, out)
	}
}

// removeOneOf unsubscribes somebody who has not got the mail yet.
func (v *victim) removeOneOf(arrived map[string]int, of int) string {
	v.t.Helper()
	for i := range of {
		address := fmt.Sprintf("r%d@example.org", i)
		if arrived[address] > 0 {
			continue
		}
		c := exec.Command(v.binary, "subscribers", "remove", address)
		c.Dir = v.folder
		if out, err := c.CombinedOutput(); err != nil {
			v.t.Fatalf("remove: %v\n%s", err, out)
		}
		return address
	}
	return ""
}

// missing is who has not got the issue, by what status says.
func (v *victim) missing(issue string) map[string]delivery.State {
	v.t.Helper()
	c := exec.Command(v.binary, "status", "--issue", issue, "--missing", "--json")
	c.Dir = v.folder
	out, err := c.Output()
	if err != nil {
		v.t.Fatalf("status: %v", err)
	}
	var s issueStatus
	if err := json.Unmarshal(out, &s); err != nil {
		v.t.Fatalf("status: %v\n%s", err, out)
	}
	named := map[string]delivery.State{}
	for _, m := range s.Missing {
		named[m.Address] = m.State
	}
	return named
}

// child is one run of the program.
type child struct {
	*exec.Cmd
	output bytes.Buffer
	over   chan struct{}
}

func (v *victim) start(args ...string) *child {
	v.t.Helper()
	c := &child{Cmd: exec.Command(v.binary, args...), over: make(chan struct{})}
	c.Dir, c.Stdout, c.Stderr = v.folder, &c.output, &c.output
	if err := c.Start(); err != nil {
		v.t.Fatal(err)
	}
	go func() {
		defer close(c.over)
		_ = c.Wait()
	}()
	v.t.Cleanup(func() { c.kill() })
	return c
}

// ended says whether the program has ended by itself.
func (c *child) ended() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// kill is kill -9; it says whether there was still something to kill.
func (c *child) kill() bool {
	err := c.Process.Kill()
	<-c.over
	return !errors.Is(err, os.ErrProcessDone)
}

func (c *child) wait() int {
	<-c.over
	return c.ProcessState.ExitCode()
}
