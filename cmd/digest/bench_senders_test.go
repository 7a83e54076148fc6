package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/pgtest"
)

// bench is what the runs have in common.
type bench struct {
	*testing.B
	recipients int
	size       int // bytes of a message as it goes over the wire
	postfix    postfix
	folder     string // an installation with its subscribers, copied for each run
	program    string
	profiles   string
	profiled   int
	server     *pgtest.Server
	template   string // a PostgreSQL database with the subscribers
}

// force goes past the pages that nobody serves here.
const force = "unsubscribe-unreachable"

// sqlite sends an extra issue with the program on a copy of the SQLite database.
func (w *bench) sqlite(environ []string) func(task) cost {
	return func(t task) cost {
		folder, err := os.MkdirTemp(w.folder, "run")
		if err != nil {
			w.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		for _, name := range []string{"digest.db", "config.yaml"} {
			copyFile(w, filepath.Join(w.folder, name), filepath.Join(folder, name))
		}
		syscall.Sync() // what the copy left to be written is not the sender's
		return w.time(w.digest(folder, t, environ, "send", "--now", "--force", force))
	}
}

// postgres sends an extra issue with processes on a copy of the PostgreSQL
// database. Those after the first join once it sends.
func (w *bench) postgres(processes int) func(task) cost {
	return func(t task) cost {
		environ := []string{"DIGEST_DATABASE=" + w.server.Clone(w, w.template)}
		first := w.digest(w.folder, t, environ, "send", "--now", "--force", force)
		began := time.Now()
		w.start(first)
		all := []*exec.Cmd{first}
		for len(all) < processes {
			if err := t.relay.Await(1); err != nil {
				w.Fatal(err)
			}
			next := w.digest(w.folder, t, environ, "send", "--force", force)
			w.start(next)
			all = append(all, next)
		}
		var sum cost
		for _, c := range all {
			u := w.wait(c)
			sum.cpu += u.cpu
			sum.resident = max(sum.resident, u.resident)
		}
		sum.wall = time.Since(began)
		return sum
	}
}

// digest is a run of the program, in the test's own binary where something of it
// is to be different.
func (w *bench) digest(folder string, t task, environ []string, args ...string) *exec.Cmd {
	c := exec.Command(w.program, args...)
	if w.profiles != "" {
		w.profiled++
		environ = append(environ, fmt.Sprintf("%s=%s", profileTo, filepath.Join(w.profiles, fmt.Sprintf("cpu%03d.pprof", w.profiled))))
	}
	for _, e := range environ {
		if !bytes.HasPrefix([]byte(e), []byte("DIGEST_")) {
			c = exec.Command("digest-bench", args...)
		}
	}
	_, port, _ := net.SplitHostPort(t.relay.Addr())
	c.Dir = folder
	c.Env = append(os.Environ(), "DIGEST_SMTP_PORT="+port, "DIGEST_SMTP_CONNECTIONS="+strconv.Itoa(t.connections))
	c.Env = append(c.Env, environ...)
	return c
}

// smtpSource sends with Postfix's load generator, each message to an address of
// its own (-N) and over connections that stay open (-d).
func (w *bench) smtpSource(t task) cost {
	const header = 108 // bytes, about
	c := exec.Command(w.postfix.smtpSource, "-d", "-N", "-s", strconv.Itoa(t.connections),
		"-l", strconv.Itoa(w.size-header), "-m", strconv.Itoa(t.messages),
		"-f", "digest@example.org", "-t", "@example.org", t.relay.Addr())
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+w.postfix.libraries)
	return w.time(c)
}

// goMail sends with go-mail, a new message for each recipient.
func (w *bench) goMail(t task) cost {
	return w.time(exec.Command("go-mail-bench", t.relay.Addr(), strconv.Itoa(t.connections),
		strconv.Itoa(t.messages), strconv.Itoa(w.size)))
}

// time runs a program to its end.
func (w *bench) time(c *exec.Cmd) cost {
	began := time.Now()
	w.start(c)
	u := w.wait(c)
	u.wall = time.Since(began)
	return u
}

func (w *bench) start(c *exec.Cmd) {
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Process.Kill() })
}

// wait waits for a program, which must succeed, and says what it cost. One of
// several senders may say that others are not done: what counts is in the sink.
func (w *bench) wait(c *exec.Cmd) cost {
	err := c.Wait()
	if err != nil && c.ProcessState.ExitCode() != exitIncomplete {
		w.Fatalf("%s: %v\n%s", c, err, c.Stderr)
	}
	p := c.ProcessState
	return cost{cpu: p.UserTime() + p.SystemTime(), resident: p.SysUsage().(*syscall.Rusage).Maxrss << 10}
}

func copyFile(tb testing.TB, from, to string) {
	tb.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
